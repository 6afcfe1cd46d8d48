package servermtm

import (
	"context"
	"strings"

	"slices"

	"pop3mtm/mtm/store"
)

// claims says which listed message is which entry of the mailbox.
type claims struct {
	session *Session
	listing *listing
	local   []store.Ref // the mailbox's entries when the refresh began, by id
	uids    *uidTable   // of local
	claimed []int32     // index -> message number it belongs to, 0 = none
	// headers: Message-ID and size -> indexes into local; made when a message
	// that no UID tells needs it.
	headers *headerIndex

	questioned numberSet               // messages whose claim is or was in question
	others     int                     // known ids that turned out to name another message
	rivals     map[int]int             // message number -> index of the entry whose id it has
	copied     []map[string][]store.ID // for each folder UID -> copies; made when one gets another UID
}

// newClaims returns claims of which none is made yet.
func newClaims(s *Session, listed *listing, local []store.Ref) *claims {
	return &claims{session: s, listing: listed, local: local, uids: newUIDTable(local), claimed: make([]int32, len(local))}
}

// headerIndex finds entries by what their headers tell.
type headerIndex struct {
	entries map[int]sight // index into refresh.local -> what is known of it
	byBoth  map[string][]int
	byID    map[string][]int // by Message-ID alone, for sizes that LIST does not tell
}

// sight is what an entry keeps of a message: its header, and the size in LIST.
type sight struct {
	face
	size int64
}

// like are the entries that may be of the same message.
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

func (c *claims) take(i, number int) {
	c.claimed[i] = int32(number)
	c.session.view.numbers.set(c.local[i].ID, number)
}

// kindOf returns how much of an entry's message was here when the refresh began.
func (c *claims) kindOf(id store.ID) store.BodyKind { return c.local[c.indexOf(id)].Kind }

func (c *claims) indexOf(id store.ID) int {
	i, _ := slices.BinarySearchFunc(c.local, id, func(ref store.Ref, id store.ID) int { return int(ref.ID - id) })
	return i
}

// sameSize finds the entry of a message without a name that no header has claimed, 0 for none.
func (c *claims) sameSize(size int64) store.ID {
	for i, ref := range c.local {
		if c.claimed[i] == 0 && ref.Size == size && byHeader(ref) {
			return ref.ID
		}
	}
	return 0
}

// match gives known messages their numbers in this session and returns those of the wanted ones
// that have no entry, highest number first. Whether a message is known is decided by judge.
func (c *claims) match(ctx context.Context, wanted []message) ([]*message, error) {
	lowest := 0
	if len(wanted) > 0 {
		lowest = wanted[0].number
	}
	missing, questions := c.claimAll()
	var err error
	if c.listing.withUIDs && len(questions) == 0 {
		questions, err = c.suspects()
	}
	var others []*message
	if err == nil {
		others, err = c.settleQuestions(ctx, questions)
	}
	if err != nil {
		return nil, err
	}
	missing = append(missing, others...)
	// What is beyond the sync limit and not known stays unknown.
	missing = slices.DeleteFunc(missing, func(m *message) bool { return m.number < lowest || len(wanted) == 0 })
	slices.SortFunc(missing, func(a, b *message) int { return b.number - a.number })
	return missing, nil
}

// claimAll lets each message take an entry with its unique-id: first those with the same size,
// in their order (QUIRK 50), then the rest. It returns what has none, and what only more than
// LIST and UIDL can tell.
func (c *claims) claimAll() (missing []*message, questions []question) {
	if !c.listing.withUIDs { // only the header tells which entry it is
		for i := range slices.Backward(c.listing.messages) {
			if m := &c.listing.messages[i]; !c.claimBroken(m) {
				missing = append(missing, m)
			}
		}
		return missing, nil
	}
	var rest []*message
	for i := range slices.Backward(c.listing.messages) {
		m := &c.listing.messages[i]
		switch {
		case m.uid == "" && !c.claimBroken(m):
			missing = append(missing, m)
		case m.uid == "":
		case !c.claim(m, m.size):
			rest = append(rest, m)
		}
	}
	for _, m := range rest {
		if !c.claim(m, anySize) {
			missing = append(missing, m)
		}
	}
	return missing, c.openQuestions()
}

// claim takes an entry with the message's unique-id that no other message has taken.
func (c *claims) claim(m *message, size int64) bool {
	i := c.uids.take(m.uid, size)
	if i >= 0 {
		c.take(i, m.number)
	}
	return i >= 0
}

// openQuestions are the claims that the unique-id and the size do not settle.
func (c *claims) openQuestions() []question {
	var list []question
	ambiguous := c.ambiguous()
	for i, number := range c.claimed {
		if number == 0 {
			continue
		}
		q := c.question(i, doubtNone)
		if ambiguous[c.local[i].UID] {
			q.doubt = doubtSome
		}
		if judge(idSame, q.size, headUnasked, q.doubt) == ask {
			list = append(list, q)
		}
	}
	return list
}

