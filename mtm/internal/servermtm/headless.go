package servermtm

import (
	"slices"
	"time"

	"pop3mtm/mtm/store"
)

// Some entries have no header: that of their message broke the connection, or the message did before its header was asked for.

// withHeadless adds the messages of entries without a header to those whose header is asked for, by number, the highest first. Of
// those with the flag Failed it is asked for last.
func (r *refresh) withHeadless(missing []*message) []*message {
	r.session.headless = make(map[int]store.ID)
	r.session.late = slices.DeleteFunc(r.session.late, func(l late) bool { return l.header })
	for i, ref := range r.local {
		number := int(r.claimed[i])
		if number == 0 || ref.Kind != store.BodyNone || r.session.skip[ref.ID] {
			continue
		}
		if ref.Flags.Has(store.Failed) {
			r.session.late = append(r.session.late, late{
				item:   item{id: ref.ID, uid: ref.UID, number: number, size: ref.Size, visits: r.session.breaks[ref.ID]},
				header: true,
			})
			continue
		}
		r.session.headless[number] = ref.ID
		missing = append(missing, r.server.find(number))
	}
	if len(r.session.headless) > 0 {
		slices.SortFunc(missing, func(a, b *message) int { return b.number - a.number })
	}
	return missing
}

// complete fills an entry from a header.
func (s *Session) complete(e *store.Entry, raw []byte) {
	named := !byHeader(store.Ref{UID: e.UID, Size: e.Size})
	newHeaderReader(time.Now, s.settings.Charset).fill(e, raw)
	e.Flags = e.Flags.Without(store.Failed)
	if !named {
		e.UID = headerUID(e.MessageID, e.Size)
	}
}
