package main

import (
	"context"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/bench/internal/child"
	"pop3mtm/cmd/bench/internal/clients"
	"pop3mtm/cmd/bench/internal/harness"
	"pop3mtm/cmd/bench/internal/servers"
	"pop3mtm/cmd/bench/internal/tasks"
	"pop3mtm/cmd/bench/internal/verify"
	"pop3mtm/cmd/bench/internal/workload"
	"pop3mtm/cmd/internal/cli"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

// deleting measures deleting all messages of a mailbox.
type deleting struct {
	harness.Setup
	window int
}

// DeleteMode returns the mode that runs it.
func DeleteMode() harness.Mode {
	return harness.Mode{
		Command: newDelete(), Hidden: []*cobra.Command{deleterProgram()},
		Kinds: clients.Kinds{
			Clients: []func() clients.Client{func() clients.Client { return new(deleter) }},
			Tasks:   []func() tasks.Task{func() tasks.Task { return new(deletion) }},
		},
	}
}

// mostArguments limits the message numbers on the command line of an mtm program.
const mostArguments = 100_000

func newDelete() *cobra.Command {
	var d deleting
	c := &cobra.Command{
		Use:   "delete",
		Short: "Delete all messages of a mailbox with our MTM, compared with bare clients that send DELE",
		Long: `Delete lists a mailbox with our MTM, which is not measured, and then deletes every message: connect, DELE for each, QUIT. What
is measured is the whole client process. Beside it stand two bare clients, one with 100 DELE in flight and one that sends
them one at a time; they keep no list. After each run the server must hold no message, must have seen one DELE for each,
and our store must be sound and list none.`,
		Example: `  bench delete
  bench delete --messages 100000 --runs 3 --html delete.html
  bench delete --mtm bin/mtm --pop3sim bin/pop3sim --rtt 20ms`,
	}
	d.AddFlags(c, 10_000, 2<<10, 5, 0)
	f := c.Flags()
	d.AddClientFlag(f)
	harness.WindowFlag(f, &d.window)
	d.AddSimulatorFlag(f)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := d.Setup.Validate(f); err != nil {
			return err
		}
		if err := harness.CheckWindow(d.window); err != nil {
			return err
		}
		if d.MTM != "" && d.Box.Messages > mostArguments {
			return cli.Usage("with --mtm at most %d messages can be deleted, since each is an argument of the program: use fewer, or leave out --mtm", mostArguments)
		}
		p, err := d.plan(c.Context())
		if err != nil {
			return err
		}
		return p.Run(c)
	}
	return c
}

func (d *deleting) plan(ctx context.Context) (*harness.Trials, error) {
	p := d.Begin("delete")
	server, err := d.Server()
	if err != nil {
		return nil, err
	}
	p.Found.What = d.What() + ", deleted" + harness.WindowWords(d.window)
	p.Found.Notes = append(p.Found.Notes, "After every run the server held no message, and had seen one DELE for each; our store listed none.")
	for _, who := range []clients.Client{
		&clients.Ours{Program: d.MTM, Window: d.window}, &deleter{clients.UsualWindow}, &deleter{1},
	} {
		if err := p.Participate(ctx, who); err != nil {
			return nil, err
		}
		p.Trials = append(p.Trials, harness.NewTrial(who.Name(), server, who, d.Line(), harness.VisitTo(d.Box, new(deletion))))
	}
	p.Watched(p.Trials...)
	return p, nil
}

// deletion is the task of deleting every message.
type deletion struct{}

// Kind implements tasks.Task.
func (*deletion) Kind() string { return "delete" }

// Counts implements tasks.Task.
func (*deletion) Counts() string { return "DELE" }

// Commands implements tasks.Task.
func (*deletion) Commands(served maildrop.List) int { return served.Len() }

// Left implements tasks.Task.
func (*deletion) Left(maildrop.List) int { return 0 }

// Needs implements tasks.Task.
func (*deletion) Needs(box *workload.Mailbox) int64 { return int64(box.Messages) * tasks.EntrySize }

// NeedsList implements tasks.MTMTask.
func (*deletion) NeedsList() bool { return true }

// Run implements tasks.MTMTask.
func (*deletion) Run(ctx context.Context, st *store.Store, account store.ID) ([]mtm.Command, error) {
	listed, err := tasks.ListedIDs(ctx, st, account)
	return []mtm.Command{mtm.Connect{}, mtm.Delete{Messages: listed}, mtm.Disconnect{}}, err
}

// Arguments implements tasks.MTMTask.
func (*deletion) Arguments(ctx context.Context, storeDir string) ([]string, error) {
	argv := []string{"delete", verify.AccountName}
	return argv, verify.InStore(storeDir, func(st *store.Store) error {
		a, err := mtm.FindAccount(ctx, st, verify.AccountName)
		if err != nil {
			return err
		}
		listed, err := tasks.ListedIDs(ctx, st, a.ID)
		for _, id := range listed {
			argv = append(argv, strconv.FormatInt(int64(id), 10))
		}
		return err
	})
}

// Verify implements tasks.MTMTask.
func (*deletion) Verify(ctx context.Context, storeDir string, served maildrop.List) (tasks.Kept, error) {
	return tasks.Kept{Messages: served.Len()}, verify.Listing(ctx, storeDir, workload.First{List: served}, 0, &verify.Tops{})
}

// deleter is a bare client that sends DELE for every message.
type deleter struct {
	Window int `json:"window"` // DELE commands in flight
}

// Kind implements clients.Client.
func (*deleter) Kind() string { return "deleter" }

// Name implements clients.Client.
func (d *deleter) Name() string {
	if d.Window == 1 {
		return "bare DELE, one at a time"
	}
	return "bare DELE"
}

// Version implements clients.Client.
func (*deleter) Version(context.Context) (string, error) {
	return "built into the bench: USER, PASS, STAT, DELE for every message, QUIT", nil
}

// Prepare implements clients.Client.
func (*deleter) Prepare(context.Context, *clients.Visit) error { return nil }

const deleName = "bare-dele"

// deleSpec holds what the program of a deleter reads from its standard input.
type deleSpec struct {
	Login  servers.Login `json:"login"`
	Window int           `json:"window"`
}

// Fetch implements clients.Client.
func (d *deleter) Fetch(ctx context.Context, v *clients.Visit) error {
	return clients.RunProgram(ctx, deleName, d.Name(), deleSpec{v.Login, d.Window})
}

// Verify implements clients.Client. There is nothing to check: the harness has compared the number
// of messages on the server.
func (*deleter) Verify(_ context.Context, _ *clients.Visit, served maildrop.List) (tasks.Kept, error) {
	return tasks.Kept{Messages: served.Len()}, nil
}

// deleterProgram returns the program of a deleter.
func deleterProgram() *cobra.Command {
	return child.Command(deleName, "Deletes the mailbox of one trial with bare DELE", func(ctx context.Context, s *deleSpec, _ io.Writer) error {
		const longestLine = 64 << 10
		session, err := clients.Dial(ctx, s.Login, longestLine)
		if err != nil {
			return err
		}
		defer session.Close()
		messages, err := session.Count()
		if err != nil {
			return err
		}
		if err = session.Each("DELE", messages, s.Window, func(int) error { return nil }); err == nil {
			_, err = session.Ask("QUIT")
		}
		return err
	})
}
