package compose

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ErrRefused is wrapped by the errors for a letter that would not be one valid message.
var ErrRefused = errors.New("cannot be sent")

// Limits on a letter.
const (
	MaxAttachments = 1000
	maxName        = 256 // octets of a person's name or a file's name
	maxSubject     = 900 // octets: RFC 5322 section 2.1.1 allows 998 in a line
	maxReferences  = 50  // message identifiers in References
)

// Content opens the content of a part. The writer closes it.
type Content func() (io.ReadCloser, error)

// String returns the content of a text in memory.
func String(text string) Content {
	return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
}

// Join returns the contents one after the other.
func Join(all ...Content) Content {
	return func() (io.ReadCloser, error) { return &joined{rest: all}, nil }
}

// Letter is a message to be written. It has no Bcc, since such recipients are only in the envelope.
type Letter struct {
	From       *mail.Address
	ReplyTo    *mail.Address // nil for none
	To, Cc     []*mail.Address
	Subject    string
	Date       time.Time
	MessageID  string   // without brackets, as all identifiers here
	InReplyTo  string   // "" for none
	References []string // the oldest first
	ReceiptTo  *mail.Address

	Text        Content // UTF-8 with any line ends; nil for none
	HTML        Content // the same text as HTML; without Text it becomes an attachment
	Attachments []Attachment
	Report      *Report // makes it a receipt; Text is its text for people
}

// Attachment is a file, or an embedded message.
type Attachment struct {
	Name    string // of the file, without folders; "" for none
	Type    string // "image/png"; "" or an invalid type means application/octet-stream
	Charset string // of a text; "" for none
	Content Content
	// Message says that Content, which is opened twice, is a whole message: the
	// part is message/rfc822.
	Message bool
}

// check returns an error for a letter that would not be one valid message.
func (l *Letter) check() error {
	if l.From == nil || l.MessageID == "" {
		return errors.New("a message needs a sender and an identifier")
	}
	if err := CheckText("subject", l.Subject, maxSubject); err != nil {
		return err
	}
	for _, id := range append([]string{l.MessageID, l.InReplyTo}, l.References...) {
		if id != "" && !goodID(id) {
			return fmt.Errorf("invalid message identifier %q", id)
		}
	}
	if len(l.Attachments) > MaxAttachments {
		return fmt.Errorf("%d attachments, at most %d are allowed", len(l.Attachments), MaxAttachments)
	}
	for _, a := range l.Attachments {
		if err := CheckFileName(a.Name); err != nil {
			return err
		}
	}
	return nil
}

// CheckText returns an error for a header text that is too long, not UTF-8, or has an invisible
// character: CR and LF would begin another line.
func CheckText(what, text string, limit int) error {
	if len(text) > limit {
		return fmt.Errorf("the %s is longer than %d octets", what, limit)
	}
	if !utf8.ValidString(text) {
		return fmt.Errorf("the %s is not UTF-8", what)
	}
	if i := strings.IndexFunc(text, hidden); i >= 0 {
		r, _ := utf8.DecodeRuneInString(text[i:])
		return fmt.Errorf("the %s %q has the character %U, which is not allowed in a header", what, text, r)
	}
	return nil
}

// hidden reports whether a character is not allowed in a header. Joiners shape the letters of some
// scripts and are allowed.
func hidden(r rune) bool {
	const zeroWidthNonJoiner, zeroWidthJoiner = '\u200c', '\u200d'
	if r == zeroWidthNonJoiner || r == zeroWidthJoiner || unicode.Is(unicode.Zs, r) {
		return false
	}
	return !unicode.IsPrint(r)
}

// CleanText returns a text of a received message in a form that is valid in a header:
// characters that CheckText rejects, and runs of spaces, become one space, and the end is
// cut off at limit octets.
func CleanText(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		if hidden(r) || r == utf8.RuneError {
			return ' '
		}
		return r
	}, text)
	return cutText(strings.Join(strings.Fields(text), " "), limit)
}

// cutText shortens a text to at most limit octets and ends it with an ellipsis.
func cutText(text string, limit int) string {
	const ellipsis = "..."
	if len(text) <= limit {
		return text
	}
	n := max(0, limit-len(ellipsis))
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n] + ellipsis
}

// CheckFileName returns an error for a file name with a directory, or one that is
// not valid in a header.
func CheckFileName(name string) error {
	if err := CheckText("file name", name, maxName); err != nil {
		return err
	}
	if strings.ContainsAny(name, `/\`) {
		return fmt.Errorf("the file name %q contains a directory: give only its last part", name)
	}
	return nil
}

// CleanFileName returns a file name of a received message in a form that CheckFileName accepts.
func CleanFileName(name string) string {
	return CleanText(strings.NewReplacer("/", "_", `\`, "_").Replace(name), maxName)
}

// cleanType returns a media type that a part can have with any encoding, else
// application/octet-stream: RFC 2046 section 5 reserves multipart and message.
func cleanType(mediaType string) string {
	const unknown = "application/octet-stream"
	t, _, err := mime.ParseMediaType(mediaType)
	kind, _, slash := strings.Cut(t, "/")
	if err != nil || !slash || len(t) > maxName || kind == "multipart" || kind == "message" {
		return unknown
	}
	return t
}

// joined reads contents one after the other, and opens each one when the one before has ended.
type joined struct {
	rest []Content
	now  io.ReadCloser
}

func (j *joined) Read(p []byte) (n int, err error) {
	for {
		if j.now == nil {
			if len(j.rest) == 0 {
				return 0, io.EOF
			}
			if j.now, err = j.rest[0](); err != nil {
				j.now = nil
				return 0, err
			}
			j.rest = j.rest[1:]
		}
		n, err = j.now.Read(p)
		if err != io.EOF {
			return n, err
		}
		err = j.now.Close()
		j.now = nil
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// Close closes the content that is open.
func (j *joined) Close() error {
	j.rest = nil
	if j.now == nil {
		return nil
	}
	return j.now.Close()
}
