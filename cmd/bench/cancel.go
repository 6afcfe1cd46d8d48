package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/bench/internal/clients"
	"pop3mtm/cmd/bench/internal/harness"
	"pop3mtm/cmd/bench/internal/numbers"
	"pop3mtm/cmd/bench/internal/report"
	"pop3mtm/cmd/bench/internal/servers"
	"pop3mtm/cmd/bench/internal/tasks"
	"pop3mtm/cmd/bench/internal/verify"
	"pop3mtm/cmd/bench/internal/workload"
	"pop3mtm/cmd/internal/cli"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// cancel measures how fast a running copy stops.
type cancel struct {
	harness.Question
	cancels int
}

// CancelMode returns the mode that runs it.
func CancelMode() harness.Mode { return harness.Mode{Command: newCancel()} }

const mostCancels = 10_000

func newCancel() *cobra.Command {
	var x cancel
	c := &cobra.Command{
		Use:   "cancel",
		Short: "Cancel a running copy at many positions, and check what is stored",
		Long: `Cancel copies a mailbox with our MTM and cancels the copy at positions that follow from the seed. It measures the time from
Cancel until the operation ends: the connection is closed, and every whole message is safe on the disk. After each cancel it
checks the store, compares the stored messages with what was served, and the next copy must fetch exactly the rest. If not, the
bench ends with an error.`,
		Example: `  bench cancel
  bench cancel --messages 2000 --cancels 10 --seed 7 --json`,
	}
	x.Flags(c, 10_000, 8<<10, func() {
		c.Flags().IntVar(&x.cancels, "cancels", 50, "the number of copies to cancel")
		x.DirFlag(c)
	})
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := x.Question.Validate(c, x.validate); err != nil {
			return err
		}
		return harness.WithFolder(x.Dir, false, c.ErrOrStderr(), func(dir string) error {
			return x.withMailbox(c.Context(), dir, func(r *canceller) error {
				return x.Ask(c, r.found, x.cancels, "cancel", harness.Single{Name: "cancelling", Do: r.next})
			})
		})
	}
	return c
}

func (x *cancel) validate() error {
	if x.Box.Messages < 2 {
		return cli.Usage("--messages takes 2 or more: a copy of one message has no middle")
	}
	if x.cancels < 1 || x.cancels > mostCancels {
		return cli.Usage("--cancels takes 1 to %d, not %d", mostCancels, x.cancels)
	}
	return x.Room(3)
}

// stopped is the result of one cancel.
type stopped struct {
	Position int     `json:"position"` // the number of messages that the progress showed at the cancel
	Stored   int     `json:"stored"`   // the number of messages that were stored at the end
	Seconds  float64 `json:"seconds"`  // from Cancel to the end
}

// stops holds the results of the benchmark.
type stops struct {
	Benchmark string           `json:"benchmark"`
	Machine   report.Machine   `json:"machine"`
	Mailbox   workload.Mailbox `json:"mailbox"`
	Seconds   numbers.Spread   `json:"seconds"`
	Ninety    float64          `json:"seconds_90_percent"`
	Cancels   []stopped        `json:"cancels"`
	Finished  int              `json:"finished"`          // copies that ended before they were cancelled; not in the figures
	Stopped   string           `json:"stopped,omitempty"` // why the results are incomplete
}

// Empty implements answer.
func (s *stops) Empty() bool { return len(s.Cancels) == 0 }

// Stop implements answer.
func (s *stops) Stop(text string) { s.Stopped = text }

// Conclude implements answer.
func (s *stops) Conclude() {
	var seconds []float64
	for _, c := range s.Cancels {
		seconds = append(seconds, c.Seconds)
	}
	slices.Sort(seconds)
	s.Seconds, s.Ninety = numbers.SpreadOf(seconds), seconds[(len(seconds)*9+9)/10-1]
}

