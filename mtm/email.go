package mtm

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"pop3mtm/mtm/store"
)

// EmailEntry is a message's entry with what only its body tells: the original's
// e-mail entry (behaviour section 11). The entry's own fields and flags are those
// that the store keeps.
type EmailEntry struct {
	store.Entry
	// Parts are the message's parts, as far as they are here: of a message that is
	// complete in part, an attachment that was cut off is left out (behaviour
	// section 5).
	Parts []store.Part
	// Limits reports what of the message is not in Parts because of its form.
	Limits store.PartLimits
	cut    int64 // octets of that attachment
}

// Email reads a message's entry and looks at its body. What the body tells is in the
// flags that it returns: Attachment, and of Email VCard, VCalendar, ICalendar, MHTML,
// Signed and Encrypted. ErrNotFound when there is no such message.
func Email(ctx context.Context, st *store.Store, id store.ID) (EmailEntry, error) {
	entry, err := message(ctx, st, "read entry", id)
	if err != nil {
		return EmailEntry{}, err
	}
	e := EmailEntry{Entry: entry}
	if entry.Body.Kind != store.BodyPartial && entry.Body.Kind != store.BodyWhole {
		return e, nil
	}
	m, err := st.Structure(ctx, id)
	if err != nil {
		return EmailEntry{}, err
	}
	e.Parts, e.Limits = m.Parts, m.Limits
	if last := len(e.Parts) - 1; entry.Body.Kind == store.BodyPartial && last > 0 && attached(e.Parts[last]) {
		e.cut = e.Parts[last].Size
		e.Parts = e.Parts[:last]
	}
	for _, part := range e.Parts {
		e.mark(part)
	}
	return e, nil
}

// message reads the entry of a message, else ErrNotFound.
func message(ctx context.Context, st *store.Store, command string, id store.ID) (store.Entry, error) {
	entry, err := st.Entry(ctx, id)
	if err == nil && entry.Type != store.TypeMessage {
		err = fmt.Errorf("entry %d is a %v, not a message: %w", id, entry.Type, store.ErrNotFound)
	}
	if errors.Is(err, store.ErrNotFound) {
		err = &Error{Command: command, Code: ErrNotFound, Err: err}
	}
	return entry, err
}

// mark sets the flags that a part calls for.
func (e *EmailEntry) mark(part store.Part) {
	if attached(part) {
		e.Flags |= store.Attachment
	}
	switch part.MediaType {
	case "text/html":
		e.Entry.Email |= store.MHTML
	case "text/vcard", "text/x-vcard", "text/directory":
		e.Entry.Email |= store.VCard
	case "text/x-vcalendar":
		e.Entry.Email |= store.VCalendar
	case "text/calendar":
		e.Entry.Email |= store.ICalendar
	case "application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature":
		e.Entry.Email |= store.Signed
	case "application/pgp-encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime":
		e.Entry.Email |= store.Encrypted
	}
}

// attached says whether a part is something beside the text of the message.
func attached(p store.Part) bool {
	return p.Disposition == "attachment" || (p.Filename != "" && p.Disposition != "inline") ||
		(p.Disposition == "" && !strings.HasPrefix(p.MediaType, "text/") && p.MediaType != "message/rfc822" &&
			!strings.HasPrefix(p.MediaType, "image/"))
}

// Left is how many octets of a message are still on the server: what LIST told less
// what is here, plus an attachment that was cut off (behaviour section 5). It is 0
// for messages that are not complete in part.
func (e EmailEntry) Left() int64 {
	if !e.Entry.Email.Has(store.PartialDownload) {
		return 0
	}
	return max(0, e.Size-e.Body.Length+e.cut)
}

// PartialNotice is the line to show below the text of a message that is complete in
// part: how many KB are still on the server, at least 1. It is "" when nothing is
// left, or when there is no plain text to show it below. The stored octets are never
// changed (behaviour section 0).
func (e EmailEntry) PartialNotice() string {
	left := e.Left()
	if left == 0 || !e.hasText() {
		return ""
	}
	return fmt.Sprintf("[%d KB of this message are still on the server]", max(1, left/1024))
}

func (e EmailEntry) hasText() bool {
	for _, part := range e.Parts {
		if part.MediaType == "text/plain" && !attached(part) {
			return true
		}
	}
	return false
}
