package scenarios

import (
	"sync"
	"time"

	"pop3mtm/fakeserver"
)

// clock knows when the first session began and the last one ended.
type clock struct {
	mu          sync.Mutex
	first, last time.Time
}

// watch puts itself before OnSession.
func (c *clock) watch(o *fakeserver.Options) {
	next, now := o.OnSession, o.Now
	if now == nil {
		now = time.Now
	}
	o.OnSession = func(t fakeserver.Transcript) {
		c.mu.Lock()
		if c.first.IsZero() || t.Started.Before(c.first) {
			c.first = t.Started
		}
		c.last = now()
		c.mu.Unlock()
		if next != nil {
			next(t)
		}
	}
}

func (c *clock) took() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last.Sub(c.first)
}
