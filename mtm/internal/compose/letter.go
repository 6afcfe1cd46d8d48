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

// ErrRefused is in the error of a letter that would be no message, or more than one was
// meant to be.
var ErrRefused = errors.New("cannot be sent")

// Limits on what a letter holds.
const (
	MaxAttachments = 1000
	maxName        = 256 // octets of a person's name or a file's name
	maxSubject     = 900 // octets: RFC 5322 section 2.1.1 allows 998 in a line
	maxReferences  = 50  // message identifiers in References
)

// Content opens what a part holds. The writer closes it.
type Content func() (io.ReadCloser, error)

// String returns the content of a text in memory.
func String(text string) Content {
	return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
}

// Join puts contents one behind the other.
func Join(all ...Content) Content {
	return func() (io.ReadCloser, error) { return &joined{rest: all}, nil }
}

// Letter is a message to be written. There is no Bcc: who is only in the envelope is
// named nowhere else.
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
	HTML        Content // the same text as a page; without Text it becomes an attachment
	Attachments []Attachment
	Report      *Report // makes it a receipt; Text is what people read of it
}

// Attachment is a file, or an embedded message.
type Attachment struct {
	Name    string // of the file, without folders; "" for none
	Type    string // "image/png"; "" or one that cannot be is application/octet-stream
	Charset string // of a text; "" for none
	Content Content
	// Message makes it message/rfc822: the octets of Content, which is opened twice,
	// are those of a message.
	Message bool
}

// check refuses what would not be a message, or more than the one that was meant.
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

// CheckText refuses a text for a header that is too long, not UTF-8, or holds a
// character that shows nothing: CR and LF would begin a line of their own.
func CheckText(what, text string, limit int) error {
	if len(text) > limit {
		return fmt.Errorf("the %s is longer than %d octets", what, limit)
	}
	if !utf8.ValidString(text) {
		return fmt.Errorf("the %s is not UTF-8", what)
	}
	if i := strings.IndexFunc(text, hidden); i >= 0 {
		r, _ := utf8.DecodeRuneInString(text[i:])
		return fmt.Errorf("the %s %q holds the character %U, which is not allowed in a header", what, text, r)
	}
	return nil
}

// hidden is a character that a header must not have from somebody's input. Joiners
// shape the letters of some scripts.
func hidden(r rune) bool {
	const zeroWidthNonJoiner, zeroWidthJoiner = '\u200c', '\u200d'
	if r == zeroWidthNonJoiner || r == zeroWidthJoiner || unicode.Is(unicode.Zs, r) {
		return false
	}
	return !unicode.IsPrint(r)
}

// CleanText makes a text of a foreign message fit for a header: what CheckText
// refuses becomes a blank, runs of blanks one blank, and the end is cut off.
func CleanText(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		if hidden(r) || r == utf8.RuneError {
			return ' '
		}
		return r
	}, text)
	return CutText(strings.Join(strings.Fields(text), " "), limit)
}

// CutText shortens a text to at most limit octets, with an ellipsis at the end then.
func CutText(text string, limit int) string {
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

// CheckFileName refuses a name with folders, or one that cannot stand in a header.
func CheckFileName(name string) error {
	if err := CheckText("file name", name, maxName); err != nil {
		return err
	}
	if strings.ContainsAny(name, `/\`) {
		return fmt.Errorf("the file name %q contains a directory: give only its last part", name)
	}
	return nil
}

// CleanFileName makes the name of a file in a foreign message fit for CheckFileName.
func CleanFileName(name string) string {
	return CleanText(strings.NewReplacer("/", "_", `\`, "_").Replace(name), maxName)
}

// CleanType returns a media type that a part of a message can have with any encoding, else
// that of unknown octets: RFC 2046 section 5 keeps multipart and message for others.
func CleanType(mediaType string) string {
	const unknown = "application/octet-stream"
	t, _, err := mime.ParseMediaType(mediaType)
	kind, _, slash := strings.Cut(t, "/")
	if err != nil || !slash || len(t) > maxName || kind == "multipart" || kind == "message" {
		return unknown
	}
	return t
}

// joined reads contents one behind the other and opens each when its turn comes.
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

// Close closes what is open.
func (j *joined) Close() error {
	j.rest = nil
	if j.now == nil {
		return nil
	}
	return j.now.Close()
}
