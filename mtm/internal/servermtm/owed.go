package servermtm

import "pop3mtm/mtm/store"

// What a command asks for is remembered before the first message is fetched, and until it is here:
// with the message's entry, by the flags Pending and PendingPopulate; with the account, by a fact,
// while messages have no entry. No other visit, command or program takes it back, and no kill.

// owed is up to which size messages without an entry are asked for, by the command in hand or by
// one that did not finish.
type owed struct {
	get, populate limit
}

// recall takes in what earlier commands left, and what the caller asks for.
func (o *owed) recall(facts map[store.Fact]int64, asked *Asked) {
	if size, left := facts[store.FactGetAsked]; left {
		o.get.widen(size)
	}
	if size, left := facts[store.FactPopulateAsked]; left {
		o.populate.widen(size)
	}
	if asked == nil || asked.Selection != nil {
		return // what is selected has an entry
	}
	if asked.Populate {
		o.populate.widen(asked.MaxSize)
	} else {
		o.get.widen(asked.MaxSize)
	}
}

// flags are those that the entry of a message gets which had none.
func (o *owed) flags(size int64) (f store.Flags) {
	if o.get.fits(size) {
		f = store.Pending
	}
	if o.populate.fits(size) {
		f |= store.PendingPopulate
	}
	return f
}

// remember writes what is owed in a batch.
func (o *owed) remember(b *store.Batch, service store.ID) {
	for fact, l := range map[store.Fact]limit{store.FactGetAsked: o.get, store.FactPopulateAsked: o.populate} {
		if l.asked {
			b.SetFact(service, fact, l.size)
		}
	}
}

// limit is the largest size of messages that are asked for: nothing is as long as it is
// not asked, 0 is any size.
type limit struct {
	asked bool
	size  int64
}

// widen takes in that messages up to a size are asked for too.
func (l *limit) widen(size int64) {
	if l.asked && (l.size == 0 || size != 0 && size < l.size) {
		return
	}
	l.asked, l.size = true, size
}

func (l limit) fits(size int64) bool { return l.asked && (l.size <= 0 || size <= l.size) }
