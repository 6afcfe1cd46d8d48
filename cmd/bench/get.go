package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/mtm"
	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// accountName is the account of a trial's store.
const accountName = "bench"

const getName = "get"

// getSpec is what our client of one visit reads from its standard input.
type getSpec struct {
	Store   string `json:"store"`
	Job     job    `json:"job"`
	Profile string `json:"profile"` // file for a CPU profile, "" for none
}

// newGet is our client of one visit, a process of its own. It does what "mtm get" and "mtm populate" do, and writes how
// far it is, from 0 to 1, to stdout.
func newGet() *cobra.Command {
	return specCommand(getName, "Fetches the mailbox of one trial", func(ctx context.Context, s *getSpec, stdout io.Writer) error {
		return profiled(s.Profile, func() error { return s.get(ctx, stdout) })
	})
}

func (s *getSpec) get(ctx context.Context, stdout io.Writer) (err error) {
	st, err := store.Open(s.Store, &store.Options{MustExist: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	a, err := mtm.FindAccount(ctx, st, accountName)
	if err != nil {
		return err
	}
	box, err := mtm.Open(st, a.ID, &mtm.Options{Wire: &pop3.Options{Window: s.Job.Window}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, box.Close()) }()
	which, chosen := mtm.New, []store.ID(nil)
	switch s.Job.Which {
	case all:
		which = mtm.All
	case selection:
		which = mtm.Selection
		if chosen, err = s.Job.choose(ctx, st, a.ID); err != nil {
			return err
		}
	}
	commands := []mtm.Command{mtm.Connect{}, mtm.Disconnect{}}
	switch s.Job.Mode {
	case topLines:
		commands = slices.Insert(commands, 1, mtm.Command(mtm.Populate{Which: which, Messages: chosen, Top: true, Lines: s.Job.Lines}))
	case copyMail, moveMail:
		get := mtm.GetMail{Which: which, Messages: chosen, Link: mtm.ThenDisconnect, Into: store.Inbox}
		if s.Job.Mode == moveMail {
			get.Take = mtm.Move
		}
		commands = []mtm.Command{get}
	}
	for _, command := range commands {
		if err := followed(ctx, box, command, stdout); err != nil {
			return err
		}
	}
	return nil
}

// followed runs a command and looks now and then how far it is, which costs it nothing.
func followed(ctx context.Context, box *mtm.Client, command mtm.Command, stdout io.Writer) error {
	op, err := box.InvokeAsync(ctx, command)
	if err != nil {
		return err
	}
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	said := json.NewEncoder(stdout)
	for {
		select {
		case <-op.Done():
			return op.Wait()
		case <-tick.C:
			p := op.Progress()
			if p.TotalMessages > 0 && p.SubPhase != progress.Connecting {
				_ = said.Encode(float64(p.TotalMessages-p.MessagesToProcess) / float64(p.TotalMessages)) // a bar only
			}
		}
	}
}

// choose picks every so manieth message of the mailbox, from the oldest on. The mailbox lists the newest first.
func (j *job) choose(ctx context.Context, st *store.Store, mailbox store.ID) ([]store.ID, error) {
	children, err := st.Children(ctx, mailbox)
	if err != nil {
		return nil, err
	}
	slices.Reverse(children)
	var chosen []store.ID
	for i := 0; i < len(children); i += j.Every {
		chosen = append(chosen, children[i].ID)
	}
	return chosen, nil
}
