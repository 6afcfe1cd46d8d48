package servermtm

import (
	"pop3mtm/mtm/mail"
	"pop3mtm/mtm/store"
)

// Carries holds the flags of an entry that say what its message contains (behaviour section 11).
type Carries struct {
	Flags store.Flags
	Email store.EmailFlags
}

// The flags that depend on the parts of a message.
const (
	carriesFlags = store.Attachment
	carriesEmail = store.MHTML | store.VCard | store.VCalendar | store.ICalendar | store.Signed | store.Encrypted
)

// CarriesOf returns the flags for the traits of a message.
func CarriesOf(t mail.Traits) Carries {
	var c Carries
	if t&mail.HasAttachment != 0 {
		c.Flags |= store.Attachment
	}
	for _, trait := range []struct {
		trait mail.Traits
		flag  store.EmailFlags
	}{
		{mail.HasHTML, store.MHTML}, {mail.HasVCard, store.VCard}, {mail.HasVCalendar, store.VCalendar},
		{mail.HasICalendar, store.ICalendar}, {mail.IsSigned, store.Signed}, {mail.IsEncrypted, store.Encrypted},
	} {
		if t&trait.trait != 0 {
			c.Email |= trait.flag
		}
	}
	return c
}

// carriesOfEntry returns the flags of an entry.
func carriesOfEntry(e *store.Entry) Carries {
	return Carries{e.Flags & carriesFlags, e.Email & carriesEmail}
}

// Mark adds the flags to an entry.
func (c Carries) Mark(e *store.Entry) {
	e.Flags = e.Flags.With(c.Flags)
	e.Email = e.Email.With(c.Email)
}
