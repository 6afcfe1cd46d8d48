package servermtm

import (
	"slices"

	"pop3mtm/mtm/store"
)

// message is one row of what the server lists.
type message struct {
	number  int
	size    int64  // octets as LIST tells; 0 when it does not, since no message has none
	uid     string // "" when UIDL gives none
	unsized bool   // LIST does not tell the size, which is 0 here
}

// item is one message that a command works on.
type item struct {
	id     store.ID // its entry in the mailbox; 0 = none yet, see arrivals.go
	uid    string
	number int   // in this session; 0 offline
	size   int64 // octets as LIST told
	kind   store.BodyKind
	// complete: populated, wholly or in part. A server without TOP has whole bodies
	// come with the refresh, and their entries are not complete.
	complete bool
	new      bool
	pending  bool // what asks for it did so before, and has not finished with it
	unsure   bool // only RETR can tell whether it is what is here
	visits   int  // that it broke
	unsized  bool // LIST does not tell the size of this arrival, which is 0 here
}

// headerRow is a message of which the header has come.
type headerRow struct {
	message
	body    store.Body // of a message that came whole, in the batch's into
	carries Carries
}

// idsOf returns the entries of items.
func idsOf(items []item) []store.ID {
	ids := make([]store.ID, len(items))
	for i, it := range items {
		ids[i] = it.id
	}
	return ids
}

// itemOf returns the item of a message; it is looked for from index i on, near which it is.
func itemOf(items []item, i, number int) item {
	is := func(it item) bool { return it.number == number }
	i = min(i, len(items))
	if k := slices.IndexFunc(items[i:], is); k >= 0 {
		return items[i+k]
	}
	return items[slices.IndexFunc(items[:i], is)]
}

// pendingOf are the entries of messages that were asked for before.
func pendingOf(items []item) (ids []store.ID) {
	for _, it := range items {
		if it.pending {
			ids = append(ids, it.id)
		}
	}
	return ids
}

// lastFirst sorts items by number, the highest first. QUIRK 63: smtp4dev deletes at once, and the
// numbers behind become less; from the end on, none of a message that is asked for does
// (session-smtp4dev).
func lastFirst(items []item) []item {
	slices.SortFunc(items, func(a, b item) int { return b.number - a.number })
	return items
}

// inOrder sorts items as they were selected.
func inOrder(items []item, selection []store.ID) {
	order := make(map[store.ID]int, len(selection))
	for i, id := range selection {
		order[id] = i
	}
	slices.SortStableFunc(items, func(a, b item) int { return order[a.id] - order[b.id] })
}
