package fakeserver

import (
	"errors"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"pop3mtm/fakeserver/maildrop"
)

// Maildrop is one mailbox: a source of mail, and the exclusive lock that a session holds from
// login to its end (RFC 1939 section 4).
type Maildrop struct {
	source maildrop.Source
	each   bool                 // every session has the mail for itself; see PerSession
	lock   chan struct{}        // full while a session holds the maildrop
	seen   map[string]time.Time // when a session first saw a message, for Expire; guarded by mu

	news    signal       // changes of the mail
	renewed atomic.Int64 // how often Refresh was called
	mu      sync.Mutex
	held    time.Time // the maildrop stays locked until then
}

// NewMaildrop returns a maildrop with messages in memory.
func NewMaildrop(messages ...maildrop.Message) *Maildrop {
	return MaildropOf(maildrop.Memory(messages...))
}

// MaildropOf returns a maildrop with the mail of any source. A source belongs to one maildrop.
func MaildropOf(source maildrop.Source) *Maildrop {
	return &Maildrop{source: source, lock: make(chan struct{}, 1)}
}

// PerSession returns a maildrop with the mail of any source that each session has for itself: any
// number of sessions are open at once, and what one deletes is gone until it ends. The source stays
// as it is. So any of several servers can serve any session of a user.
func PerSession(source maildrop.Source) *Maildrop {
	d := MaildropOf(source)
	d.each = true
	return d
}

// Messages returns the current messages in order, including those that an open session has
// marked as deleted. It returns nil when the source cannot be read.
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

// MessagesFrom returns the current messages after the first n.
func (d *Maildrop) MessagesFrom(n int) []maildrop.Message {
	list, err := d.source.List()
	if err != nil {
		return nil
	}
	var kept []maildrop.Message
	for i := n; i < list.Len(); i++ {
		kept = append(kept, list.At(i))
	}
	return kept
}

// List returns the current mail as a snapshot.
func (d *Maildrop) List() (maildrop.List, error) { return d.source.List() }

// Count returns the number of messages and the sum of their sizes; 0 when the
// source cannot be read.
func (d *Maildrop) Count() (messages int, octets int64) {
	list, err := d.source.List()
	if err != nil {
		return 0, 0
	}
	return list.Len(), list.Octets()
}

// Changeable reports whether Deliver and Change work: the mail is in memory.
func (d *Maildrop) Changeable() bool {
	_, ok := d.source.(changer)
	return ok
}

// changer is a source in memory.
type changer interface {
	Change(change func([]maildrop.Message) []maildrop.Message) error
}

// UIDs returns the unique-ids of Messages.
func (d *Maildrop) UIDs() []string {
	kept := d.Messages()
	uids := make([]string, len(kept))
	for i, m := range kept {
		uids[i] = m.UID()
	}
	return uids
}

// Deliver adds mail. Open sessions do not see it. It fails when the source cannot receive mail.
func (d *Maildrop) Deliver(messages ...maildrop.Message) error {
	r, ok := d.source.(maildrop.Receiver)
	if !ok {
		return errors.New("cannot deliver mail: only a maildrop in memory can receive it")
	}
	defer d.news.tell()
	return r.Deliver(messages...)
}

// Refresh makes open sessions see the mail as it is now, from their next command on: message
// numbers may then stand for other messages. Without it a session sees its mail as it was at login.
func (d *Maildrop) Refresh() { d.renewed.Add(1) }

// Remove removes the messages with these unique-ids. An open session that has listed them may
// still serve those in memory.
func (d *Maildrop) Remove(uids ...string) error {
	defer d.news.tell()
	return d.source.Remove(uids)
}

// Change applies changes to the mail; each is atomic. It fails when the source is not in memory.
func (d *Maildrop) Change(changes ...Change) error {
	m, ok := d.source.(changer)
	if !ok {
		return errors.New("cannot change the mail: only a maildrop in memory can be changed")
	}
	defer d.news.tell()
	for _, change := range changes {
		if err := m.Change(change); err != nil {
			return err
		}
	}
	return nil
}

// hold keeps the maildrop locked until a time, after its session has released it.
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

// Locked reports whether a session holds the maildrop.
func (d *Maildrop) Locked() bool { return len(d.lock) > 0 }

// take locks the maildrop, and reports whether it could.
func (d *Maildrop) take(wait time.Duration, quit <-chan struct{}) bool {
	select {
	case d.lock <- struct{}{}:
		return true
	default:
	}
	if wait <= 0 {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case d.lock <- struct{}{}:
		return true
	case <-quit:
	case <-timer.C:
	}
	return false
}

