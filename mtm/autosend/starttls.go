package autosend

import (
	"errors"
	"net/textproto"
	"slices"
	"strings"

	"github.com/emersion/go-smtp"
)

// startTLS asks the server for TLS, up to the handshake (RFC 3207). go-smtp does this too, but
// drops what a server sends behind its reply, and does not give access to the connection inside
// TLS.
func startTLS(r *replies, hello string) error {
	text := textproto.NewConn(r)
	if _, _, err := text.ReadResponse(220); err != nil {
		return startError(replyError(err))
	}
	offers, err := ask(text, 250, "EHLO "+hello)
	if err != nil {
		return startError(err)
	}
	known := slices.ContainsFunc(strings.Split(offers, "\n"), func(line string) bool { return strings.EqualFold(line, "STARTTLS") })
	if !known {
		return tlsError(errors.New("the server does not offer STARTTLS"))
	}
	if _, err = ask(text, 220, "STARTTLS"); err != nil {
		return startError(err)
	}
	if err = r.handOver(); err != nil {
		return tlsError(err)
	}
	return nil
}

func ask(text *textproto.Conn, want int, command string) (string, error) {
	if err := text.PrintfLine("%s", command); err != nil {
		return "", err
	}
	_, said, err := text.ReadResponse(want)
	return said, replyError(err)
}

// replyError returns a refusal as an error of go-smtp, which the rest of the session uses.
func replyError(err error) error {
	if refused, ok := errors.AsType[*textproto.Error](err); ok {
		return &smtp.SMTPError{Code: refused.Code, Message: refused.Msg}
	}
	return err
}
