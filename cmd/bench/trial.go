package main

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

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm/account"
)

// trial is one client at one mailbox: one visit, or several after one another with the same store. It runs in a process
// of its own, so that what one trial leaves in memory does not weigh on the next, and so that the cost of the processes
// that it starts can be told apart. Every visit has a new server. A trial ends early when its standard input does.
type trial struct {
	Label    string      `json:"label"` // for people
	Server   serverSpec  `json:"server"`
	Client   clientSpec  `json:"client"`
	Visits   []visitSpec `json:"visits"`
	Line     line        `json:"line"`
	Accounts int         `json:"accounts"` // mailboxes, with a client process for each at the same time
	Spool    string      `json:"spool"`    // copy of the mailbox of a server that runs already, "" when it is synthetic
	Dir      string      `json:"dir"`      // an empty folder
	Keep     bool        `json:"keep"`
	Profile  string      `json:"profile"` // folder for CPU profiles of our server and client, "" for none
	Trace    bool        `json:"trace"`   // watch the line; see watch
	Syncs    bool        `json:"syncs"`   // count how often the client syncs; see countSyncs
}

// visitSpec is one run of the client.
type visitSpec struct {
	Name    string  `json:"name"` // "" for the only one
	Mailbox mailbox `json:"mailbox"`
	Job     job     `json:"job"`
}

// measurement is what a visit has found.
type measurement struct {
	Round    int      `json:"round"`
	Server   string   `json:"server"`
	Client   string   `json:"client"`
	Visit    string   `json:"visit,omitempty"`
	Mailbox  int      `json:"mailbox_messages"`
	Messages int      `json:"messages"` // fetched, or looked at by a refresh; sessions in that benchmark
	Octets   int64    `json:"octets"`   // of these, in mail; 0 where they are not counted
	Seconds  float64  `json:"seconds"`  // from the start of the client's process to its end; where a server is measured, as the client says
	Spent    usage    `json:"client_usage"`
	Serving  usage    `json:"server_usage"`
	Trip     float64  `json:"round_trip_seconds,omitempty"` // as measured, the median of some
	Tops     *int     `json:"tops,omitempty"`               // TOP commands that the server saw, where it counts
	Syncs    *int     `json:"syncs,omitempty"`              // fsync and its kin, where they were counted
	Latency  *latency `json:"latency,omitempty"`
	Rate     []sample `json:"rate,omitempty"` // over time, where the line was watched
}

// trialLine is a line that a trial writes to stdout.
type trialLine struct {
	Done         int64         `json:"done,omitempty"`         // how far it is, in the unit of its bar; without it the line says that time passes
	Measurements []measurement `json:"measurements,omitempty"` // the last line
}

const trialName = "trial"

func newTrial() *cobra.Command {
	return specCommand(trialName, "Runs one trial", func(ctx context.Context, t *trial, stdout io.Writer) error {
		var lock sync.Mutex
		out := json.NewEncoder(stdout)
		say := func(line trialLine) error {
			lock.Lock()
			defer lock.Unlock()
			return out.Encode(line)
		}
		stop := beating(ctx, time.Second, func() { _ = say(trialLine{}) })
		found, err := t.run(ctx, func(done int64) { _ = say(trialLine{Done: done}) })
		stop()
		if err != nil {
			return err
		}
		return say(trialLine{Measurements: found})
	})
}

// beating calls f again and again, until ctx ends or stop is called, which waits for the last call.
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

// inProcess runs a trial by its command, in a process of its own. passed is told that time passes, and how far it is where
// that is known.
func inProcess(ctx context.Context, t *trial, label string, passed func(done int64)) (*trialLine, error) {
	bench, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var result *trialLine
	err = runSpec(ctx, []string{bench, trialName}, label, t, func(stdout io.Reader) error {
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

// folder is the label as the name of a folder.
func (t *trial) folder() string {
	return regexp.MustCompile(`[^A-Za-z0-9.]+`).ReplaceAllString(t.Label, "-")
}

func (t *trial) label() string { return t.Label }

// purpose says what an extra trial is for.
func (t *trial) purpose() string {
	if t.Syncs {
		return "counting syncs"
	}
	return "watching the line"
}

// last is the visit with the largest mailbox.
func (t *trial) last() *visitSpec { return &t.Visits[len(t.Visits)-1] }

// progress is the unit and the total of the trial's bar; a total of 0 is not known.
func (t *trial) progress() (cli.Unit, int64) {
	v := t.last()
	switch {
	case !t.Server.counts() && t.Client.Name != oursName || t.Spool != "":
		return cli.Messages, 0
	case v.Job.Mode == headers || v.Job.Mode == topLines:
		return cli.Messages, int64(v.Mailbox.Messages * t.Accounts)
	}
	return cli.Octets, v.Mailbox.total() * int64(t.Accounts)
}

// needs is about how much disk the trial takes.
func (t *trial) needs() int64 {
	const entry = 2 << 10 // an index entry with a header, or a file of its own
	v := t.last()
	each := int64(v.Mailbox.Messages) * entry
	if v.Job.Mode == copyMail || v.Job.Mode == moveMail {
		each += v.Mailbox.total()
	}
	return each * int64(t.Accounts)
}

// run makes all visits. No process is left when it returns.
func (t *trial) run(ctx context.Context, report func(done int64)) ([]measurement, error) {
	who, err := t.Client.make(t)
	if err != nil {
		return nil, err
	}
	for i := range t.Accounts {
		if err := os.MkdirAll(t.dir(i), 0o700); err != nil {
			return nil, err
		}
	}
	var found []measurement
	for i := range t.Visits {
		m, err := t.visit(ctx, &t.Visits[i], who, report)
		if err != nil {
			return nil, err
		}
		found = append(found, *m)
	}
	return found, nil
}

// dir is the folder of account i, counted from 0.
func (t *trial) dir(i int) string {
	if t.Accounts == 1 {
		return t.Dir
	}
	return filepath.Join(t.Dir, fmt.Sprintf("account-%d", i+1))
}

// profile is the file for the CPU profile of one process of ours; those of other programs cannot be had.
func (t *trial) profile(of string) string {
	if t.Profile == "" {
		return ""
	}
	return filepath.Join(t.Profile, t.Client.Name+"."+of+".pprof")
}

// encrypted says whether the line hides what passes.
func (t *trial) encrypted() bool {
	tls := t.Server.TLS
	if t.Server.Running != nil {
		tls = t.Server.Running.Security.TLS
	}
	return tls != "" && tls != account.NoTLS
}

var errNotCounted = errors.New("the server does not say that the session has ended")
