package servermtm

import (
	"context"

	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// Delete deletes messages on the server, and their entries. The entry of a message that the server
// refuses to delete stays, and the Fault lists the message (behaviour section 0).
func (s *Session) Delete(ctx context.Context, meter *progress.Meter, messages []store.ID) (Result, error) {
	meter.Enter(progress.Deleting)
	s.skip = nil
	w := s.work(meter)
	err := w.persist(ctx, nil, func() error {
		wanted, err := w.choose(ctx, Choice{Selection: append([]store.ID{}, messages...)})
		if err != nil {
			return err
		}
		// In the order of the selection (behaviour section 5).
		inOrder(wanted, messages)
		meter.Update(func(p *progress.Snapshot) {
			p.TotalMessages, p.MessagesToProcess = len(wanted), len(wanted)
		})
		return w.delete(ctx, wanted)
	})
	return w.end(ctx, "deleting messages", err)
}