func (s *stops) Text(asJSON bool) ([]byte, error) {
	if asJSON {
		text, err := json.Marshal(s)
		return append(text, '\n'), err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s%s of a copy of %s of %s\n%s\n\n", numbers.Partly(s.Stopped), numbers.Count(len(s.Cancels), "cancel"), numbers.Count(s.Mailbox.Messages, "message"), s.Mailbox.Mail(), s.Machine)
	ms := func(f float64) string { return numbers.Short(f * 1e3) }
	numbers.Align(&b, []numbers.Heading{numbers.Over("", 1), numbers.Over("milliseconds", 4)}, [][]string{
		{"", "least", "median", "90 %", "most"},
		{"from Cancel to the end", ms(s.Seconds.Least), ms(s.Seconds.Median), ms(s.Ninety), ms(s.Seconds.Most)},
	})
	fmt.Fprintf(&b, "\nAfter each cancel the store had no problems and exactly the first messages, and the next copy fetched the rest.\n")
	return b.Bytes(), nil
}

// canceller cancels copies of one mailbox to one store.
type canceller struct {
	box    *mtm.Client
	store  *store.Store
	id     store.ID
	served maildrop.List
	random *rand.Rand
	found  *stops
}

// withMailbox starts a server process and opens a store in this process, while f runs.
func (x *cancel) withMailbox(ctx context.Context, dir string, f func(*canceller) error) (err error) {
	spec := servers.Spec{Name: servers.Simulator}
	server, err := spec.Begin(ctx, servers.Hosting{Mailbox: x.Box, Accounts: 1, Dir: dir}, func(servers.Counts) {})
	if err != nil {
		return err
	}
	defer func() {
		_, ended := server.Stop()
		err = errors.Join(err, server.Said.Explain(ctx, "the server", ended))
	}()
	served, err := x.Box.List()
	if err != nil {
		return err
	}
	if err = new(clients.Ours).Prepare(ctx, &clients.Visit{Login: server.Login, Dir: dir, Task: tasks.CopyNew()}); err != nil {
		return err
	}
	st, err := store.Open(verify.StoreIn(dir), &store.Options{MustExist: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	a, err := mtm.FindAccount(ctx, st, verify.AccountName)
	if err != nil {
		return err
	}
	box, err := mtm.Open(st, a.ID, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, box.Close()) }()
	return f(&canceller{
		box, st, a.ID, served, rand.New(rand.NewPCG(x.Box.Seed, 0)), &stops{Benchmark: "cancel", Machine: report.ThisMachine(), Mailbox: x.Box},
	})
}

// next cancels a copy at a position that depends on the seed. Copies that end before they are
// cancelled are not in the figures.
func (r *canceller) next(ctx context.Context) error {
	for {
		// At a later position a copy may end before it can be cancelled.
		position := 1 + r.random.IntN(max(1, r.served.Len()*9/10))
		s, err := r.once(ctx, position)
		if errors.Is(err, errFinished) {
			if r.found.Finished++; r.found.Finished > 10+2*len(r.found.Cancels) {
				return errors.New("the copies end before they can be cancelled: use more --messages")
			}
			continue
		}
		if err != nil {
			return fmt.Errorf("cancel at message %d: %w", position, err)
		}
		r.found.Cancels = append(r.found.Cancels, s)
		return nil
	}
}

var errFinished = errors.New("the copy had ended")

// once cancels a copy to a new folder, and lets the next copy fetch the rest.
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
	command := mtm.GetMail{Which: mtm.All, Into: folder.ID, Order: mtm.OldestFirst}
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

// connect logs in. The server may not have noticed yet that the last connection was dropped.
func (r *canceller) connect(ctx context.Context) error {
	for try := 0; ; try++ {
		err := r.box.InvokeSync(ctx, mtm.Connect{})
		if !errors.Is(err, mtm.ErrInUse) || try == 50 {
			return err
		}
	}
}

// stop runs the command until its progress has reached the position, and cancels it.
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
		return s, errors.New("the connection was not dropped")
	}
	return s, nil
}

// verify checks the store, and that the folder has the first messages and nothing else.
func (r *canceller) verify(ctx context.Context, folder store.ID, stored int) error {
	first := workload.First{List: r.served, N: stored}
	return verify.Entries(ctx, r.store, folder, &verify.Judge{Served: first, Find: verify.InOrder(first)})
}

// rest fetches the missing messages and checks that nothing else was fetched, and that the server
// still has all messages.
func (r *canceller) rest(ctx context.Context, command mtm.GetMail, stored int) error {
	if err := r.connect(ctx); err != nil {
		return err
	}
	account, err := r.store.Entry(ctx, r.id)
	if err != nil {
		return err
	}
	if account.RemoteCount != r.served.Len() {
		return fmt.Errorf("the server has %d messages, but should have kept %d", account.RemoteCount, r.served.Len())
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
