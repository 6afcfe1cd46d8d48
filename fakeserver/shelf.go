package fakeserver

import (
	"container/heap"
	"sync"
)

// shelf knows what the journals of all users' ended sessions take, so that the user whose journals
// take most is found quickly among many. Its methods are safe for concurrent use.
type shelf struct {
	mu     sync.Mutex
	octets int
	filled heaviest
}

// set records what the journals of a tenant take.
func (s *shelf) set(t *tenant, octets int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := t.weight
	s.octets += octets - before
	t.weight = octets
	switch {
	case before == 0 && octets > 0:
		heap.Push(&s.filled, t)
	case octets > 0:
		heap.Fix(&s.filled, t.place)
	case before > 0:
		heap.Remove(&s.filled, t.place)
	}
}

// above returns the tenant whose journals take most if all take more than limit, else nil.
func (s *shelf) above(limit int) *tenant {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.octets <= limit {
		return nil
	}
	return s.filled[0]
}

// heaviest is a heap of tenants, the one with the most octets first.
type heaviest []*tenant

func (h heaviest) Len() int           { return len(h) }
func (h heaviest) Less(i, j int) bool { return h[i].weight > h[j].weight }

func (h heaviest) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

// Push implements heap.Interface.
func (h *heaviest) Push(t any) {
	one := t.(*tenant)
	one.place = len(*h)
	*h = append(*h, one)
}

// Pop implements heap.Interface.
func (h *heaviest) Pop() any {
	last := len(*h) - 1
	t := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return t
}
