package harness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/bench/internal/child"
	"pop3mtm/cmd/bench/internal/clients"
	"pop3mtm/cmd/bench/internal/report"
	"pop3mtm/cmd/bench/internal/servers"
	"pop3mtm/cmd/bench/internal/tasks"
	"pop3mtm/cmd/bench/internal/wire"
	"pop3mtm/cmd/bench/internal/workload"
	"pop3mtm/cmd/internal/cli"
)

// Trial describes one or more visits of a client to a mailbox, with the same store. Every visit has
// a new server. A trial runs in a process of its own, so that its memory does not slow the next
// trial and its CPU time can be measured.
type Trial struct {
	Label    string                       `json:"label"` // name for people
	Server   servers.Spec                 `json:"server"`
	Client   clients.Sent[clients.Client] `json:"client"`
	Visits   []VisitSpec                  `json:"visits"`
	Line     wire.Line                    `json:"line"`
	Accounts int                          `json:"accounts"` // number of mailboxes, each with a client process, all at the same time
	Users    int                          `json:"users"`    // number of mailboxes for one client process that visits all of them, else 0
	Spool    string                       `json:"spool"`    // copy of the mailbox of a running server, "" for a synthetic mailbox
	Dir      string                       `json:"dir"`      // an empty directory
	Keep     bool                         `json:"keep"`     // keep that directory
	Profile  string                       `json:"profile"`  // directory for CPU profiles of our server and client, "" for none
	Trace    bool                         `json:"trace"`    // watch the line; see wire.Watch
	Syncs    bool                         `json:"syncs"`    // count the client's syncs; see clients.Counting
}

// VisitSpec describes one run of the client.
type VisitSpec struct {
	Name    string                   `json:"name"` // "" for the only visit of a trial
	Mailbox workload.Mailbox         `json:"mailbox"`
	Task    clients.Sent[tasks.Task] `json:"task"`
}

// trialLine is a line that a trial writes to stdout.
type trialLine struct {
	Done         int64                `json:"done,omitempty"`         // progress in the unit of the bar; 0 = unchanged
	Measurements []report.Measurement `json:"measurements,omitempty"` // only in the last line
}

const trialName = "trial"

// TrialCommand returns the hidden command that runs one trial.
func TrialCommand(kinds clients.Kinds) *cobra.Command {
	return child.Command(trialName, "Runs one trial", func(ctx context.Context, t *Trial, stdout io.Writer) error {
		if err := t.make(kinds); err != nil {
			return err
		}
		var lock sync.Mutex
		out := json.NewEncoder(stdout)
		say := func(line trialLine) error {
			lock.Lock()
			defer lock.Unlock()
			return out.Encode(line)
		}
		stop := beating(ctx, time.Second, func() { _ = say(trialLine{}) })
		found, err := t.Run(ctx, func(done int64) { _ = say(trialLine{Done: done}) })
		stop()
		if err != nil {
			return err
		}
		return say(trialLine{Measurements: found})
	})
}

// beating calls f at an interval until ctx ends or stop is called. stop waits for the last call.
func beating(ctx context.Context, interval time.Duration, f func()) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var ended sync.WaitGroup
	ended.Go(func() {
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				f()
			case <-ctx.Done():
				return
			}
		}
	})
	return func() { cancel(); ended.Wait() }
}

// inProcess runs a trial in a process of its own and returns its last line. It calls passed from
// time to time with the progress, or with 0 when that is not known.
func inProcess(ctx context.Context, t *Trial, label string, passed func(done int64)) (*trialLine, error) {
	bench, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var result *trialLine
	err = child.Run(ctx, []string{bench, trialName}, label, t, func(stdout io.Reader) error {
		for said := json.NewDecoder(stdout); ; {
			var line trialLine
			if failed := said.Decode(&line); failed != nil {
				return fmt.Errorf("the trial ended without a result: %w", failed)
			}
			if line.Measurements != nil {
				result = &line
				return nil
			}
			passed(line.Done)
		}
	})
	return result, err
}

// make creates the client and the tasks that were sent.
func (t *Trial) make(kinds clients.Kinds) error {
	err := t.Client.Make(kinds.Clients)
	for i := range t.Visits {
		err = errors.Join(err, t.Visits[i].Task.Make(kinds.Tasks))
	}
	return err
}

// folder returns the label as the name of a directory.
func (t *Trial) folder() string {
	return regexp.MustCompile(`[^A-Za-z0-9.]+`).ReplaceAllString(t.Label, "-")
}

// last returns the visit with the largest mailbox.
func (t *Trial) last() *VisitSpec { return &t.Visits[len(t.Visits)-1] }

// progress returns the unit and the total of the trial's progress bar. A total of 0 means that it
// is not known.
func (t *Trial) progress() (cli.Unit, int64) {
	v := t.last()
	switch {
	case !t.Server.Counts() && t.Client.Value.Name() != clients.MTM || t.Spool != "":
		return cli.Messages, 0
	case v.Task.Value.Counts() != "":
		return cli.Messages, int64(v.Mailbox.Messages * t.Accounts)
	}
	return cli.Octets, v.Mailbox.Total() * int64(t.Accounts)
}

// needs returns about how many octets of disk space the trial needs.
func (t *Trial) needs() int64 {
	v := t.last()
	return v.Task.Value.Needs(&v.Mailbox) * int64(t.Accounts)
}

// Run makes all visits. All processes that it started have ended when it returns.
func (t *Trial) Run(ctx context.Context, passed func(done int64)) ([]report.Measurement, error) {
	who := t.Client.Value
	if t.Syncs {
		who = clients.Counting{Client: who}
	}
	for i := range t.Accounts {
		if err := os.MkdirAll(t.dir(i), 0o700); err != nil {
			return nil, err
		}
	}
	var found []report.Measurement
	for i := range t.Visits {
		m, err := t.visit(ctx, &t.Visits[i], who, passed)
		if err != nil {
			return nil, err
		}
		found = append(found, *m)
	}
	return found, nil
}

// dir returns the directory of account i, counted from 0.
func (t *Trial) dir(i int) string {
	if t.Accounts == 1 {
		return t.Dir
	}
	return filepath.Join(t.Dir, fmt.Sprintf("account-%d", i+1))
}

// profile returns the file for the CPU profile of our client or server, "" for no profile.
func (t *Trial) profile(of string) string {
	if t.Profile == "" {
		return ""
	}
	return filepath.Join(t.Profile, t.Client.Value.Name()+"."+of+".pprof")
}

// encrypted reports whether client and server use TLS.
func (t *Trial) encrypted() bool {
	tls := t.Server.TLS
	if t.Server.Running != nil {
		tls = t.Server.Running.Security.TLS
	}
	return servers.Encrypts(tls)
}

var errNotCounted = errors.New("the server did not report the end of the session")
