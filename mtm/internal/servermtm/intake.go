package servermtm

import "pop3mtm/mtm/pop3"

// intake collects the rows of LIST and UIDL. As long as they have all numbers from 1 on, in order,
// and all values, it makes the listing at once; otherwise it keeps the rows for join.
type intake struct {
	inOrder listing
	sizes   []pop3.Listing // all rows of LIST, when they are not in order
	ids     []pop3.UID     // the same of UIDL
	octets  int            // of ids
	tooMany bool           // rows are missing, since there are too many that are not in order
}

// The limits for rows that are not in order, which take ten times the memory of others.
const (
	mostOddRows   = 1 << 20
	mostOddOctets = 70 * mostOddRows // of unique-ids; RFC 1939 section 7 allows 70 for each
)

// size adds a row of LIST.
func (t *intake) size(row pop3.Listing) {
	l := &t.inOrder
	if t.sizes == nil && row.Number == l.count+1 && row.Octets != pop3.UnknownOctets {
		l.sizes.add(row.Octets)
		l.count++
		return
	}
	if t.tooMany = t.tooMany || t.rows() >= mostOddRows; t.tooMany {
		return
	}
	t.keepSizes()
	t.sizes = append(t.sizes, row)
}

// keepSizes keeps the rows of LIST that were in order.
func (t *intake) keepSizes() {
	if t.sizes != nil {
		return
	}
	t.sizes = make([]pop3.Listing, 0, t.inOrder.count+1)
	for i := range t.inOrder.count {
		size, _ := t.inOrder.sizes.at(i)
		t.sizes = append(t.sizes, pop3.Listing{Number: i + 1, Octets: size})
	}
}

// rows returns the number of rows of LIST.
func (t *intake) rows() int { return max(t.inOrder.count, len(t.sizes)) }

// uid adds a row of UIDL, after all of LIST.
func (t *intake) uid(number int, uid []byte) {
	l := &t.inOrder
	if t.sizes == nil && t.ids == nil && number == l.uids.count+1 && number <= l.count && len(uid) > 0 {
		l.uids.add(uid)
		return
	}
	t.keepIDs()
	t.octets += len(uid)
	if t.tooMany = t.tooMany || len(t.ids) >= mostOddRows || t.octets > mostOddOctets; t.tooMany {
		return
	}
	t.ids = append(t.ids, pop3.UID{Number: number, UID: string(uid)})
}

// keepIDs keeps the rows of UIDL that were in order.
func (t *intake) keepIDs() {
	if t.tooMany = t.tooMany || t.inOrder.uids.count >= mostOddRows; t.ids != nil || t.tooMany {
		return
	}
	t.ids = make([]pop3.UID, 0, t.inOrder.uids.count+1)
	for i := range t.inOrder.uids.count {
		uid := string(t.inOrder.uid(i))
		t.octets += len(uid)
		t.ids = append(t.ids, pop3.UID{Number: i + 1, UID: uid})
	}
}

// listing returns the listing, or nil when there were too many rows.
func (t *intake) listing(withUIDs bool) *listing {
	l := &t.inOrder
	if !t.tooMany && t.sizes == nil && t.ids == nil && (!withUIDs || l.uids.count == l.count) {
		l.withUIDs, l.complete = withUIDs, true
		return l
	}
	if t.tooMany = t.tooMany || t.inOrder.count >= mostOddRows; t.tooMany {
		return nil
	}
	t.keepSizes()
	t.keepIDs()
	return join(t.sizes, t.ids, withUIDs)
}