// current returns the mail in the maildrop, and removes expired messages first.
func (d *Maildrop) current(o *Options) (maildrop.List, error) {
	if d.isHeld(o.Now()) {
		return nil, errInUse
	}
	list, err := d.source.List()
	if err != nil || o.Expire <= 0 || d.each {
		return list, err
	}
	if err := d.expire(list, o.Expire, o.Now()); err != nil {
		return nil, err
	}
	return d.source.List()
}

// sight returns the list that one session sees.
type sight func(maildrop.List) maildrop.List

var errInUse = errors.New("maildrop is in use")

// open locks the maildrop, unless sessions share it, and returns its mail as changed by see. While
// another session holds the lock it waits, for at most LockWait and until quit is closed.
func (d *Maildrop) open(o *Options, quit <-chan struct{}, see sight) (*view, error) {
	shared := o.Shared || d.each
	if !shared && !d.take(o.LockWait, quit) {
		return nil, errInUse
	}
	list, err := d.current(o)
	if err != nil {
		if !shared {
			<-d.lock
		}
		return nil, err
	}
	v := &view{drop: d, list: see(list), shared: shared, renewed: d.renewed.Load()}
	v.reset()
	return v, nil
}

// view is a maildrop as one session sees it. Message numbers stay the same to the end, and
// deletions are marks until the session commits them.
type view struct {
	drop    *Maildrop
	shared  bool // the maildrop is not locked
	list    maildrop.List
	gone    maildrop.Positions // marked as deleted; counted from 0, like read
	read    maildrop.Positions // sent by RETR; recorded only when it matters
	count   int
	octets  int64
	renewed int64 // that of the maildrop when the list was made
}

// reset removes all deletion marks.
func (v *view) reset() {
	v.gone, v.count, v.octets = maildrop.Positions{}, v.list.Len(), v.list.Octets()
}

// deleted reports whether message n, which must exist, is marked as deleted.
func (v *view) deleted(n int) bool { return v.gone.Has(n - 1) }

func (v *view) delete(n int) {
	if v.gone.Add(n - 1) {
		v.count--
		v.octets -= v.list.At(n - 1).Size()
	}
}

// uids returns the unique-ids, in the maildrop, of the messages at these positions.
func (v *view) uids(at iter.Seq[int]) []string {
	var uids []string
	for i := range at {
		uids = append(uids, behind(v.list.At(i)).UID())
	}
	return uids
}

// commit permanently deletes the messages that deletes selects; nil means DeleteMarked.
func (v *view) commit(deletes func(Leaving) bool, quit bool) error {
	if deletes != nil {
		return v.remove(func(yield func(int) bool) {
			for i := range v.list.Len() {
				if deletes(Leaving{Message: v.list.At(i), Marked: v.gone.Has(i), Read: v.read.Has(i), Quit: quit}) && !yield(i) {
					return
				}
			}
		})
	}
	if v.gone.Len() == 0 || !quit {
		return nil
	}
	return v.remove(v.gone.All())
}

// remove removes the messages at these positions from the source.
func (v *view) remove(at iter.Seq[int]) error {
	if v.drop.each {
		return nil
	}
	defer v.drop.news.tell()
	if source, ok := v.drop.source.(maildrop.PositionRemover); ok {
		if err := source.RemoveAt(v.list, at); !errors.Is(err, maildrop.ErrOtherList) {
			return err
		}
	}
	uids := v.uids(at)
	if uids == nil {
		return nil
	}
	return v.drop.source.Remove(uids)
}

// refresh reloads the view if Maildrop.Refresh was called.
func (v *view) refresh(see sight) error {
	renewed := v.drop.renewed.Load()
	if renewed == v.renewed {
		return nil
	}
	v.renewed = renewed
	return v.reload(see)
}

// reload updates the view to the current mail of the maildrop.
func (v *view) reload(see sight) error {
	list, err := v.drop.source.List()
	if err != nil {
		return err
	}
	marked, read := v.uids(v.gone.All()), v.uids(v.read.All())
	v.list, v.read = see(list), maildrop.Positions{}
	v.reset()
	for n := 1; n <= v.list.Len(); n++ {
		uid := behind(v.list.At(n - 1)).UID()
		if slices.Contains(marked, uid) {
			v.delete(n)
		}
		if slices.Contains(read, uid) {
			v.read.Add(n - 1)
		}
	}
	return nil
}

// release unlocks the maildrop; v must not be used afterwards.
func (v *view) release() {
	if source, ok := v.drop.source.(maildrop.Changing); ok && !v.drop.each {
		source.SessionEnded()
	}
	if !v.shared {
		<-v.drop.lock
	}
}
