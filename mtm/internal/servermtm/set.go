package servermtm

import (
	"math/bits"

	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/store"
)

// set is a set of positive numbers with one bit for each, in words of 64 numbers. Numbers from a
// server may be huge, and leave out most words.
type set[T ~int | ~int64] map[T]uint64

type (
	numberSet = set[int] // of message numbers
	idSet     = set[store.ID]
)

func (s set[T]) has(n T) bool { return s[n/64]&(1<<(n%64)) != 0 }

func (s *set[T]) add(n T) {
	if *s == nil {
		*s = make(set[T])
	}
	(*s)[n/64] |= 1 << (n % 64)
}

// picks is a set of messages of a listing, in the order of their numbers. It implements
// pop3.Numbers.
type picks struct {
	of        *listing
	bits      []uint64 // of the indexes
	count     int
	ascending bool // else the highest number comes first

	place, index int // of the last At; place counts from 1
}

// add adds the i-th message of the listing.
func (p *picks) add(i int) {
	if p.bits == nil {
		p.bits = make([]uint64, (p.of.count+63)/64)
	}
	if !p.has(i) {
		p.bits[i/64] |= 1 << (i % 64)
		p.count++
		p.place = 0
	}
}

func (p *picks) has(i int) bool { return i >= 0 && i/64 < len(p.bits) && p.bits[i/64]&(1<<(i%64)) != 0 }

// Len implements pop3.Numbers.
func (p *picks) Len() int {
	if p == nil {
		return 0
	}
	return p.count
}

// At implements pop3.Numbers.
func (p *picks) At(i int) int { return p.of.number(p.indexOf(i)) }

// indexOf returns the index in the listing of the i-th message. It is fast near the last one.
func (p *picks) indexOf(i int) int {
	ahead := i + 1 - p.place
	if p.place == 0 || i+1 < -ahead {
		ahead = i + 1
		p.index = -1
		if !p.ascending {
			p.index = 64 * len(p.bits)
		}
	}
	for ; ahead > 0; ahead-- {
		p.index = p.next(p.index, p.ascending)
	}
	for ; ahead < 0; ahead++ {
		p.index = p.next(p.index, !p.ascending)
	}
	p.place = i + 1
	return p.index
}

// next returns the member after or before an index. There must be one.
func (p *picks) next(i int, up bool) int {
	if up {
		word := (i + 1) / 64
		rest := p.bits[word] >> ((i + 1) % 64) << ((i + 1) % 64)
		for rest == 0 {
			word++
			rest = p.bits[word]
		}
		return 64*word + bits.TrailingZeros64(rest)
	}
	word := (i+63)/64 - 1
	rest := p.bits[word]
	if i%64 != 0 {
		rest &= 1<<(i%64) - 1
	}
	for rest == 0 {
		word--
		rest = p.bits[word]
	}
	return 64*word + 63 - bits.LeadingZeros64(rest)
}

// order sets the order.
func (p *picks) order(ascending bool) { p.ascending, p.place = ascending, 0 }

// indexes calls f for the index of each message, in their order. f may not add messages.
func (p *picks) indexes(f func(i int)) {
	for k := range p.Len() {
		f(p.indexOf(k))
	}
}

// span is a part of numbers.
type span struct {
	of       pop3.Numbers
	from, to int
}

// Len implements pop3.Numbers.
func (s span) Len() int { return s.to - s.from }

// At implements pop3.Numbers.
func (s span) At(i int) int { return s.of.At(s.from + i) }
