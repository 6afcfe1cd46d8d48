package servermtm

import (
	"context"
	"slices"
	"strings"

	"pop3mtm/mtm/store"
)

// match gives known messages their numbers in this session and returns those of the wanted ones that have no entry, highest
// number first. Whether a message is known is decided by judge.
func (r *refresh) match(ctx context.Context, wanted []message) ([]*message, error) {
	lowest := 0
	if len(wanted) > 0 {
		lowest = wanted[0].number
	}
	missing, questions := r.claimAll()
	var err error
	if r.server.withUIDs && len(questions) == 0 {
		questions, err = r.suspects()
	}
	var others []*message
	if err == nil {
		others, err = r.settleQuestions(ctx, questions)
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

// claimAll lets each message take an entry with its unique-id: first those with the same size, in their order (QUIRK 50), then
// the rest. It returns what has none, and what only more than LIST and UIDL can tell.
func (r *refresh) claimAll() (missing []*message, questions []question) {
	if !r.server.withUIDs { // only the header tells which entry it is
		for i := range slices.Backward(r.server.messages) {
			if m := &r.server.messages[i]; !r.claimBroken(m) {
				missing = append(missing, m)
			}
		}
		return missing, nil
	}
	var rest []*message
	for i := range slices.Backward(r.server.messages) {
		m := &r.server.messages[i]
		switch {
		case m.uid == "" && !r.claimBroken(m):
			missing = append(missing, m)
		case m.uid == "":
		case !r.claim(m, m.size):
			rest = append(rest, m)
		}
	}
	for _, m := range rest {
		if !r.claim(m, anySize) {
			missing = append(missing, m)
		}
	}
	return missing, r.openQuestions()
}

// claim takes an entry with the message's unique-id that no other message has taken.
func (r *refresh) claim(m *message, size int64) bool {
	i := r.uids.take(m.uid, size)
	if i >= 0 {
		r.take(i, m.number)
	}
	return i >= 0
}

func (r *refresh) take(i, number int) {
	r.claimed[i] = int32(number)
	r.numbers.set(r.local[i].ID, number)
}

// openQuestions are the claims that the unique-id and the size do not settle.
func (r *refresh) openQuestions() []question {
	var list []question
	ambiguous := r.ambiguous()
	for i, number := range r.claimed {
		if number == 0 {
			continue
		}
		q := r.question(i, doubtNone)
		if ambiguous[r.local[i].UID] {
			q.doubt = doubtSome
		}
		if judge(idSame, q.size, headUnasked, q.doubt) == ask {
			list = append(list, q)
		}
	}
	return list
}

// question asks about the claim of an entry.
func (r *refresh) question(i int, d doubt) question {
	number := int(r.claimed[i])
	then, now := r.local[i].Size, r.server.find(number).size
	size := compareSizes(then, now, r.voidSizes())
	if then == 0 && now == 0 && !r.server.find(number).unsized { // LIST tells 0 octets, as Dovecot does for an empty message
		size = sizeSame
	}
	return question{id: r.local[i].ID, number: number, size: size, doubt: d}
}

// ambiguous are unique-ids of which some entries were claimed and some were not: which ones, the id does not tell.
func (r *refresh) ambiguous() map[string]bool {
	var found map[string]bool
	for i, number := range r.claimed {
		if number != 0 || !r.uids.several(r.local[i].UID) {
			continue
		}
		if found == nil {
			found = make(map[string]bool)
		}
		found[r.local[i].UID] = true
	}
	return found
}

// settleQuestions asks for headers until each claim is settled, and returns the messages that turn out to have no entry.
func (r *refresh) settleQuestions(ctx context.Context, list []question) (missing []*message, err error) {
	for err == nil && len(list) > 0 {
		for _, q := range list {
			r.questioned.add(q.number)
		}
		err = r.answers(ctx, list, func(q question, v verdict) {
			if v == other {
				r.others++
				r.reused = true
			}
			if v == fetch && r.breaks[q.id] > 0 && r.kindOf(q.id) != store.BodyWhole {
				return // it is fetched anyway, last
			}
			if v != same {
				missing = append(missing, r.letGo(q))
			}
		})
		if err == nil {
			list, err = r.suspects()
		}
	}
	return missing, err
}

// kindOf returns how much of an entry's message was here when the refresh began.
func (r *refresh) kindOf(id store.ID) store.BodyKind { return r.local[r.indexOf(id)].Kind }

func (r *refresh) indexOf(id store.ID) int {
	i, _ := slices.BinarySearchFunc(r.local, id, func(ref store.Ref, id store.ID) int { return int(ref.ID - id) })
	return i
}

// letGo takes a claim back, and returns the message.
func (r *refresh) letGo(q question) *message {
	i := r.indexOf(q.id)
	r.claimed[i] = 0
	r.numbers.set(q.id, 0)
	if r.rivals == nil {
		r.rivals = make(map[int]int)
	}
	r.rivals[q.number] = i
	return r.server.find(q.number)
}

// How many known messages, from each end of the list on, must be shown to be the same before the rest is believed.
const (
	streakOfHeaders  = 32
	streakOfMessages = 1 // without TOP the whole messages are fetched
)

// suspects are known messages to ask for because unique-ids of this server prove little. An id that was given anew belongs to one
// of the newest messages, at the end of the list; a server that counts anew shows it at the beginning. The more others were
// found, the more are asked for at once.
func (r *refresh) suspects() ([]question, error) {
	var list []question
	add := func(i int, d doubt) {
		if number := int(r.claimed[i]); !r.questioned.has(number) {
			r.questioned.add(number)
			list = append(list, r.question(i, d))
		}
	}
	if !r.reused {
		first, last := r.outermost()
		if first < 0 || r.questioned.has(int(r.claimed[first])) && r.questioned.has(int(r.claimed[last])) || !r.countedIDs() {
			return nil, nil
		}
		try, err := r.mayTryTop()
		if try && err == nil {
			add(first, doubtSome)
			add(last, doubtSome)
		}
		return list, err
	}
	streak := streakOfHeaders
	if r.topless {
		streak = streakOfMessages
	}
	known := r.byNumber()
	asked := func(i int) bool { return r.questioned.has(int(r.claimed[i])) }
	for range 2 {
		if slices.ContainsFunc(known[:min(streak, len(known))], func(i int) bool { return !asked(i) }) {
			for _, i := range known[:min(streak+r.others, len(known))] {
				add(i, doubtReused)
			}
		}
		slices.Reverse(known)
	}
	return list, nil
}

// outermost are the known messages with the lowest and the highest number, -1 for none.
func (r *refresh) outermost() (first, last int) {
	first, last = -1, -1
	for i, number := range r.claimed {
		if number == 0 {
			continue
		}
		if first < 0 || number < r.claimed[first] {
			first = i
		}
		if last < 0 || number > r.claimed[last] {
			last = i
		}
	}
	return first, last
}

// byNumber are the known messages in the order of their numbers.
func (r *refresh) byNumber() []int {
	var list []int
	for i, number := range r.claimed {
		if number != 0 {
			list = append(list, i)
		}
	}
	slices.SortFunc(list, func(a, b int) int { return int(r.claimed[a] - r.claimed[b]) })
	return list
}

// countedIDs reports whether all unique-ids are plain numbers: a server that counts them may begin anew, as those do that keep
// their mail in memory (QUIRK 106).
func (r *refresh) countedIDs() bool {
	return !slices.ContainsFunc(r.server.messages, func(m message) bool {
		return len(m.uid) > 10 || strings.Trim(m.uid, "0123456789") != ""
	})
}

// mayTryTop reports whether TOP may be asked for on a mere suspicion. Where it is not listed it is tried once: that it failed is
// written before, since the server may close the line (QUIRK 100).
func (r *refresh) mayTryTop() (bool, error) {
	if r.topWorks || r.wire.Capabilities().Has("TOP") {
		return true, nil
	}
	if r.topless || r.facts[store.FactNoTop] > 0 {
		return false, nil
	}
	b := r.Store.NewBatch()
	b.SetFact(r.Service, store.FactNoTop, 1)
	r.facts[store.FactNoTop] = 1 // learn drops it when it was not in vain
	return true, commit(b)
}

// visitsToDisbelieve is in how many visits in a row most sizes must have changed before they mean nothing.
const visitsToDisbelieve = 3

// voidSizes reports whether the sizes of this server change from visit to visit.
func (r *refresh) voidSizes() bool { return r.facts[store.FactSizesChange] >= visitsToDisbelieve }

// learn remembers with the account what this visit showed of the server, and with the entries what LIST tells now.
func (r *refresh) learn(b *store.Batch) {
	if r.reused && r.facts[store.FactReusesIDs] == 0 {
		b.SetFact(r.Service, store.FactReusesIDs, 1)
	}
	if r.topWorks && r.facts[store.FactNoTop] > 0 {
		b.DropFact(r.Service, store.FactNoTop)
	}
	known, changed := 0, 0
	sizes := make(map[store.ID]int64)
	for i, number := range r.claimed {
		if number == 0 {
			continue
		}
		known++
		if compareSizes(r.local[i].Size, r.server.find(int(number)).size, r.voidSizes()) == sizeSame {
			r.sized.add(int(number))
		}
		if now := r.server.find(int(number)).size; now != r.local[i].Size || now == 0 {
			changed++
			if now > 0 {
				sizes[r.local[i].ID] = now
			}
		}
	}
	visits := r.facts[store.FactSizesChange]
	switch most := changed > 0 && 2*changed >= known; {
	case most && visits < visitsToDisbelieve:
		b.SetFact(r.Service, store.FactSizesChange, visits+1)
	case !most && visits > 0 && known > 0:
		b.DropFact(r.Service, store.FactSizesChange)
	}
	if !r.voidSizes() && len(sizes) > 0 {
		b.SetSizes(sizes)
	}
}