// question asks about the claim of an entry.
func (c *claims) question(i int, d doubt) question {
	number := int(c.claimed[i])
	then, now := c.local[i].Size, c.listing.find(number).size
	size := compareSizes(then, now, c.voidSizes())
	if then == 0 && now == 0 && !c.listing.find(number).unsized { // LIST tells 0 octets, as Dovecot does for an empty message
		size = sizeSame
	}
	return question{id: c.local[i].ID, number: number, size: size, doubt: d}
}

// ambiguous are unique-ids of which some entries were claimed and some were not: which
// ones, the id does not tell.
func (c *claims) ambiguous() map[string]bool {
	var found map[string]bool
	for i, number := range c.claimed {
		if number != 0 || !c.uids.several(c.local[i].UID) {
			continue
		}
		if found == nil {
			found = make(map[string]bool)
		}
		found[c.local[i].UID] = true
	}
	return found
}

// settleQuestions asks for headers until each claim is settled, and returns the messages that
// turn out to have no entry.
func (c *claims) settleQuestions(ctx context.Context, list []question) (missing []*message, err error) {
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
				return // it is fetched anyway, last
			}
			if v != same {
				missing = append(missing, c.letGo(q))
			}
		})
		if err == nil {
			list, err = c.suspects()
		}
	}
	return missing, err
}

// letGo takes a claim back, and returns the message.
func (c *claims) letGo(q question) *message {
	i := c.indexOf(q.id)
	c.claimed[i] = 0
	c.session.view.numbers.set(q.id, 0)
	if c.rivals == nil {
		c.rivals = make(map[int]int)
	}
	c.rivals[q.number] = i
	return c.listing.find(q.number)
}

// How many known messages, from each end of the list on, must be shown to be the same
// before the rest is believed.
const (
	streakOfHeaders  = 32
	streakOfMessages = 1 // without TOP the whole messages are fetched
)

// suspects are known messages to ask for because unique-ids of this server prove little. An
// id that was given anew belongs to one of the newest messages, at the end of the list; a
// server that counts anew shows it at the beginning. The more others were found, the more
// are asked for at once.
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

// outermost are the known messages with the lowest and the highest number, -1 for none.
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

// byNumber are the known messages in the order of their numbers.
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

// countedIDs reports whether all unique-ids are plain numbers: a server that counts them may begin
// anew, as those do that keep their mail in memory (QUIRK 106).
func (c *claims) countedIDs() bool {
	return !slices.ContainsFunc(c.listing.messages, func(m message) bool {
		return len(m.uid) > 10 || strings.Trim(m.uid, "0123456789") != ""
	})
}

// mayTryTop reports whether TOP may be asked for on a mere suspicion. Where it is not listed it is
// tried once: that it failed is written before, since the server may close the line (QUIRK 100).
func (c *claims) mayTryTop() (bool, error) {
	if c.session.server.topWorks || c.session.line.wire.Capabilities().Has("TOP") {
		return true, nil
	}
	if c.session.server.topless || c.session.server.facts[store.FactNoTop] > 0 {
		return false, nil
	}
	b := c.session.box.Store.NewBatch()
	b.SetFact(c.session.box.Service, store.FactNoTop, 1)
	c.session.server.facts[store.FactNoTop] = 1 // learn drops it when it was not in vain
	return true, commit(b)
}

// visitsToDisbelieve is in how many visits in a row most sizes must have changed
// before they mean nothing.
const visitsToDisbelieve = 3

// voidSizes reports whether the sizes of this server change from visit to visit.
func (c *claims) voidSizes() bool {
	return c.session.server.facts[store.FactSizesChange] >= visitsToDisbelieve
}

// learn remembers with the account what this visit showed of the server, and with the
// entries what LIST tells now.
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
		if compareSizes(c.local[i].Size, c.listing.find(int(number)).size, c.voidSizes()) == sizeSame {
			c.session.view.sized.add(int(number))
		}
		if now := c.listing.find(int(number)).size; now != c.local[i].Size || now == 0 {
			changed++
			if now > 0 {
				sizes[c.local[i].ID] = now
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

// claimBroken takes the entry of a message without a name that broke a visit, by its size: its
// header must not be asked for.
func (c *claims) claimBroken(m *message) bool {
	if len(c.session.breaks) == 0 {
		return false
	}
	for i, ref := range c.local {
		if c.claimed[i] == 0 && ref.Size == m.size && c.session.breaks[ref.ID] > 0 && byHeader(ref) {
			c.take(i, m.number)
			return true
		}
	}
	return false
}
