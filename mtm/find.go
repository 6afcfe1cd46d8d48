package mtm

import (
	"context"
	"errors"
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

// maxFind bounds what Find reads of one text part, in octets.
const maxFind = 16 << 20

// Find looks for text in parts of a message and says in which of them it is
// (behaviour section 14). A message without a stored header is searched in its
// entry's details and description. Bodies are decoded; text parts beyond 16 MiB are
// searched up to there.
func Find(ctx context.Context, st *store.Store, id store.ID, text string, parts PartList, o FindOption) (PartList, error) {
	entry, err := message(ctx, st, "find", id)
	if err != nil {
		return 0, err
	}
	match, err := matcher(text, o)
	if err != nil {
		return 0, &Error{Command: "find", Code: ErrArgument, Err: err}
	}
	f := &finder{st: st, match: match, header: &mail.Header{}}
	if entry.Body.Kind == store.BodyNone {
		f.header.SetText("From", entry.Details)
		f.header.SetSubject(entry.Description)
	} else if err := f.readHeader(ctx, id); err != nil {
		return 0, err
	}
	found := f.fields(parts)
	if parts&PartBody != 0 && entry.Flags.Has(store.Complete) {
		in, err := f.body(ctx, id)
		if err != nil {
			return 0, err
		}
		if in {
			found |= PartBody
		}
	}
	return found, nil
}

// matcher makes the comparison: RE2, so that no text can make it slow.
func matcher(text string, o FindOption) (*regexp.Regexp, error) {
	if text == "" {
		return nil, errors.New("there is no text to find")
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

type finder struct {
	st     *store.Store
	match  *regexp.Regexp
	header *mail.Header
}

func (f *finder) readHeader(ctx context.Context, id store.ID) error {
	r, err := f.st.Body(ctx, id)
	if err != nil {
		return err
	}
	// A header that is broken further down is searched as far as it goes.
	if m, _ := mail.CreateReader(io.LimitReader(r, maxFind)); m != nil {
		f.header = &m.Header
	}
	return r.Close()
}

// fields searches the header. A hit in Bcc is reported as Bcc (behaviour section 14
// calls the original's Cc a bug).
func (f *finder) fields(parts PartList) PartList {
	var found PartList
	for _, field := range []struct {
		bit  PartList
		any  PartList // a wider part that asks for it too
		name string
	}{
		{PartTo, PartRecipient, "To"}, {PartCc, PartRecipient, "Cc"}, {PartBcc, PartRecipient, "Bcc"},
		{PartFrom, PartOriginator, "From"}, {PartSubject, PartDescription, "Subject"},
	} {
		if parts&(field.bit|field.any) == 0 {
			continue
		}
		value, err := f.header.Text(field.name)
		if err != nil {
			value = f.header.Get(field.name) // an unknown charset: as it stands there
		}
		if f.match.MatchString(value) {
			found |= parts & (field.bit | field.any)
		}
	}
	return found
}

// body searches the text parts.
func (f *finder) body(ctx context.Context, id store.ID) (bool, error) {
	list, err := f.st.Parts(ctx, id)
	if err != nil {
		return false, err
	}
	for _, part := range list {
		if !strings.HasPrefix(part.MediaType, "text/") {
			continue
		}
		in, err := f.part(ctx, id, part)
		if in || err != nil {
			return in, err
		}
	}
	return false, nil
}

func (f *finder) part(ctx context.Context, id store.ID, part store.Part) (bool, error) {
	r, err := f.st.OpenPart(ctx, id, part.Path)
	if err != nil {
		return false, err
	}
	var decoded io.Reader = r
	if part.Charset != "" {
		if d, err := charset.Reader(part.Charset, r); err == nil {
			decoded = d
		}
	}
	// What cannot be decoded ends the part; what stands before it was searched.
	text, _ := io.ReadAll(io.LimitReader(decoded, maxFind))
	return f.match.Match(text), r.Close()
}
