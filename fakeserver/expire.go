package fakeserver

import (
	"fmt"
	"time"

	"pop3mtm/fakeserver/maildrop"
)

// AtOnce is a value of Options.Expire: messages that were read are deleted at QUIT.
const AtOnce = -1

// expireRow returns the EXPIRE row of CAPA. RFC 2449 section 6.7.
func (o *Options) expireRow() string {
	switch {
	case o.Expire < 0:
		return "EXPIRE 0"
	case o.Expire == 0:
		return "EXPIRE NEVER"
	}
	return fmt.Sprintf("EXPIRE %d", o.Expire)
}

const day = 24 * time.Hour

// expire deletes the messages that a session first saw more than days ago.
func (d *Maildrop) expire(list maildrop.List, days int, now time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	seen := make(map[string]time.Time, list.Len())
	var old []string
	for i := range list.Len() {
		uid := list.At(i).UID()
		first, known := d.seen[uid]
		if !known {
			first = now
		}
		if now.Sub(first) > time.Duration(days)*day {
			old = append(old, uid)
			continue
		}
		seen[uid] = first
	}
	d.seen = seen
	if old == nil {
		return nil
	}
	return d.source.Remove(old)
}
