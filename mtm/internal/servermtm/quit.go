package servermtm

import (
	"context"
	"errors"

	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// Quit ends the session properly: the deletes that wait are sent, and the server carries out all
// (RFC 1939 section 6). Only when it has said so are the queued ones done: until then their entries
// stay and they wait, and the next refresh knows. A refusal of QUIT is no failure (behaviour
// section 7), and the result has it when something was to be deleted. The session cannot be used
// after it, whatever it returns.
func (s *Session) Quit(ctx context.Context, meter *progress.Meter) (Result, error) {
	result, left := s.leave(ctx, meter)
	return result, errors.Join(left, s.Drop())
}

// leave sends the deletes that wait, and QUIT. A message that breaks the connection
// meanwhile costs another one. With ways it does so until the server has answered QUIT, or
// nothing is left to delete.
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
		if !s.resumable(ctx, err) {
			err = w.left(ctx, gone, err)
			return w.result, errors.Join(deleted, fail(ctx, "disconnecting", symbian.ErrServer, err))
		}
		if len(gone) == 0 { // nothing is lost with it
			return w.result, deleted
		}
		if err = s.reconnect(ctx, err, 0, nil); err != nil {
			return w.result, errors.Join(deleted, err)
		}
		for _, id := range gone {
			if _, listed := s.view.numbers.of(id); !listed { // QUIT was obeyed, and its answer lost
				w.result.Deleted++
			}
		}
	}
}

// left takes note of the answer to QUIT.
func (w *work) left(ctx context.Context, gone []store.ID, err error) error {
	if _, refused := errors.AsType[*pop3.ReplyError](err); refused {
		if len(gone) > 0 || w.session.deleted > 0 { // RFC 1939 section 6: some of that may be left
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

// Drop closes the line without QUIT, so that the server forgets our deletes, hides the mailbox's
// entries unless the account is in disconnected mode (behaviour section 4), and gives the mailbox
// back, whatever goes wrong before.
func (s *Session) Drop() (err error) {
	if s.line.wire != nil {
		// What closing a line says does not matter any more.
		_ = s.line.wire.Close()
	}
	if s.marked {
		err = s.box.markDisconnected(context.Background(), s.remember)
	}
	return fail(context.Background(), "disconnecting", symbian.ErrUnknown, errors.Join(err, s.held.Release()))
}
