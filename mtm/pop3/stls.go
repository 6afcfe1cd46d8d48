package pop3

import (
	"context"
	"crypto/tls"
	"fmt"
)

// Stls starts TLS on the connection (RFC 2595 section 4). It discards the capabilities: call Capa
// again. config must set ServerName or InsecureSkipVerify. After a *ReplyError the session is
// usable and unencrypted; a *TLSError, or octets before the handshake (QUIRK 37), spoil it.
func (s *Session) Stls(ctx context.Context, config *tls.Config) error {
	switch {
	case s.Encrypted():
		return fmt.Errorf("%w: the connection is already encrypted", ErrArgument)
	case config == nil || config.ServerName == "" && !config.InsecureSkipVerify:
		return fmt.Errorf("%w: the TLS config sets neither ServerName nor InsecureSkipVerify", ErrArgument)
	}
	c := command{verb: "STLS"}
	return s.exchange(ctx, c, "STLS", func([]byte) error {
		// Unencrypted octets after +OK would be taken for replies that came through TLS.
		if extra := s.in.Unread(); len(extra) > 0 {
			return s.spoil(c.protocolError("the TLS handshake after +OK", extra))
		}
		s.caps = nil
		return s.handshake(ctx, tls.Client(s.line.conn, config))
	})
}
