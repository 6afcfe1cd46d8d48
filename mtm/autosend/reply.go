package autosend

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/emersion/go-smtp"
)

// Codes of RFC 5321 section 4.2.3 that are about the session.
const (
	serviceGone = 421
	tooMany     = 452
	noService   = 554 // as a greeting
)

// replyCode returns the number that a reply begins with, else 0.
func replyCode(text string) int {
	if len(text) < 3 {
		return 0
	}
	n, err := strconv.Atoi(text[:3])
	if err != nil {
		return 0
	}
	return n
}

// errNonsense reports a server that does not speak SMTP.
var errNonsense = errors.New("invalid SMTP from the server")

// shown returns a reply in printable form.
func shown(e *smtp.SMTPError) string { return fmt.Sprintf("%d %s", e.Code, clean(e.Message)) }

// maxShown limits what is kept of a server's text.
const maxShown = 300

// clean returns a server's text as one printable line.
func clean(text string) string {
	if len(text) > maxShown {
		text = text[:maxShown]
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7F && r < 0xA0 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}
