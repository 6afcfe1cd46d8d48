package fakeserver

import (
	"errors"
	"slices"
	"sync"
	"time"

	"pop3mtm/fakeserver/maildrop"
)

// Maildrop is one mailbox: a source of mail and the exclusive lock that a
// session holds from login to its end (RFC 1939 section 4).
type Maildrop struct {
	source maildrop.Source
	lock   chan struct{} // full while a session holds the maildrop

	mu   sync.Mutex
	held time.Time // it stays locked until then
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

// Change changes the mail, as one step when there is one change. It is an error
// when the source is not in memory.
func (d *Maildrop) Change(changes ...Change) error {
	m, ok := d.source.(interface {
		Change(change func([]maildrop.Message) []maildrop.Message) error
	})
	if !ok {
		return errors.New("this maildrop cannot be changed: only one in memory can")
	}
	for _, change := range changes {
		if err := m.Change(change); err != nil {
			return err
		}
	}
	return nil
}

// hold keeps the maildrop locked until a time, when nobody has it any more.
func (d *Maildrop) hold(until time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.held = until
}

func (d *Maildrop) isHeld(now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return now.Before(d.held)
}

// Locked tells whether a session holds the maildrop.
func (d *Maildrop) Locked() bool { return len(d.lock) > 0 }

// sight is what becomes of a list for one session.
type sight func(maildrop.List) maildrop.List

var errInUse = errors.New("maildrop is in use")

// open locks the maildrop and lists its mail as see shows it. It waits at most for wait, or
// until quit is closed, when another session has it.
func (d *Maildrop) open(wait time.Duration, quit <-chan struct{}, now func() time.Time, see sight) (*view, error) {
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
	if d.isHeld(now()) {
		<-d.lock
		return nil, errInUse
	}
	list, err := d.source.List()
	if err != nil {
		<-d.lock
		return nil, err
	}
	v := &view{drop: d, list: see(list)}
	v.reset()
	return v, nil
}

// view is a maildrop as one session sees it: the numbers stay the same to the
// end, and deletions are marks until the session commits them.
type view struct {
	drop   *Maildrop
	list   maildrop.List
	gone   bits // marked as deleted
	read   bits // sent by RETR; kept only when that makes a difference
	count  int
	octets int64
}

// bits is one bit per message, nil while none is set.
type bits []uint64

func (b bits) has(n int) bool { return b != nil && b[(n-1)/64]&(1<<((n-1)%64)) != 0 }

func (b *bits) set(n, of int) {
	if *b == nil {
		*b = make(bits, (of+63)/64)
	}
	(*b)[(n-1)/64] |= 1 << ((n - 1) % 64)
}

// reset takes all marks of deletion away.
func (v *view) reset() {
	v.gone, v.count, v.octets = nil, v.list.Len(), v.list.Octets()
}

// deleted tells of a message that exists, by its number.
func (v *view) deleted(n int) bool { return v.gone.has(n) }

func (v *view) delete(n int) {
	v.gone.set(n, v.list.Len())
	v.count--
	v.octets -= v.list.At(n - 1).Size()
}

// uids of the messages in the maildrop that are one of these.
func (v *view) uids(which func(n int) bool) []string {
	var uids []string
	for n := 1; n <= v.list.Len(); n++ {
		if which(n) {
			uids = append(uids, behind(v.list.At(n-1)).UID())
		}
	}
	return uids
}

// commit deletes what deletes says, for good; nil means DeleteMarked.
func (v *view) commit(deletes func(Leaving) bool, quit bool) error {
	if deletes == nil {
		if v.gone == nil || !quit {
			return nil
		}
		return v.drop.source.Remove(v.uids(v.deleted))
	}
	uids := v.uids(func(n int) bool {
		return deletes(Leaving{Message: v.list.At(n - 1), Marked: v.deleted(n), Read: v.read.has(n), Quit: quit})
	})
	if uids == nil {
		return nil
	}
	return v.drop.source.Remove(uids)
}

// reload shows the maildrop as it is now.
func (v *view) reload(see sight) error {
	list, err := v.drop.source.List()
	if err != nil {
		return err
	}
	marked, read := v.uids(v.gone.has), v.uids(v.read.has)
	v.list, v.read = see(list), nil
	v.reset()
	for n := 1; n <= v.list.Len(); n++ {
		uid := behind(v.list.At(n - 1)).UID()
		if slices.Contains(marked, uid) {
			v.delete(n)
		}
		if slices.Contains(read, uid) {
			v.read.set(n, v.list.Len())
		}
	}
	return nil
}

// release unlocks the maildrop; v must not be used afterwards.
func (v *view) release() { <-v.drop.lock }
