package mtm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"

	"pop3mtm/mtm/mail"
	"pop3mtm/mtm/store"
)

// PartList is a set of parts of a message, with the original's bits (behaviour
// sections 12 and 14).
type PartList uint32

// The parts. Find looks into all but the date, and of attachments at their file names; what
// they mean when a message is made is said at CreateOptions.
const (
	PartBody        PartList = 0x1
	PartRecipient   PartList = 0x2 // To, then Cc, then Bcc
	PartOriginator  PartList = 0x4 // From
	PartDescription PartList = 0x8 // Subject
	PartDate        PartList = 0x10
	PartAttachments PartList = 0x20
	PartTo          PartList = 0x40
	PartFrom        PartList = 0x80
	PartCc          PartList = 0x100
	PartBcc         PartList = 0x200
	PartSubject     PartList = 0x400
)

// FindOption changes how Find compares, with the original's bits.
type FindOption uint32

// The options of Find.
const (
	FindWildcard      FindOption = 0x800      // * and ? in the text stand for others
	FindWholeWord     FindOption = 0x40000000 // the text stands between characters that are no part of a word
	FindCaseSensitive FindOption = 0x80000000
)

// Limits on what Find compares, in octets.
const (
	maxFindText = 1 << 10  // the text to find
	maxFind     = 16 << 20 // what is read of one text part
)

// Found is what a Finder found in a message.
type Found struct {
	Parts PartList // those that contain the text
	// Limits says what of the message was not searched because of its form, "" for nothing.
	Limits string
	Longer bool // a text part is longer than 16 MiB and was searched up to there
}

// Notice says what of the message was not searched, "" when all of it was.
func (f Found) Notice() string {
	notice := f.Limits
	if f.Longer {
		notice = strings.TrimPrefix(notice+", a text of more than 16 MiB", ", ")
	}
	return notice
}

// Find looks for text in parts of a message and says in which of them it is
// (behaviour section 14). It is NewFinder and Finder.Find for one message.
func Find(ctx context.Context, st *store.Store, id store.ID, text string, parts PartList, o FindOption) (PartList, error) {
	f, err := NewFinder(text, parts, o)
	if err != nil {
		return 0, err
	}
	found, err := f.Find(ctx, st, id)
	return found.Parts, err
}

// Finder looks for one text in many messages. It may be used by several goroutines.
type Finder struct {
	match *regexp.Regexp
	parts PartList

	mu        sync.Mutex
	fallbacks map[store.ID]string // of accounts, see fallbackOf
}

// NewFinder makes a Finder of text in the given parts of messages. ErrArgument when text is
// empty, longer than 1,024 octets or not valid UTF-8.
func NewFinder(text string, parts PartList, o FindOption) (*Finder, error) {
	match, err := matcher(text, o)
	if err != nil {
		return nil, &Error{Command: "find", Code: ErrArgument, Err: err}
	}
	return &Finder{match: match, parts: parts, fallbacks: map[store.ID]string{}}, nil
}

// Find searches one message. A message without a stored header is searched in its entry's
// details and description. Texts are searched as people read them, up to 16 MiB each. The
// message is taken apart in one pass, and each part is read once.
func (f *Finder) Find(ctx context.Context, st *store.Store, id store.ID) (Found, error) {
	entry, err := message(ctx, st, "find", id)
	if err != nil {
		return Found{}, err
	}
	s := &search{Finder: f, email: EmailEntry{Entry: entry, store: st}}
	if s.email.options.Fallback, err = f.fallback(ctx, st, entry.Service); err != nil {
		return Found{}, err
	}
	if err = s.read(ctx); err != nil {
		return Found{}, err
	}
	s.fields()
	s.names()
	if f.parts&PartBody != 0 && entry.Flags.Has(store.Complete) {
		err = s.body(ctx)
	}
	return s.found, err
}

func (f *Finder) fallback(ctx context.Context, st *store.Store, service store.ID) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if name, known := f.fallbacks[service]; known {
		return name, nil
	}
	name, err := fallbackOf(ctx, st, service)
	if err == nil {
		f.fallbacks[service] = name
	}
	return name, err
}

// matcher makes the comparison: RE2, so that no text can make it slow.
func matcher(text string, o FindOption) (*regexp.Regexp, error) {
	switch {
	case text == "":
		return nil, errors.New("there is no text to find")
	case len(text) > maxFindText:
		return nil, fmt.Errorf("the text to find has %d octets, %d are the most: find a piece of it", len(text), maxFindText)
	}
	pattern := regexp.QuoteMeta(text)
	if o&FindWildcard != 0 {
		pattern = strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(pattern)
	}
	if o&FindWholeWord != 0 {
		pattern = `(?:^|[^\pL\pN_])` + pattern + `(?:$|[^\pL\pN_])`
	}
	if o&FindCaseSensitive == 0 {
		pattern = "(?i)" + pattern
	}
	return regexp.Compile(pattern)
}

// search is the search of one message.
type search struct {
	*Finder
	email EmailEntry
	found Found
}

// read takes apart as much of the message as is looked into.
func (s *search) read(ctx context.Context) error {
	e := &s.email
	if s.parts&(PartBody|PartAttachments) == 0 && e.Body.Kind != store.BodyNone {
		body, err := e.open(ctx)
		if err != nil {
			return err
		}
		e.Header, err = mail.ReadHeader(body, e.options.Fallback)
		return errors.Join(err, body.Close())
	}
	err := e.read(ctx)
	s.found.Limits = e.Limits()
	return err
}

// fields searches the header. A hit in Bcc is reported as Bcc (behaviour section 14
// calls the original's Cc a bug).
func (s *search) fields() {
	for _, field := range []struct {
		bit  PartList
		any  PartList // a wider part that asks for it too
		name string
	}{
		{PartTo, PartRecipient, "To"}, {PartCc, PartRecipient, "Cc"}, {PartBcc, PartRecipient, "Bcc"},
		{PartFrom, PartOriginator, "From"}, {PartSubject, PartDescription, "Subject"},
	} {
		if asked := s.parts & (field.bit | field.any); asked != 0 && s.match.MatchString(s.text(field.name)) {
			s.found.Parts |= asked
		}
	}
}

// text returns a field, of a message without a header from its entry.
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
	if s.parts&PartAttachments == 0 {
		return
	}
	for _, p := range s.email.Parts {
		if p.Filename != "" && s.match.MatchString(p.Filename) {
			s.found.Parts |= PartAttachments
			return
		}
	}
}

// body searches the text parts up to the first that contains the text.
func (s *search) body(ctx context.Context) error {
	body, err := s.email.open(ctx)
	if err != nil {
		return err
	}
	for _, p := range s.email.Parts {
		if !strings.HasPrefix(p.MediaType, "text/") || s.found.Parts&PartBody != 0 {
			continue
		}
		r, err := p.OpenView(body, s.email.options)
		if err != nil {
			return errors.Join(err, body.Close())
		}
		// What cannot be read ends the part; what stands before it is searched.
		text, _ := io.ReadAll(io.LimitReader(r, maxFind))
		s.found.Longer = s.found.Longer || len(text) == maxFind
		if s.match.Match(text) {
			s.found.Parts |= PartBody
		}
		if ctx.Err() != nil {
			return errors.Join(ctx.Err(), body.Close())
		}
	}
	return body.Close()
}
