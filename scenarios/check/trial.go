package check

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/scenarios/check/process"
)

// trial is a case that a client is playing.
type trial struct {
	e      *evidence
	stage  *stage
	client Client
	dir    string
	idle   Waiting
	cancel context.CancelCauseFunc // of the current visit
	over   chan struct{}           // closed when the current visit has ended
}

// trial starts the server of a case, and the client in a directory of its own.
func (r *Runner) trial(c *Case, l *Learned) (*trial, error) {
	s, err := c.open(l, r.keys, r.caFile, placeOf(r.Drive))
	if err != nil {
		return nil, err
	}
	t := &trial{e: &evidence{c: c, mode: l.Mode, learned: l}, stage: s, idle: patient}
	if t.dir, err = r.folder(c.ID); err == nil {
		t.client, err = r.Drive.Start(t.dir, s.endpoint)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("case %s: %w", c.ID, err), t.close())
	}
	if c.kill != nil {
		t.arm(c.kill)
	}
	return t, nil
}

// arm sets up the server to kill the client at the reply to a command: the command has taken
// effect, and the reply is not sent.
func (t *trial) arm(k *killing) {
	m := fakeserver.Match{Verb: k.verb, Nth: max(k.nth, 1)}
	t.stage.play.On(m, fakeserver.Auto.After(func(*fakeserver.Exchange) error {
		t.cancel(process.ErrKilled)
		select {
		case <-t.over:
		case <-time.After(10 * time.Second): // the client is no process
		}
		return nil
	}).With(edit.TakeEffect(), edit.CutAfter(0, edit.Reset))).Once().Must()
}

// visit lets the client fetch its mail once, and records what was seen.
func (t *trial) visit(ctx context.Context) process.Ending {
	ctx, t.cancel = context.WithCancelCause(ctx)
	defer t.cancel(nil)
	t.over = make(chan struct{})
	t.e.there = t.stage.there()
	if person, ok := t.client.(interface{ shows(mail []mailSeen) }); ok {
		person.shows(t.stage.seen())
	}
	end := t.client.Visit(ctx, t.stage.line.state, t.idle)
	close(t.over)
	t.stage.settled()
	e := t.e
	e.endings = append(e.endings, end)
	e.exercised = t.stage.exercised(e.c)
	e.sessions, e.mail, e.uids, e.left = t.stage.evidence()
	return end
}

// play lets the client make all its visits.
func (t *trial) play(ctx context.Context) error {
	for range max(t.e.c.Visits, 1) {
		end := t.visit(ctx)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if end.Err != nil {
			return end.Err
		}
		found, err := t.client.Stored()
		if err != nil {
			return err
		}
		t.e.stored = found
		t.e.missing = append(t.e.missing, t.e.unstored())
		t.e.claim(end)
		if end.Hung != "" {
			break // another visit would hang as long
		}
	}
	return nil
}

// close ends client and server, and removes the directory.
func (t *trial) close() error {
	var err error
	if t.client != nil {
		err = t.client.Close()
	}
	err = errors.Join(err, t.stage.close())
	if t.dir != "" {
		err = errors.Join(err, os.RemoveAll(t.dir))
	}
	return err
}
