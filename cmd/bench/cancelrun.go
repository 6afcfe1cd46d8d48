package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"time"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// canceller cancels copies of one mailbox into one store.
type canceller struct {
	box    *mtm.Client
	store  *store.Store
	id     store.ID
	served maildrop.List
}

// run starts the server, a process of its own, and cancels copies from it in this one.
func (x *cancel) run(ctx context.Context, stderr io.Writer) (_ *stops, err error) {
	dir, err := os.MkdirTemp(x.dir, "bench-cancel-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	spec := serverSpec{Name: simulatorName}
	server, err := spec.begin(ctx, &x.box, 1, dir, "", func(serverCounts) {})
	if err != nil {
		return nil, err
	}
	defer func() {
		_, ended := server.stop()
		err = errors.Join(err, server.said.explain(ctx, "the server", ended))
	}()
	served, err := x.box.list()
	if err != nil {
		return nil, err
	}
	if err = new(ours).prepare(ctx, server.login, dir, job{}); err != nil {
		return nil, err
	}
	st, err := store.Open(storeIn(dir), &store.Options{MustExist: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	a, err := mtm.FindAccount(ctx, st, accountName)
	if err != nil {
		return nil, err
	}
	box, err := mtm.Open(st, a.ID, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, box.Close()) }()
	return x.cancelAll(ctx, &canceller{box, st, a.ID, served}, stderr)
}

func (x *cancel) cancelAll(ctx context.Context, r *canceller, stderr io.Writer) (*stops, error) {
	bar := cli.NewBar(stderr, "cancelling", cli.Steps, int64(x.cancels))
	defer bar.Close()
	found := &stops{Benchmark: "cancel", Machine: thisMachine(), Mailbox: x.box}
	random := rand.New(rand.NewPCG(x.box.Seed, 0))
	for len(found.Cancels) < x.cancels {
		// Further back a copy may end before it can be cancelled.
		position := 1 + random.IntN(max(1, x.box.Messages*9/10))
		c, err := r.once(ctx, position)
		switch {
		case errors.Is(err, errFinished):
			if found.Finished++; found.Finished > 10+x.cancels {
				return nil, errors.New("the copies end before they can be cancelled: take more --messages")
			}
			continue
		case ctx.Err() != nil && len(found.Cancels) > 0:
			found.Stopped = part(len(found.Cancels), x.cancels, "cancel")
			found.conclude()
			return found, context.Cause(ctx)
		case err != nil:
			return nil, fmt.Errorf("cancel at message %d: %w", position, err)
		}
		found.Cancels = append(found.Cancels, c)
		bar.Set(int64(len(found.Cancels)), int64(x.cancels))
	}
	found.conclude()
	return found, nil
}

var errFinished = errors.New("the copy had ended")

// once cancels a copy into a new folder, and lets the next one do the rest.
func (r *canceller) once(ctx context.Context, position int) (s stopped, err error) {
	folder := store.Entry{Parent: store.Local, Service: store.Local, Type: store.TypeFolder, Name: "cancelled"}
	b := r.store.NewBatch()
	b.Add(&folder)
	if err = b.Commit(ctx); err != nil {
		return s, err
	}
	if err = r.connect(ctx); err != nil {
		return s, err
	}
	command := mtm.GetMail{Which: mtm.All, Into: folder.ID}
	s, err = r.stop(ctx, command, position)
	if err != nil && !errors.Is(err, errFinished) {
		return s, err
	}
	if err == nil {
		err = errors.Join(r.verify(ctx, folder.ID, s.Stored), r.rest(ctx, command, s.Stored))
	} else {
		err = errors.Join(err, r.box.InvokeSync(ctx, mtm.Disconnect{}))
	}
	b = r.store.NewBatch()
	b.Delete(folder.ID)
	failed := b.Commit(ctx)
	if failed == nil {
		_, failed = r.store.Reclaim(ctx)
	}
	return s, errors.Join(err, failed)
}

// connect logs in; the server may not have noticed yet that the last line was dropped.
func (r *canceller) connect(ctx context.Context) error {
	for try := 0; ; try++ {
		err := r.box.InvokeSync(ctx, mtm.Connect{})
		if !errors.Is(err, mtm.ErrInUse) || try == 50 {
			return err
		}
	}
}

// stop runs the command until its progress has come to the position, and cancels it.
func (r *canceller) stop(ctx context.Context, command mtm.Command, position int) (s stopped, err error) {
	op, err := r.box.InvokeAsync(ctx, command)
	if err != nil {
		return s, err
	}
	for range op.Changed() {
		p := op.Progress()
		if done := p.TotalMessages - p.MessagesToProcess; p.SubPhase == progress.Copying && p.TotalMessages > 0 && done >= position {
			s.Position = done
			break
		}
	}
	began := time.Now()
	op.Cancel()
	err = op.Wait()
	s.Seconds = time.Since(began).Seconds()
	s.Stored = len(op.Result().Messages)
	switch {
	case err == nil:
		return s, errFinished
	case ctx.Err() != nil:
		return s, context.Cause(ctx)
	case !errors.Is(err, mtm.ErrCancelled):
		return s, err
	case r.box.Connected():
		return s, errors.New("the line was not dropped")
	}
	return s, nil
}

// verify checks the store, and that the folder holds the first messages and nothing else.
func (r *canceller) verify(ctx context.Context, folder store.ID, stored int) error {
	first := firstOf{r.served, stored}
	return verifyEntries(ctx, r.store, folder, &judge{served: first, find: inOrder(first)})
}

// rest fetches what is missing: no more, no less. The server has all messages still.
func (r *canceller) rest(ctx context.Context, command mtm.GetMail, stored int) error {
	if err := r.connect(ctx); err != nil {
		return err
	}
	account, err := r.store.Entry(ctx, r.id)
	if err != nil {
		return err
	}
	if account.RemoteCount != r.served.Len() {
		return fmt.Errorf("the server holds %d messages, it was to keep %d", account.RemoteCount, r.served.Len())
	}
	op, err := r.box.InvokeAsync(ctx, command)
	if err == nil {
		err = op.Wait()
	}
	if err != nil {
		return err
	}
	got := op.Result()
	if got.AlreadyThere != stored || len(got.Messages) != r.served.Len()-stored {
		return fmt.Errorf("%d messages were here, and the next copy found %d and fetched %d", stored, got.AlreadyThere, len(got.Messages))
	}
	if err := r.box.InvokeSync(ctx, mtm.Disconnect{}); err != nil {
		return err
	}
	return r.verify(ctx, command.Into, r.served.Len())
}

// firstOf is the beginning of a list.
type firstOf struct {
	maildrop.List
	n int
}

func (f firstOf) Len() int { return f.n }

func (f firstOf) Octets() int64 {
	sum := int64(0)
	for i := range f.n {
		sum += f.At(i).Size()
	}
	return sum
}
