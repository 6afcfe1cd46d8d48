package pop3

import (
	"context"
	"fmt"
	"io"

	"pop3mtm/mtm/internal/lineio"
)

// XtndXmit sends a message that the server passes on, by XTND XMIT: an extension of RFC 1082
// section 3 that few servers have. A *ReplyError says that the server takes no mail, or not this
// message, and leaves the session usable. An error of message spoils the session, since the server
// must not take the half that it has.
func (s *Session) XtndXmit(ctx context.Context, message io.Reader) error {
	c := command{verb: "XTND"}
	return s.exchange(ctx, c, "XTND XMIT", func([]byte) error {
		text := lineio.NewStuffer(s.line)
		if _, err := io.Copy(text, message); err != nil {
			if ctx.Err() != nil {
				return s.spoil(lineError(ctx, c, s.opt.Timeout, err))
			}
			return s.spoil(fmt.Errorf("send a message by XTND XMIT: %w", err))
		}
		if err := text.Close(); err != nil {
			return s.spoil(lineError(ctx, c, s.opt.Timeout, err))
		}
		_, err := s.status(ctx, c)
		return err
	})
}
