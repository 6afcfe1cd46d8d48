package fakeserver

import (
	"errors"
	"time"

	"pop3mtm/fakeserver/maildrop"
)

// Maildrop is one mailbox: a source of mail and the exclusive lock that a
// session holds from login to its end (RFC 1939 section 4).
type Maildrop struct {
	source maildrop.Source
	lock   chan struct{} // full while a session holds the maildrop
}

// NewMaildrop makes a maildrop of messages in memory.
func NewMaildrop(messages ...maildrop.Message) *Maildrop {
	return MaildropOf(maildrop.Memory(messages...))
}

// MaildropOf makes a maildrop of any source. A source belongs to one maildrop.
func MaildropOf(source maildrop.Source) *Maildrop {
	return &Maildrop{source: source, lock: make(chan struct{}, 1)}
}

// Messages is what the maildrop holds now, in order. Messages that an open
// session has marked as deleted are still there. It is nil when the source
// cannot be read.
func (d *Maildrop) Messages() []maildrop.Message {
	list, err := d.source.List()
	if err != nil {
		return nil
	}
	kept := make([]maildrop.Message, list.Len())
	for i := range kept {
		kept[i] = list.At(i)
	}
	return kept
}

// UIDs is the unique-ids of Messages.
func (d *Maildrop) UIDs() []string {
	kept := d.Messages()
	uids := make([]string, len(kept))
	for i, m := range kept {
		uids[i] = m.UID()
	}
	return uids
}

// Deliver adds mail. An open session does not see it. It is an error when the
// source takes none.
func (d *Maildrop) Deliver(messages ...maildrop.Message) error {
	r, ok := d.source.(maildrop.Receiver)
	if !ok {
		return errors.New("this maildrop takes no new mail: only one in memory does")
	}
	return r.Deliver(messages...)
}

// Remove takes away the messages with these unique-ids. An open session that
// has listed them may still serve those in memory.
func (d *Maildrop) Remove(uids ...string) error { return d.source.Remove(uids) }

// Locked tells whether a session holds the maildrop.
func (d *Maildrop) Locked() bool { return len(d.lock) > 0 }

var errInUse = errors.New("maildrop is in use")

// open locks the maildrop and lists its mail. It waits at most for wait, or
// until quit is closed, when another session has it.
func (d *Maildrop) open(wait time.Duration, quit <-chan struct{}) (*view, error) {
	select {
	case d.lock <- struct{}{}:
	default:
		if wait <= 0 {
			return nil, errInUse
		}
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case d.lock <- struct{}{}:
		case <-quit:
			return nil, errInUse
		case <-timer.C:
			return nil, errInUse
		}
	}
	list, err := d.source.List()
	if err != nil {
		<-d.lock
		return nil, err
	}
	v := &view{drop: d, list: list}
	v.reset()
	return v, nil
}

// view is a maildrop as one session sees it: the numbers stay the same to the
// end, and deletions are marks until the session commits them.
type view struct {
	drop   *Maildrop
	list   maildrop.List
	gone   []uint64 // one bit per message, nil while nothing is marked
	count  int
	octets int64
}

// reset takes all marks away.
func (v *view) reset() {
	v.gone, v.count, v.octets = nil, v.list.Len(), v.list.Octets()
}

// deleted tells of a message that exists, by its number.
func (v *view) deleted(n int) bool {
	i := n - 1
	return v.gone != nil && v.gone[i/64]&(1<<(i%64)) != 0
}

func (v *view) delete(n int) {
	if v.gone == nil {
		v.gone = make([]uint64, (v.list.Len()+63)/64)
	}
	i := n - 1
	v.gone[i/64] |= 1 << (i % 64)
	v.count--
	v.octets -= v.list.At(i).Size()
}

// commit deletes what is marked, for good.
func (v *view) commit() error {
	if v.gone == nil {
		return nil
	}
	uids := make([]string, 0, v.list.Len()-v.count)
	for n := 1; n <= v.list.Len(); n++ {
		if v.deleted(n) {
			uids = append(uids, v.list.At(n-1).UID())
		}
	}
	return v.drop.source.Remove(uids)
}

// release unlocks the maildrop; v must not be used afterwards.
func (v *view) release() { <-v.drop.lock }
