package store

import "sync"

// maxTaken is the number of structures that a store remembers.
const maxTaken = 4

// takenApart remembers the messages that were taken apart last, so that opening one part after
// the other does not go through the message anew each time. A body never changes in its place.
type takenApart struct {
	mu   sync.Mutex
	list []taken // the newest last
}

type taken struct {
	body Body
	walk *mimeWalk
}

// find returns what was made of a body, or nil.
func (t *takenApart) find(b Body) *mimeWalk {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, one := range t.list {
		if one.body == b {
			return one.walk
		}
	}
	return nil
}

// keep remembers m, which nobody changes any more.
func (t *takenApart) keep(b Body, m *mimeWalk) {
	t.mu.Lock()
	defer t.mu.Unlock()
	m.in = lines{} // its buffer
	if len(t.list) == maxTaken {
		t.list = append(t.list[:0], t.list[1:]...)
	}
	t.list = append(t.list, taken{b, m})
}
