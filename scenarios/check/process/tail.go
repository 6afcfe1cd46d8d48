package process

import "sync"

// tail is a writer that keeps only the first and the last octets.
type tail struct {
	most int

	mu    sync.Mutex
	first []byte
	last  []byte
	lost  bool
}

// Write never fails, since a failing write could end the program.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(p)
	room := min(t.most/2-len(t.first), len(p))
	t.first = append(t.first, p[:room]...)
	t.last = append(t.last, p[room:]...)
	if extra := len(t.last) - t.most/2; extra > 0 {
		t.last, t.lost = append(t.last[:0], t.last[extra:]...), true
	}
	return n, nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lost {
		return string(t.first) + "\n[...]\n" + string(t.last)
	}
	return string(t.first) + string(t.last)
}
