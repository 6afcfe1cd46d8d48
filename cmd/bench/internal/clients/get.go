package clients

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/bench/internal/child"
	"pop3mtm/cmd/bench/internal/servers"
	"pop3mtm/cmd/bench/internal/tasks"
	"pop3mtm/cmd/bench/internal/verify"
	"pop3mtm/mtm"
	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

const getName = "get"

// getSpec is the task of OursCommand.
type getSpec struct {
	Store   string           `json:"store"`
	Task    Sent[tasks.Task] `json:"task"`
	Window  int              `json:"window"`
	Profile string           `json:"profile"` // file for a CPU profile, "" for none
}

// OursCommand returns the hidden command that runs our client in one visit. It writes its progress,
// from 0 to 1, to stdout.
func OursCommand(kinds Kinds) *cobra.Command {
	return child.Command(getName, "Fetches the mailbox of one trial", func(ctx context.Context, s *getSpec, stdout io.Writer) error {
		if err := s.Task.Make(kinds.Tasks); err != nil {
			return err
		}
		return child.Profiled(s.Profile, func() error { return s.get(ctx, stdout) })
	})
}

func (s *getSpec) get(ctx context.Context, stdout io.Writer) (err error) {
	task, err := mtmTask(s.Task.Value)
	if err != nil {
		return err
	}
	st, err := store.Open(s.Store, &store.Options{MustExist: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	a, err := mtm.FindAccount(ctx, st, verify.AccountName)
	if err != nil {
		return err
	}
	box, err := mtm.Open(st, a.ID, &mtm.Options{Wire: &pop3.Options{Window: s.Window}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, box.Close()) }()
	commands, err := task.Run(ctx, st, a.ID)
	if err != nil {
		return err
	}
	for _, command := range commands {
		if err := followed(ctx, box, command, stdout); err != nil {
			return err
		}
	}
	return nil
}

// followed runs a command and writes its progress ten times a second.
func followed(ctx context.Context, box *mtm.Client, command mtm.Command, stdout io.Writer) error {
	op, err := box.InvokeAsync(ctx, command)
	if err != nil {
		return err
	}
	tick := time.NewTicker(servers.ReportEvery)
	defer tick.Stop()
	said := json.NewEncoder(stdout)
	for {
		select {
		case <-op.Done():
			return op.Wait()
		case <-tick.C:
			p := op.Progress()
			if p.TotalMessages > 0 && p.SubPhase != progress.Connecting {
				_ = said.Encode(float64(p.TotalMessages-p.MessagesToProcess) / float64(p.TotalMessages)) // only moves a progress bar
			}
		}
	}
}
