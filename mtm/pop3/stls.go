package pop3

import (
	"context"
	"crypto/tls"
	"fmt"
)

// Stls asks for TLS on this line and makes the handshake (RFC 2595 section 4). What the server said
// it can do before is forgotten: call Capa again. The config must name the server, or say
// InsecureSkipVerify. A *ReplyError leaves the session usable and unencrypted; a *TLSError or a
// server that says more before the handshake (QUIRK 37) spoils it.
func (s *Session) Stls(ctx context.Context, config *tls.Config) error {
	switch {
	case s.Encrypted():
		return fmt.Errorf("%w: the line is encrypted already", ErrArgument)
	case config == nil || config.ServerName == "" && !config.InsecureSkipVerify:
		return fmt.Errorf("%w: TLS needs the name that the server's certificate must have", ErrArgument)
	}
	c := command{verb: "STLS"}
	return s.exchange(ctx, c, "STLS", func([]byte) error {
		// Octets in the clear after +OK would pass for answers that came through TLS.
		if extra := s.in.Unread(); len(extra) > 0 {
			return s.spoil(c.protocolError("the TLS handshake after +OK", extra))
		}
		s.caps = nil
		return s.handshake(ctx, tls.Client(s.line.conn, config))
	})
}
