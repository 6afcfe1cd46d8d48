package servermtm

import (
	"context"

	"pop3mtm/mtm/store"
)

// What a command asks for is remembered before the first message is fetched, and until it is here: with the message's entry,
// by the flags Pending and PendingPopulate; with the account, by a fact, while messages have no entry. No other visit, command
// or program takes it back, and no kill.

// Asked is what the caller of Connect asks for right after it.
type Asked struct {
	Choice
	Into     store.ID // the folder of a transfer
	Populate bool     // it is a populate
}

// flag marks an entry as asked for.
func (a *Asked) flag() store.Flags {
	if a.Populate {
		return store.PendingPopulate
	}
	return store.Pending
}

// owed is up to which size messages without an entry are asked for, by the command in hand or by one that did not finish.
type owed struct {
	get, populate limit
}

// limit is the largest size of messages that are asked for: nothing is as long as it is not asked, 0 is any size.
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

// pay ends what is owed once all messages have entries, which bear the flags; of a get that takes arrivals that is later.
func (r *refresh) pay(b *store.Batch, arrivals, failed int) {
	if failed > 0 {
		return
	}
	if r.owed.populate.asked {
		b.DropFact(r.Service, store.FactPopulateAsked)
	}
	switch {
	case !r.owed.get.asked:
	case arrivals == 0:
		b.DropFact(r.Service, store.FactGetAsked)
	case r.owed.get.size != r.asked.MaxSize:
		b.SetFact(r.Service, store.FactGetAsked, r.asked.MaxSize)
	}
}

// payArrivals ends what is owed to a get whose arrivals have entries, when the session ends.
func (s *Session) payArrivals(b *store.Batch) {
	if s.settled {
		b.DropFact(s.Service, store.FactGetAsked)
	}
}

// remember keeps what the session has learned of the server, when it ends.
func (s *Session) remember(b *store.Batch) {
	s.payArrivals(b)
	if s.wire.SizesAreEstimates() && s.facts[store.FactSizesEstimate] == 0 {
		b.SetFact(s.Service, store.FactSizesEstimate, 1)
	}
}

// recall reads what is remembered of the server, and what is owed.
func (s *Session) recall(ctx context.Context, asked *Asked) (err error) {
	s.facts, err = s.Store.Facts(ctx, s.Service)
	s.reused = s.facts[store.FactReusesIDs] > 0
	if s.facts[store.FactSizesEstimate] > 0 {
		s.wire.DoubtSizes()
	}
	s.topless = s.facts[store.FactNoTop] == closesAtTop && !s.wire.Capabilities().Has("TOP")
	s.owed.recall(s.facts, asked)
	return err
}

// markSelected marks the entries that are selected.
func (s *Session) markSelected(ctx context.Context, b *store.Batch, asked *Asked) error {
	if asked == nil || len(asked.Selection) == 0 {
		return nil
	}
	waits, err := s.queue(ctx)
	if err != nil {
		return err
	}
	wanted, err := s.pick(ctx, asked.Choice, waits, func(store.ID) (int, bool) { return 0, true })
	b.SetFlags(idsOf(wanted), asked.flag(), 0)
	return err
}
