package servermtm

import (
	"context"

	"pop3mtm/mtm/store"
)

// pay clears what is owed to a get whose arrivals have entries, and to a move whose deletes the
// server has carried out, when the session ends.
func (s *Session) pay(b *store.Batch) {
	paid := s.settled || s.moving && !s.owing
	if paid && (s.left || !s.moving) {
		b.DropFact(s.box.Service, store.FactGetAsked)
	}
}

// remember stores what the session has learned about the server, when it ends.
func (s *Session) remember(b *store.Batch) {
	s.pay(b)
	if s.line.wire.SizesAreEstimates() && s.server.facts[store.FactSizesEstimate] == 0 {
		b.SetFact(s.box.Service, store.FactSizesEstimate, 1)
	}
}

// recall reads what earlier sessions learned about the server, and what is owed.
func (s *Session) recall(ctx context.Context, asked *Asked) (err error) {
	s.server.facts, err = s.box.Store.Facts(ctx, s.box.Service)
	s.server.reused = s.server.facts[store.FactReusesIDs] > 0
	if s.server.facts[store.FactSizesEstimate] > 0 {
		s.line.wire.DoubtSizes()
	}
	s.server.topless = s.server.facts[store.FactNoTop] == closesAtTop && !s.line.wire.Capabilities().Has("TOP")
	s.owed.recall(s.server.facts, asked)
	return err
}

// markSelected marks the selected entries as asked for.
func (s *Session) markSelected(ctx context.Context, b *store.Batch, asked *Asked) error {
	if asked == nil || len(asked.Selection) == 0 {
		return nil
	}
	waits, err := s.box.queue(ctx)
	if err != nil {
		return err
	}
	wanted, err := s.box.pick(ctx, asked.Choice, waits, func(store.ID) (int, bool) { return 0, true })
	b.SetFlags(idsOf(wanted), asked.flag(), 0)
	return err
}
