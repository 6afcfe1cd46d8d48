package servermtm

import (
	"context"
	"errors"

	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// Quit ends the session: it sends the queued deletes and QUIT, at which the server carries out all
// deletes (RFC 1939 section 6). Queued deletes and their entries stay until the server has answered
// QUIT, so that the next refresh can settle them. A refusal of QUIT is not a failure (behaviour
// section 7); the result has it if messages were to be deleted. The session cannot be used after
// Quit, whatever it returns.
func (s *Session) Quit(ctx context.Context, meter *progress.Meter) (Result, error) {
	result, left := s.leave(ctx, meter)
	return result, errors.Join(left, s.Drop())
}

// leave sends the queued deletes and QUIT. When a message breaks the connection it makes another
// one. With ways it repeats this until the server has answered QUIT, or nothing is left to delete.
func (s *Session) leave(ctx context.Context, meter *progress.Meter) (Result, error) {
	w := s.work(meter)
	for {
		var gone []store.ID
		err := w.persist(ctx, nil, func() (err error) {
			gone, err = w.deleteQueued(ctx)
			return err
		})
		_, deleted := w.end(ctx, "deleting queued messages", err)
		if s.Lost() {
			return w.result, deleted
		}
		meter.Enter(progress.Disconnecting)
		err = s.line.wire.Quit(ctx)
		s.left = err == nil
		if !s.resumable(ctx, err) {
			err = w.left(ctx, gone, err)
			return w.result, errors.Join(deleted, fail(ctx, "disconnecting", symbian.ErrServer, err))
		}
		if len(gone) == 0 { // without deletes nothing is lost
			return w.result, deleted
		}
		if err = s.reconnect(ctx, err, 0, nil); err != nil {
			return w.result, errors.Join(deleted, err)
		}
		for _, id := range gone {
			if _, listed := s.view.numbers.of(id); !listed { // the server carried out QUIT, but its reply was lost
				w.result.Deleted++
			}
		}
	}
}

// left records the reply to QUIT.
func (w *work) left(ctx context.Context, gone []store.ID, err error) error {
	if _, refused := errors.AsType[*pop3.ReplyError](err); refused {
		if len(gone) > 0 || w.session.deleted > 0 { // RFC 1939 section 6: some messages may be left
			w.result.QuitRefused = err
		}
		return nil
	}
	if err != nil || len(gone) == 0 {
		return err
	}
	w.result.Deleted += len(gone)
	return w.session.forget(ctx, gone)
}

// Drop closes the connection without QUIT, so that the server forgets the deletes. It hides the
// mailbox's entries unless the account is in disconnected mode (behaviour section 4), and releases
// the mailbox, even after an error.
func (s *Session) Drop() (err error) {
	if s.line.wire != nil {
		// An error of closing the connection does not matter.
		_ = s.line.wire.Close()
	}
	if s.marked {
		err = s.box.markDisconnected(context.Background(), s.remember)
	}
	return fail(context.Background(), "disconnecting", symbian.ErrUnknown, errors.Join(err, s.held.Release()))
}
