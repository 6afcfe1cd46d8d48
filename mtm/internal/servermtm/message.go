package servermtm

import (
	"fmt"
	"slices"

	"pop3mtm/mtm/store"
)

// message is one message that the server lists.
type message struct {
	number  int
	size    int64  // octets in LIST; 0 when LIST gives no size
	uid     string // "" when UIDL gives no unique-id
	unsized bool   // LIST gives no size, and size is 0
}

// item is one message that a command works on.
type item struct {
	id     store.ID // entry in the mailbox; 0 = none yet, see arrivals.go
	uid    string
	number int   // message number in this session; 0 offline
	size   int64 // octets in LIST
	visits int   // visits that it broke
	kind   store.BodyKind
	// complete is true after a populate, whole or in part. Entries whose whole bodies came with the
	// refresh, from a server without TOP, are not complete.
	complete bool
	new      bool
	pending  bool // an earlier command asked for it and has not finished with it
	unsure   bool // only RETR can show whether it is the stored message
	unsized  bool // LIST gives no size for this arrival, and size is 0
}

// headerRow is a message whose header was fetched.
type headerRow struct {
	message
	body    store.Body // of a message that was fetched whole, in the batch's into
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

// parted splits items by their index. When all are on one side it returns the same slice, since
// there may be a million.
func parted(items []item, is func(k int) bool) (yes, no []item) {
	count := 0
	for k := range items {
		if is(k) {
			count++
		}
	}
	switch count {
	case 0:
		return nil, items
	case len(items):
		return items, nil
	}
	yes, no = make([]item, 0, count), make([]item, 0, len(items)-count)
	for k, it := range items {
		if is(k) {
			yes = append(yes, it)
		} else {
			no = append(no, it)
		}
	}
	return yes, no
}

// itemNumbers is pop3.Numbers of items.
type itemNumbers []item

// Len implements pop3.Numbers.
func (l itemNumbers) Len() int { return len(l) }

// At implements pop3.Numbers.
func (l itemNumbers) At(i int) int { return l[i].number }

// itemOf returns the item of a message, which must be there. The search begins at an index near it,
// and goes both ways.
func itemOf(items []item, near, number int) item {
	near = min(near, len(items)-1)
	for far := range len(items) {
		for _, i := range [...]int{near + far, near - far} {
			if i >= 0 && i < len(items) && items[i].number == number {
				return items[i]
			}
		}
	}
	panic(fmt.Sprintf("servermtm: message %d was not asked for", number))
}

// pendingOf returns the entries of messages that an earlier command asked for.
func pendingOf(items []item) (ids []store.ID) {
	for _, it := range items {
		if it.pending {
			ids = append(ids, it.id)
		}
	}
	return ids
}

// lastFirst sorts items by number, the highest first. QUIRK 63: smtp4dev deletes at once and
// renumbers the messages after the deleted one; from the highest on, no message that is still
// needed is renumbered (session-smtp4dev).
func lastFirst(items []item) []item {
	slices.SortFunc(items, func(a, b item) int { return b.number - a.number })
	return items
}

// inOrder sorts items in the order of the selection.
func inOrder(items []item, selection []store.ID) {
	order := make(map[store.ID]int, len(selection))
	for i, id := range selection {
		order[id] = i
	}
	slices.SortStableFunc(items, func(a, b item) int { return order[a.id] - order[b.id] })
}
