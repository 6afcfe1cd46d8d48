package fakeserver

import (
	"sync"
	"time"
)

// logins holds the time of each user's last login, for Options.LoginDelay.
type logins struct {
	mu   sync.Mutex
	last map[string]time.Time
}

// tooSoon reports whether less than delay has passed since the user's last login.
func (l *logins) tooSoon(name string, delay time.Duration, now time.Time) bool {
	if delay == 0 {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	last, found := l.last[name]
	return found && now.Sub(last) < delay
}

// note records a login when its user has a delay.
func (l *logins) note(name string, delay time.Duration, now time.Time) {
	if delay == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last == nil {
		l.last = map[string]time.Time{}
	}
	l.last[name] = now
}
