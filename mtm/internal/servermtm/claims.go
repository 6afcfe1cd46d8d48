package servermtm

import (
	"context"
	"slices"

	"pop3mtm/mtm/store"
)

// claims records which entry of the mailbox belongs to which listed message.
type claims struct {
	session *Session
	listing *listing
	local   *roster   // the mailbox's entries when the refresh began, by id
	uids    *uidTable // of local
	claimed []int32   // index -> number of the entry's message, 0 = none; the session's numbering has it too
	// headers finds entries by Message-ID and size. It is made when a message cannot be
	// identified by its UID.
	headers *headerIndex

	questioned numberSet               // messages whose claim was in question
	others     int                     // number of known ids that turned out to name another message
	rivals     map[int]int             // message number -> index of the entry whose id it has
	copied     []map[string][]store.ID // for each folder UID -> copies; made when a copy gets another UID
}

// newClaims returns claims in which no entry is claimed, and begins the session's numbering.
func newClaims(s *Session, listed *listing, local *roster) *claims {
	s.view.numbers = numberingOf(local)
	return &claims{session: s, listing: listed, local: local, uids: newUIDTable(local), claimed: s.view.numbers.numbers}
}

// headerIndex finds entries by their headers.
type headerIndex struct {
	entries map[int]sight // index into refresh.local -> what is known about the entry
	byBoth  map[string][]int
	byID    map[string][]int // by Message-ID only, for messages without a size in LIST
}

// sight holds what an entry knows about its message: the header, and the size in LIST.
type sight struct {
	face
	size int64
}

// like returns the entries that may belong to the same message.
func (x *headerIndex) like(e *store.Entry) []int {
	list := x.byBoth[headerUID(e.MessageID, e.Size)]
	if e.MessageID == "" {
		return list
	}
	if e.Size == 0 {
		return x.byID[e.MessageID]
	}
	return append(slices.Clip(list), x.byBoth[headerUID(e.MessageID, 0)]...)
}

func (c *claims) take(i, number int) { c.claimed[i] = int32(number) }

// kindOf returns how much of an entry's message was stored when the refresh began.
func (c *claims) kindOf(id store.ID) store.BodyKind { return c.local.kind(c.indexOf(id)) }

func (c *claims) indexOf(id store.ID) int {
	i, _ := c.local.index(id)
	return i
}

// sameSize returns an unclaimed entry of a message without a unique-id, by its size; 0 for none.
func (c *claims) sameSize(size int64) store.ID {
	if c.local == nil {
		return 0
	}
	for i := range c.local.count {
		if c.claimed[i] == 0 && c.local.size(i) == size && byHeader(c.local.ref(i)) {
			return c.local.id(i)
		}
	}
	return 0
}

// match assigns the message numbers of this session to the entries of known messages, and returns
// the messages from an index of the listing on that have no entry. Unknown messages before it are
// beyond the sync limit and get no entry. judge decides whether a message is known.
func (c *claims) match(ctx context.Context, from int) (*picks, error) {
	missing := &picks{of: c.listing}
	add := func(i int) {
		if i >= from {
			missing.add(i)
		}
	}
	questions := c.claimAll(add)
	var err error
	if c.listing.withUIDs && len(questions) == 0 {
		questions, err = c.suspects()
	}
	if err == nil {
		err = c.settleQuestions(ctx, questions, add)
	}
	return missing, err
}

// claimAll claims for each message an entry with its unique-id: first entries of the same size, in
// their order (QUIRK 50), then others. It calls missing with the indexes of messages without an
// entry, and returns the claims that LIST and UIDL do not settle.
func (c *claims) claimAll(missing func(i int)) []question {
	var rest []int
	near := 0 // the entry of the message before
	for i := c.listing.count - 1; i >= 0; i-- {
		uid := c.listing.uid(i)
		if len(uid) == 0 { // only the header identifies it
			if !c.claimBroken(i) {
				missing(i)
			}
			continue
		}
		head := c.uids.headNear(uid, near)
		if head < 0 {
			missing(i)
		} else if near = int(head); !c.claim(head, i, false) {
			rest = append(rest, i)
		}
	}
	for _, i := range rest {
		if !c.claim(c.uids.head(c.listing.uid(i)), i, true) {
			missing(i)
		}
	}
	if !c.listing.withUIDs {
		return nil
	}
	return c.openQuestions()
}

