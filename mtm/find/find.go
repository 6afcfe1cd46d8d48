// Package find searches messages for text (behaviour section 14).
package find

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strings"

	"pop3mtm/mtm/email"
	"pop3mtm/mtm/mail"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// Options is a set of bits, those of the original, that configure how texts are compared.
type Options uint32

// The bits of Options.
const (
	Wildcard      Options = 0x800      // * in the text matches any characters of a line, ? one character
	WholeWord     Options = 0x40000000 // the text must not be a part of a longer word
	CaseSensitive Options = 0x80000000
)

// Limits on what is compared, in octets.
const (
	maxText = 1 << 10  // the text to find
	maxPart = 16 << 20 // the octets of a text part that are searched
)

// Found describes what a Finder found in a message.
type Found struct {
	Parts symbian.PartList // the parts that contain the text
	// Limits says in words which parts were not searched because the message exceeds a limit of
	// package mail, "" for none.
	Limits string
	Longer bool // a text part is longer than 16 MiB; only the first 16 MiB were searched
}

// Notice returns in words what was not searched, "" when the whole message was.
func (f Found) Notice() string {
	notice := f.Limits
	if f.Longer {
		notice = strings.TrimPrefix(notice+", a text of more than 16 MiB", ", ")
	}
	return notice
}

// Finder searches messages of a store for one text. Several goroutines may use it.
type Finder struct {
	match *regexp.Regexp
	parts symbian.PartList
	mail  *email.Reader
}

// New returns a Finder that searches for text in the given parts of messages. The error wraps
// symbian.ErrArgument when text is empty, longer than 1,024 octets or not valid UTF-8.
func New(st *store.Store, text string, parts symbian.PartList, o Options) (*Finder, error) {
	match, err := matcher(text, o)
	if err != nil {
		return nil, fmt.Errorf("find: %w: %w", symbian.ErrArgument, err)
	}
	return &Finder{match: match, parts: parts, mail: email.NewReader(st)}, nil
}

// Find searches one message. It searches texts as people read them, up to 16 MiB each. Of a message
// without a stored header it searches the entry's details and description. It parses the message in
// one pass, and reads each part once.
func (f *Finder) Find(ctx context.Context, id store.ID) (Found, error) {
	s := &search{Finder: f}
	if err := s.read(ctx, id); err != nil {
		return Found{}, err
	}
	s.fields()
	s.names()
	if f.parts&symbian.PartBody == 0 || !s.email.Flags.Has(store.Complete) {
		return s.found, nil
	}
	err := s.body(ctx)
	return s.found, err
}

// matcher returns the expression to search with. It is RE2, which no text can make slow.
func matcher(text string, o Options) (*regexp.Regexp, error) {
	switch {
	case text == "":
		return nil, errors.New("the text to find is empty")
	case len(text) > maxText:
		return nil, fmt.Errorf("the text to find has %d octets, at most %d are allowed: search for a part of it", len(text), maxText)
	}
	pattern := regexp.QuoteMeta(text)
	if o&Wildcard != 0 {
		pattern = strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(pattern)
	}
	if o&WholeWord != 0 {
		pattern = `(?:^|[^\pL\pN_])` + pattern + `(?:$|[^\pL\pN_])`
	}
	if o&CaseSensitive == 0 {
		pattern = "(?i)" + pattern
	}
	return regexp.Compile(pattern)
}

// search holds the search of one message.
type search struct {
	*Finder
	email email.Entry
	found Found
}

// read parses as much of the message as the search needs.
func (s *search) read(ctx context.Context, id store.ID) (err error) {
	if s.parts&(symbian.PartBody|symbian.PartAttachments) == 0 {
		s.email, err = s.mail.ReadHeader(ctx, id)
		return err
	}
	s.email, err = s.mail.Read(ctx, id)
	s.found.Limits = s.email.Limits()
	return err
}

// fields searches the header. A hit in Bcc is reported as Bcc (behaviour section 14 calls the
// original's Cc a bug).
func (s *search) fields() {
	for _, field := range []struct {
		bit  symbian.PartList
		any  symbian.PartList // a wider part that includes it
		name string
	}{
		{symbian.PartTo, symbian.PartRecipient, "To"}, {symbian.PartCc, symbian.PartRecipient, "Cc"}, {symbian.PartBcc, symbian.PartRecipient, "Bcc"},
		{symbian.PartFrom, symbian.PartOriginator, "From"}, {symbian.PartSubject, symbian.PartDescription, "Subject"},
	} {
		if asked := s.parts & (field.bit | field.any); asked != 0 && s.match.MatchString(s.text(field.name)) {
			s.found.Parts |= asked
		}
	}
}

// text returns a header field; for a message without a header it comes from the entry.
func (s *search) text(name string) string {
	if s.email.Body.Kind != store.BodyNone {
		return s.email.Header.Text(name)
	}
	switch name {
	case "From":
		return s.email.Details
	case "Subject":
		return s.email.Description
	}
	return ""
}

// names searches the file names of the parts.
func (s *search) names() {
	if s.parts&symbian.PartAttachments == 0 {
		return
	}
	for _, p := range s.email.Parts {
		if p.Filename != "" && s.match.MatchString(p.Filename) {
			s.found.Parts |= symbian.PartAttachments
			return
		}
	}
}

// body searches the text parts up to the first that contains the text.
func (s *search) body(ctx context.Context) error {
	return s.email.EachView(ctx, func(_ *mail.Part, view io.Reader) error {
		// An error ends the part; what comes before it is searched.
		text, _ := io.ReadAll(io.LimitReader(view, maxPart))
		s.found.Longer = s.found.Longer || len(text) == maxPart
		if s.match.Match(text) {
			s.found.Parts |= symbian.PartBody
			return fs.SkipAll
		}
		return ctx.Err()
	})
}
