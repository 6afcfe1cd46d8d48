package pop3

import (
	"context"
	"fmt"
	"io"

	"pop3mtm/mtm/internal/lineio"
)

// XtndXmit submits a message with XTND XMIT, an extension of RFC 1082 section 3 that few servers
// have. A *ReplyError means that the server accepts no mail, or not this message; the session stays
// usable.
//
// When reading message fails, the session is spoiled, so that the server does not accept half a
// message.
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
