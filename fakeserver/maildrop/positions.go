package maildrop

import (
	"iter"
	"math/bits"
	"sort"
)

const (
	pageBits  = 4096
	pageWords = pageBits / 64
)

// Positions is a sparse set of positions, counted from 0. A block of 4,096 positions takes
// one bit for each once the set holds one of them, and no memory before. The zero value is
// empty. It is not safe for concurrent use.
type Positions struct {
	pages []*[pageWords]uint64
	count int
}

// Len returns the number of positions in the set.
func (p *Positions) Len() int { return p.count }

// Has reports whether i, 0 or more, is in the set.
func (p *Positions) Has(i int) bool {
	page := i / pageBits
	return page < len(p.pages) && p.pages[page] != nil && p.pages[page][i%pageBits/64]&(1<<(i%64)) != 0
}

// Add puts i, 0 or more, into the set. It reports whether i was missing.
func (p *Positions) Add(i int) bool {
	page := i / pageBits
	if page >= len(p.pages) {
		p.pages = append(p.pages, make([]*[pageWords]uint64, page+1-len(p.pages))...)
	}
	if p.pages[page] == nil {
		p.pages[page] = new([pageWords]uint64)
	}
	word, bit := &p.pages[page][i%pageBits/64], uint64(1)<<(i%64)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	p.count++
	return true
}

// All returns the positions in ascending order.
func (p *Positions) All() iter.Seq[int] {
	return func(yield func(int) bool) {
		for n, page := range p.pages {
			if page == nil {
				continue
			}
			for k, word := range page {
				for ; word != 0; word &= word - 1 {
					if !yield(n*pageBits + k*64 + bits.TrailingZeros64(word)) {
						return
					}
				}
			}
		}
	}
}

// clone returns a copy that shares no memory with p.
func (p *Positions) clone() *Positions {
	c := &Positions{pages: make([]*[pageWords]uint64, len(p.pages)), count: p.count}
	for i, page := range p.pages {
		if page != nil {
			words := *page
			c.pages[i] = &words
		}
	}
	return c
}

// gaps finds the positions that are not in a set. The set must not change.
type gaps struct {
	set    *Positions
	before []int // for each page: how many positions before it are not in the set
}

func gapsOf(set *Positions) *gaps {
	g := &gaps{set: set, before: make([]int, len(set.pages))}
	missing := 0
	for i, page := range set.pages {
		g.before[i] = missing
		missing += pageBits
		if page != nil {
			for _, word := range page {
				missing -= bits.OnesCount64(word)
			}
		}
	}
	return g
}

// at returns the i-th position, counted from 0, of those that are not in the set.
func (g *gaps) at(i int) int {
	n := sort.SearchInts(g.before, i+1) - 1
	if n < 0 {
		return i // nothing is in the set
	}
	i -= g.before[n]
	page := g.set.pages[n]
	if page == nil {
		return n*pageBits + i
	}
	for k, word := range page {
		free := 64 - bits.OnesCount64(word)
		if i < free {
			return n*pageBits + k*64 + nth(^word, i)
		}
		i -= free
	}
	return (n+1)*pageBits + i // after the last page
}

// nth returns where the set bit number i of word stands; there are that many.
func nth(word uint64, i int) int {
	for range i {
		word &= word - 1
	}
	return bits.TrailingZeros64(word)
}