// claim claims an entry with the message's unique-id that no other message has claimed. head is the
// first entry with that id.
func (c *claims) claim(head int32, i int, anySize bool) bool {
	size, _ := c.listing.sizes.at(i)
	k := c.uids.takeFrom(head, func(k int) bool { return anySize || c.local.size(k) == size })
	if k >= 0 {
		c.take(k, c.listing.number(i))
	}
	return k >= 0
}

// openQuestions returns the claims that the unique-id and the size do not settle.
func (c *claims) openQuestions() []question {
	var list []question
	ambiguous := c.ambiguous()
	var reader nameReader
	for i, number := range c.claimed {
		if number == 0 {
			continue
		}
		d := doubtNone
		if len(ambiguous) > 0 && ambiguous[string(reader.at(&c.local.uids, i))] {
			d = doubtSome
		}
		if judge(idSame, c.compareSize(i), headUnasked, d) == ask {
			list = append(list, c.question(i, d))
		}
	}
	return list
}

// question returns the question about the claim of an entry.
func (c *claims) question(i int, d doubt) question {
	return question{id: c.local.id(i), number: int(c.claimed[i]), size: c.compareSize(i), doubt: d}
}

// compareSize compares the size of a claimed entry with that in LIST.
func (c *claims) compareSize(i int) sizeMatch {
	then := c.local.size(i)
	now, unsized := c.listing.sizeOf(int(c.claimed[i]))
	size := compareSizes(then, now, c.voidSizes())
	if then == 0 && now == 0 && !unsized { // LIST says 0 octets, as Dovecot does for an empty message
		size = sizeSame
	}
	return size
}

// ambiguous returns the unique-ids for which some entries were claimed and some were not, so that
// the id does not say which.
func (c *claims) ambiguous() map[string]bool {
	var found map[string]bool
	var reader nameReader
	for i, number := range c.claimed {
		if number != 0 || !c.uids.several(reader.at(&c.local.uids, i)) {
			continue
		}
		if found == nil {
			found = make(map[string]bool)
		}
		found[string(reader.at(&c.local.uids, i))] = true
	}
	return found
}

// settleQuestions requests headers until all claims are settled. It calls missing with the indexes
// of messages that turn out to have no entry.
func (c *claims) settleQuestions(ctx context.Context, list []question, missing func(i int)) (err error) {
	for err == nil && len(list) > 0 {
		for _, q := range list {
			c.questioned.add(q.number)
		}
		err = c.session.answers(ctx, list, func(q question, v verdict) {
			if v == other {
				c.others++
				c.session.server.reused = true
			}
			if v == fetch && c.session.breaks[q.id] > 0 && c.kindOf(q.id) != store.BodyWhole {
				return // the message is fetched anyway, last
			}
			if v != same {
				missing(c.letGo(q))
			}
		})
		if err == nil {
			list, err = c.suspects()
		}
	}
	return err
}

// letGo withdraws a claim, and returns the message's index in the listing.
func (c *claims) letGo(q question) int {
	i := c.indexOf(q.id)
	c.claimed[i] = 0
	if c.rivals == nil {
		c.rivals = make(map[int]int)
	}
	c.rivals[q.number] = i
	return c.listing.index(q.number)
}

// The number of known messages, from each end of the list, that must turn out to be the same before
// the others are trusted.
const (
	streakOfHeaders  = 32
	streakOfMessages = 1 // without TOP whole messages must be fetched
)

// suspects returns the known messages to check because this server's unique-ids prove little. A
// reused id belongs to one of the newest messages, at the end of the list; a server that
// restarts its count shows it at the beginning. The more reused ids were found, the more
// messages are checked at once.
func (c *claims) suspects() ([]question, error) {
	var list []question
	add := func(i int, d doubt) {
		if number := int(c.claimed[i]); !c.questioned.has(number) {
			c.questioned.add(number)
			list = append(list, c.question(i, d))
		}
	}
	if !c.session.server.reused {
		first, last := c.outermost()
		if first < 0 || c.questioned.has(int(c.claimed[first])) && c.questioned.has(int(c.claimed[last])) || !c.countedIDs() {
			return nil, nil
		}
		try, err := c.mayTryTop()
		if try && err == nil {
			add(first, doubtSome)
			add(last, doubtSome)
		}
		return list, err
	}
	streak := streakOfHeaders
	if c.session.server.topless {
		streak = streakOfMessages
	}
	known := c.byNumber()
	asked := func(i int) bool { return c.questioned.has(int(c.claimed[i])) }
	for range 2 {
		if slices.ContainsFunc(known[:min(streak, len(known))], func(i int) bool { return !asked(i) }) {
			for _, i := range known[:min(streak+c.others, len(known))] {
				add(i, doubtReused)
			}
		}
		slices.Reverse(known)
	}
	return list, nil
}

