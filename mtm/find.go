package mtm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/emersion/go-message/charset"
	"github.com/emersion/go-message/mail"

	"pop3mtm/mtm/store"
)

// PartList is a set of parts of a message, with the original's bits (behaviour
// sections 12 and 14).
type PartList uint32

// The parts. Find looks into all but the date and the attachments; what they mean when
// a message is made is said at CreateOptions.
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
	// Limits reports what of the message was not searched because of its form.
	Limits store.PartLimits
	Longer bool // a text part is longer than 16 MiB and was searched up to there
}

// Notice says what of the message was not searched, "" when all of it was.
func (f Found) Notice() string {
	notice := f.Limits.String()
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
}

// NewFinder makes a Finder of text in the given parts of messages. ErrArgument when text is
// empty, longer than 1,024 octets or not valid UTF-8.
func NewFinder(text string, parts PartList, o FindOption) (*Finder, error) {
	match, err := matcher(text, o)
	if err != nil {
		return nil, &Error{Command: "find", Code: ErrArgument, Err: err}
	}
	return &Finder{match, parts}, nil
}

// Find searches one message. A message without a stored header is searched in its entry's
// details and description. Bodies are decoded; text parts beyond 16 MiB are searched up to
// there. The message is gone through once, whatever parts it has.
func (f *Finder) Find(ctx context.Context, st *store.Store, id store.ID) (Found, error) {
	entry, err := message(ctx, st, "find", id)
	if err != nil {
		return Found{}, err
	}
	s := &search{Finder: f, header: &mail.Header{}}
	if entry.Body.Kind == store.BodyNone {
		s.header.SetText("From", entry.Details)
		s.header.SetSubject(entry.Description)
	} else if err := s.readHeader(ctx, st, id); err != nil {
		return Found{}, err
	}
	s.found.Parts = s.fields()
	if f.parts&PartBody != 0 && entry.Flags.Has(store.Complete) {
		err = s.body(ctx, st, id)
	}
	return s.found, err
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
	header *mail.Header
	found  Found
}

func (s *search) readHeader(ctx context.Context, st *store.Store, id store.ID) error {
	r, err := st.Body(ctx, id)
	if err != nil {
		return err
	}
	// A header that is broken further down is searched as far as it goes.
	if m, _ := mail.CreateReader(io.LimitReader(r, maxFind)); m != nil {
		s.header = &m.Header
	}
	return r.Close()
}

// fields searches the header. A hit in Bcc is reported as Bcc (behaviour section 14
// calls the original's Cc a bug).
func (s *search) fields() PartList {
	var found PartList
	for _, field := range []struct {
		bit  PartList
		any  PartList // a wider part that asks for it too
		name string
	}{
		{PartTo, PartRecipient, "To"}, {PartCc, PartRecipient, "Cc"}, {PartBcc, PartRecipient, "Bcc"},
		{PartFrom, PartOriginator, "From"}, {PartSubject, PartDescription, "Subject"},
	} {
		if s.parts&(field.bit|field.any) == 0 {
			continue
		}
		value, err := s.header.Text(field.name)
		if err != nil {
			value = s.header.Get(field.name) // an unknown charset: as it stands there
		}
		if s.match.MatchString(value) {
			found |= s.parts & (field.bit | field.any)
		}
	}
	return found
}

var errFound = errors.New("found")

// body searches the text parts up to the first that contains the text.
func (s *search) body(ctx context.Context, st *store.Store, id store.ID) error {
	limits, err := st.EachPart(ctx, id, func(part store.Part, content io.Reader) error {
		if !strings.HasPrefix(part.MediaType, "text/") {
			return nil
		}
		// What cannot be decoded ends the part; what stands before it is searched.
		text, _ := io.ReadAll(io.LimitReader(inUTF8(part.Charset, content), maxFind))
		s.found.Longer = s.found.Longer || len(text) == maxFind
		if s.match.Match(text) {
			s.found.Parts |= PartBody
			return errFound
		}
		return ctx.Err()
	})
	s.found.Limits = limits
	if errors.Is(err, errFound) {
		return nil
	}
	return err
}

// inUTF8 decodes the charset that a part names. The octets of one that is not known stay as
// they are.
func inUTF8(name string, r io.Reader) io.Reader {
	if name != "" {
		if decoded, err := charset.Reader(name, r); err == nil {
			return decoded
		}
	}
	return r
}
