package main

import (
	"sync"

	"pop3mtm/fakeserver/maildrop"
)

// shared is mail on disk that several users have.
type shared struct {
	source maildrop.Source
	users  int

	mu      sync.Mutex
	deleted map[string]int // by unique-id: how many users have deleted it
}

// share returns n sources with the mail of source. Removing a message hides it in one of them; it
// is removed from source when all of them have removed it.
func share(source maildrop.Source, n int) []maildrop.Source {
	s := &shared{source: source, users: n, deleted: map[string]int{}}
	all := make([]maildrop.Source, n)
	for i := range all {
		all[i] = &portion{shared: s, gone: map[string]bool{}}
	}
	return all
}

// portion is the source of one user; shared.mu guards gone.
type portion struct {
	*shared
	gone map[string]bool
}

// List implements maildrop.Source.
func (p *portion) List() (maildrop.List, error) {
	list, err := p.source.List()
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.gone) == 0 {
		return list, nil
	}
	left := make(messages, 0, list.Len())
	for i := range list.Len() {
		if m := list.At(i); !p.gone[m.UID()] {
			left = append(left, m)
		}
	}
	return left, nil
}

// Remove implements maildrop.Source.
func (p *portion) Remove(uids []string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var last []string
	for _, uid := range uids {
		if p.gone[uid] {
			continue
		}
		p.gone[uid] = true
		p.deleted[uid]++
		if p.deleted[uid] == p.users {
			last = append(last, uid)
		}
	}
	if len(last) == 0 {
		return nil
	}
	return p.source.Remove(last)
}

// messages is a maildrop.List in a slice.
type messages []maildrop.Message

func (l messages) Len() int                  { return len(l) }
func (l messages) At(i int) maildrop.Message { return l[i] }

func (l messages) Octets() int64 {
	var sum int64
	for _, m := range l {
		sum += m.Size()
	}
	return sum
}