// outermost returns the known messages with the lowest and the highest number, -1 for none.
func (c *claims) outermost() (first, last int) {
	first, last = -1, -1
	for i, number := range c.claimed {
		if number == 0 {
			continue
		}
		if first < 0 || number < c.claimed[first] {
			first = i
		}
		if last < 0 || number > c.claimed[last] {
			last = i
		}
	}
	return first, last
}

// byNumber returns the known messages in the order of their numbers.
func (c *claims) byNumber() []int {
	var list []int
	for i, number := range c.claimed {
		if number != 0 {
			list = append(list, i)
		}
	}
	slices.SortFunc(list, func(a, b int) int { return int(c.claimed[a] - c.claimed[b]) })
	return list
}

// countedIDs reports whether all unique-ids are plain numbers. A server that counts them may
// restart its count, as servers that keep their mail in memory do (QUIRK 106).
func (c *claims) countedIDs() bool {
	for i := range c.listing.count {
		uid := c.listing.uid(i)
		if len(uid) > 10 || slices.ContainsFunc(uid, func(b byte) bool { return b < '0' || b > '9' }) {
			return false
		}
	}
	return true
}

// mayTryTop reports whether TOP may be used to check a suspicion. If the server does not list
// TOP it is tried once; that it failed is stored before, since the server may close the
// connection (QUIRK 100).
func (c *claims) mayTryTop() (bool, error) {
	if c.session.server.topWorks || c.session.line.wire.Capabilities().Has("TOP") {
		return true, nil
	}
	if c.session.server.topless || c.session.server.facts[store.FactNoTop] > 0 {
		return false, nil
	}
	b := c.session.box.Store.NewBatch()
	b.SetFact(c.session.box.Service, store.FactNoTop, 1)
	c.session.server.facts[store.FactNoTop] = 1 // learn removes it when TOP worked
	return true, commit(b)
}

// visitsToDisbelieve is the number of visits in a row in which most sizes must have changed
// before sizes are ignored.
const visitsToDisbelieve = 3

// voidSizes reports whether the sizes of this server are ignored because they
// change from visit to visit.
func (c *claims) voidSizes() bool {
	return c.session.server.facts[store.FactSizesChange] >= visitsToDisbelieve
}

// learn stores with the account what this visit showed about the server, and with the
// entries the sizes in LIST.
func (c *claims) learn(b *store.Batch) {
	if c.session.server.reused && c.session.server.facts[store.FactReusesIDs] == 0 {
		b.SetFact(c.session.box.Service, store.FactReusesIDs, 1)
	}
	if c.session.server.topWorks && c.session.server.facts[store.FactNoTop] > 0 {
		b.DropFact(c.session.box.Service, store.FactNoTop)
	}
	known, changed := 0, 0
	sizes := make(map[store.ID]int64)
	for i, number := range c.claimed {
		if number == 0 {
			continue
		}
		known++
		now, _ := c.listing.sizeOf(int(number))
		then := c.local.size(i)
		if compareSizes(then, now, c.voidSizes()) == sizeSame {
			c.session.view.sized.add(int(number))
		}
		if now != then || now == 0 {
			changed++
			if now > 0 {
				sizes[c.local.id(i)] = now
			}
		}
	}
	visits := c.session.server.facts[store.FactSizesChange]
	switch most := changed > 0 && 2*changed >= known; {
	case most && visits < visitsToDisbelieve:
		b.SetFact(c.session.box.Service, store.FactSizesChange, visits+1)
	case !most && visits > 0 && known > 0:
		b.DropFact(c.session.box.Service, store.FactSizesChange)
	}
	if !c.voidSizes() && len(sizes) > 0 {
		b.SetSizes(sizes)
	}
}

// claimBroken claims, by its size, the entry of a message without a unique-id that broke a visit,
// since its header must not be requested.
func (c *claims) claimBroken(index int) bool {
	if len(c.session.breaks) == 0 {
		return false
	}
	size, _ := c.listing.sizes.at(index)
	for i := range c.local.count {
		if c.claimed[i] == 0 && c.local.size(i) == size && c.session.breaks[c.local.id(i)] > 0 && byHeader(c.local.ref(i)) {
			c.take(i, c.listing.number(index))
			return true
		}
	}
	return false
}
