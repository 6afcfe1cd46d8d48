package servermtm

import "pop3mtm/mtm/store"

// What a command asks for is stored before the first message is fetched, and stays stored until the
// message is, or for a move until QUIT is answered: in the message's entry, as the flags Pending
// and PendingPopulate, or in the account, as a fact, while messages have no entry. No other visit,
// command, program or kill loses it.

// owed holds up to which size messages without an entry are asked for, by the current command or by
// one that did not finish.
type owed struct {
	get, populate limit
}

// recall sets what earlier commands left, and adds what the caller asks for.
func (o *owed) recall(facts map[store.Fact]int64, asked *Asked) {
	if size, left := facts[store.FactGetAsked]; left {
		o.get.widen(size)
	}
	if size, left := facts[store.FactPopulateAsked]; left {
		o.populate.widen(size)
	}
	if asked == nil || asked.Selection != nil {
		return // selected messages have entries
	}
	if asked.Populate {
		o.populate.widen(asked.MaxSize)
	} else {
		o.get.widen(asked.MaxSize)
	}
}

// flags returns the flags for the new entry of a message of this size.
func (o *owed) flags(size int64) (f store.Flags) {
	if o.get.fits(size) {
		f = store.Pending
	}
	if o.populate.fits(size) {
		f |= store.PendingPopulate
	}
	return f
}

// remember records the limits of a get and a populate that are not finished, as part of a batch.
func (o *owed) remember(b *store.Batch, service store.ID) {
	for fact, l := range map[store.Fact]limit{store.FactGetAsked: o.get, store.FactPopulateAsked: o.populate} {
		if l.asked {
			b.SetFact(service, fact, l.size)
		}
	}
}

// limit is the largest size of messages that are asked for; 0 means any size. Unless
// asked is true, none are.
type limit struct {
	asked bool
	size  int64
}

// widen includes messages up to a size.
func (l *limit) widen(size int64) {
	if l.asked && (l.size == 0 || size != 0 && size < l.size) {
		return
	}
	l.asked, l.size = true, size
}

func (l limit) fits(size int64) bool { return l.asked && (l.size <= 0 || size <= l.size) }
