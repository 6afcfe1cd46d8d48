package maildrop

import (
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"sync"
)

// Changing is a Source whose mail differs in the next session.
type Changing interface {
	// SessionEnded changes the source to its state for the next session. The server
	// calls it at the end of a session that has listed the mail.
	SessionEnded()
}

// PositionRemover is a Source that can remove messages by their positions in a List that it
// returned, so that no unique-ids are needed in memory. For a list of another source it
// returns ErrOtherList and removes nothing.
type PositionRemover interface {
	RemoveAt(list List, gone iter.Seq[int]) error
}

// Synthetic returns a generated mailbox. Message n depends only on the seed, n, the sizes and
// the mix; its size depends on the first three, and is computed in a few nanoseconds without
// generating the message. The mailbox takes no memory per message; after removals, one bit for
// each message in blocks of 4,096 with removed ones. The sum of all sizes needs one pass over
// at most one table of sizes (65,536), whatever the count.
//
// The source implements Changing and PositionRemover.
func Synthetic(o SyntheticOptions) (Source, error) {
	if err := o.complete(); err != nil {
		return nil, fmt.Errorf("synthetic mail: %w", err)
	}
	s, err := newSizes(&o)
	if err != nil {
		return nil, err
	}
	m := &mixture{seed: o.Seed, kinds: o.kinds()}
	if !s.fits(o.Count) {
		return nil, errors.New("synthetic mail: the sum of the sizes exceeds 64 bits; give fewer or smaller messages")
	}
	return &synthetic{o: o, list: syntheticList{sizes: s, mix: m, last: o.Count, session: 1}, gone: new(Positions)}, nil
}

// SyntheticMessage returns message n, counted from 1, of a synthetic mailbox of plain messages
// with this seed and size. It has exactly size octets, at least MinSyntheticSize.
func SyntheticMessage(seed uint64, n int, size int64) []byte {
	m := syntheticMessage{mix: &mixture{seed: seed}, n: n, size: max(size, MinSyntheticSize)}
	r := m.read(new(syntheticReader))
	b := make([]byte, 0, m.size)
	for p := r.next(); p != nil; p = r.next() {
		b = append(b, p...)
	}
	return b
}

// synthetic is the source. The lists that it returns are immutable.
type synthetic struct {
	o    SyntheticOptions
	mu   sync.Mutex
	list syntheticList
	gone *Positions // of message numbers less 1; shared with no list
}

// List implements Source.
func (s *synthetic) List() (List, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.list
	return &list, nil
}

// Remove implements Source.
func (s *synthetic) Remove(uids []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, uid := range uids {
		if n, ok := s.list.numberOf(uid); ok && n >= 1 && n <= s.list.last {
			s.remove(n)
		}
	}
	s.refresh()
	return nil
}

// RemoveAt implements PositionRemover.
func (s *synthetic) RemoveAt(list List, gone iter.Seq[int]) error {
	from, ok := list.(*syntheticList)
	if !ok || from.mix != s.list.mix {
		return fmt.Errorf("synthetic mail: %w", ErrOtherList)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range gone {
		s.remove(from.number(i))
	}
	s.refresh()
	return nil
}

// remove removes message n; the caller calls refresh afterwards.
func (s *synthetic) remove(n int) {
	if s.gone.Add(n - 1) {
		s.list.removed += s.list.sizes.of(n)
	}
}

// refresh makes the changes visible in the next list.
func (s *synthetic) refresh() {
	s.list.left = nil
	if s.gone.Len() > 0 {
		s.list.left = gapsOf(s.gone.clone())
	}
	if s.list.order.length > 0 {
		s.list.shuffle(s.list.key)
	}
}

// SessionEnded implements Changing.
func (s *synthetic) SessionEnded() {
	s.mu.Lock()
	defer s.mu.Unlock()
	session := s.list.session
	before := s.gone.Len()
	if s.o.Expire > 0 {
		// in 64 bits: the number of sessions is unlimited
		until := min(int64(session)*int64(s.o.Expire), int64(s.list.last))
		for n := max(until-int64(s.o.Expire), 0) + 1; n <= until; n++ {
			s.remove(int(n))
		}
	}
	if s.o.ExpirePercent > 0 {
		key := mix64(s.o.Seed ^ mix64(uint64(session)))
		for n := 1; n <= s.list.last; n++ {
			if mix64(key^uint64(n))%100 < uint64(s.o.ExpirePercent) {
				s.remove(n)
			}
		}
	}
	if next := s.list.last + s.o.Arrive; next <= MostSynthetic && s.list.sizes.fits(next) {
		s.list.last = next
	}
	if s.gone.Len() > before {
		s.refresh()
	}
	s.list.session++
	if s.o.Shuffle {
		s.list.shuffle(mix64(s.o.Seed ^ mix64(uint64(s.list.session)) ^ 0x0c4a))
	}
}

// syntheticList is a List: messages 1 to last without those that are gone.
type syntheticList struct {
	sizes   *sizes
	mix     *mixture
	last    int
	session int
	left    *gaps // nil while all messages are left
	removed int64 // octets of those that are gone
	key     uint64
	order   permutation // length 0: in order of numbers
}

func (l *syntheticList) Len() int {
	if l.left == nil {
		return l.last
	}
	return l.last - l.left.set.Len()
}

func (l *syntheticList) Octets() int64 { return l.sizes.first(l.last) - l.removed }

func (l *syntheticList) At(i int) Message {
	n := l.number(i)
	return &syntheticMessage{mix: l.mix, n: n, size: l.sizes.of(n)}
}

// shuffle orders the current list by the key.
func (l *syntheticList) shuffle(key uint64) { l.key, l.order = key, permute(l.Len()) }

func (l *syntheticList) number(i int) int {
	if uint64(i) < l.order.length {
		i = int(l.order.at(l.key, uint64(i)))
	}
	if l.left == nil {
		return i + 1
	}
	return l.left.at(i) + 1
}

func (l *syntheticList) numberOf(uid string) (int, bool) {
	seed, n, ok := strings.Cut(uid, "-")
	if !ok || seed != strconv.FormatUint(l.mix.seed, 16) {
		return 0, false
	}
	number, err := strconv.Atoi(n)
	return number, err == nil
}
