package servermtm

import (
	"slices"
	"time"

	"pop3mtm/mtm/store"
)

// An entry has no header when requesting the header broke the connection, or when the message broke
// it before its header was requested.

// addHeadless adds the messages of entries without a header to those whose header is requested.
// Entries with the flag Failed are left for the end.
func (c *claims) addHeadless(missing *picks) {
	c.session.headless = make(map[int]store.ID)
	c.session.late = slices.DeleteFunc(c.session.late, func(l late) bool { return l.header })
	for i, claimed := range c.claimed {
		if claimed == 0 || c.local.kind(i) != store.BodyNone {
			continue
		}
		number, ref := int(claimed), c.local.ref(i)
		if c.session.skip[ref.ID] {
			continue
		}
		if ref.Flags.Has(store.Failed) {
			c.session.late = append(c.session.late, late{
				item:   item{id: ref.ID, uid: ref.UID, number: number, size: ref.Size, visits: c.session.breaks[ref.ID]},
				header: true,
			})
			continue
		}
		c.session.headless[number] = ref.ID
		missing.add(c.listing.index(number))
	}
}

// complete fills an entry from a header.
func (s *Session) complete(e *store.Entry, raw []byte) {
	named := !byHeader(store.Ref{UID: e.UID, Size: e.Size})
	newHeaderReader(time.Now, s.line.settings.Charset).fill(e, raw)
	e.Flags = e.Flags.Without(store.Failed | store.Invisible | store.InPreparation) // it was read before the refresh shows it
	if !named {
		e.UID = headerUID(e.MessageID, e.Size)
	}
}
