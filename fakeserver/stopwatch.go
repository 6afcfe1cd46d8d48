package fakeserver

import "time"

// stopwatch measures the time since it was started. Reading the clock takes as long as much of the
// work for a command, so it is read only after something that may have taken time. The zero value
// stands at 0.
type stopwatch struct {
	began time.Time
	now   time.Duration
	stale bool
}

func (w *stopwatch) start() { w.began = time.Now() }

// passed says that time may have passed.
func (w *stopwatch) passed() { w.stale = true }

// read returns the time since the start.
func (w *stopwatch) read() time.Duration {
	if w.stale && !w.began.IsZero() {
		w.now = time.Since(w.began)
	}
	w.stale = false
	return w.now
}
