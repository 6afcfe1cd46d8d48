package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/cmd/internal/peer"
)

// trial is one client fetching one mailbox once. It runs in a process of its own, so that what one trial leaves in
// memory does not weigh on the next, and so that the cost of the processes that it starts can be told apart. It ends
// early when its standard input does.
type trial struct {
	Mailbox mailbox `json:"mailbox"`
	Client  string  `json:"client"`
	Dir     string  `json:"dir"`     // an empty folder
	Mtm     string  `json:"mtm"`     // see ours
	Pop3sim string  `json:"pop3sim"` // path of a pop3sim program, "" for the bench itself
	Profile string  `json:"profile"` // folder for CPU profiles of our server and client, "" for none
}

// measurement is what a trial has found.
type measurement struct {
	Client  string  `json:"client"`
	Seconds float64 `json:"seconds"` // from the start of the client's process to its end
	Spent   usage   `json:"client_usage"`
	Server  usage   `json:"server_usage"`
}

// trialLine is a line that a trial writes to stdout.
type trialLine[Result any] struct {
	Done   int64   `json:"done,omitempty"`   // how far it is, in the unit of its bar
	Result *Result `json:"result,omitempty"` // the last line
}

func newTrial() *cobra.Command { return trialCommand("trial", (*trial).run) }

// trialCommand is a hidden command that runs a trial of type T, which it is given as JSON.
func trialCommand[T, Result any](name string, run func(*T, context.Context, func(done int64)) (*Result, error)) *cobra.Command {
	c := &cobra.Command{Use: name + " SPEC", Hidden: true, Short: "Runs one trial", Args: cobra.ExactArgs(1)}
	c.RunE = func(c *cobra.Command, args []string) error {
		var t T
		d := json.NewDecoder(bytes.NewReader([]byte(args[0])))
		d.DisallowUnknownFields()
		if err := d.Decode(&t); err != nil {
			return cli.Usage("the trial cannot be read: %w", err)
		}
		ctx, cancel := endsWithInput(c.Context(), c.InOrStdin())
		defer cancel()
		out := json.NewEncoder(c.OutOrStdout())
		result, err := run(&t, ctx, func(done int64) { _ = out.Encode(trialLine[Result]{Done: done}) })
		if err != nil {
			return err
		}
		return out.Encode(trialLine[Result]{Result: result})
	}
	return c
}

// inProcess runs a trial by its command, in a process of its own, and shows how far it is.
func inProcess[Result any](ctx context.Context, name string, t any, bar *cli.Bar, label string, total int64) (*Result, error) {
	bench, err := os.Executable()
	if err != nil {
		return nil, err
	}
	spec, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	cmd, said := process(ctx, []string{bench, name, string(spec)})
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	cmd.Cancel = stdin.Close
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err = cmd.Start(); err != nil {
		return nil, err
	}
	result, err := readTrial[Result](stdout, func(done int64) { bar.Set(min(done, total), total) })
	bar.Close()
	return result, said.explain(ctx, label, errors.Join(cmd.Wait(), err))
}

// readTrial reads what a trial writes to its end.
func readTrial[Result any](stdout io.Reader, report func(done int64)) (*Result, error) {
	for said := json.NewDecoder(stdout); ; {
		var line trialLine[Result]
		switch err := said.Decode(&line); {
		case err != nil:
			_, _ = io.Copy(io.Discard, stdout) // so that the trial can end
			return nil, fmt.Errorf("the trial ended without a result: %w", err)
		case line.Result != nil:
			return line.Result, nil
		}
		report(line.Done)
	}
}

// run starts the server, lets the client fetch, ends the server, and verifies. No process is left when it returns.
func (t *trial) run(ctx context.Context, report func(octets int64)) (m *measurement, err error) {
	bench, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s, err := startServer(ctx, t.serverCommand(bench), func(n serverCounts) { report(n.Octets) })
	if err != nil {
		return nil, err
	}
	who := newClient(t.Client, &ours{bench: bench, mtm: t.Mtm, profile: t.profile("client")})
	m = &measurement{Client: t.Client}
	err = who.prepare(ctx, s.account, t.Dir)
	if err == nil {
		err = m.fetch(ctx, who, s.account, t.Dir)
	}
	spent, stopped := s.stop()
	m.Server = spent
	if err = errors.Join(err, s.said.explain(ctx, "the server", stopped)); err != nil {
		return nil, err
	}
	if err := who.verify(ctx, t.Dir, &t.Mailbox); err != nil {
		return nil, fmt.Errorf("%s did not keep what was served: %w", t.Client, err)
	}
	return m, nil
}

// fetch is the part that is measured.
func (m *measurement) fetch(ctx context.Context, who client, a peer.Account, dir string) error {
	settle()
	before, start := childUsage(), time.Now()
	err := who.fetch(ctx, a, dir)
	m.Seconds = time.Since(start).Seconds()
	m.Spent = childUsage().since(before)
	return err
}

func (t *trial) serverCommand(bench string) []string {
	box := &t.Mailbox
	if t.Pop3sim != "" {
		synthetic := fmt.Sprintf("%d,size=%s,seed=%d", box.Messages, box.Size, box.Seed)
		return []string{t.Pop3sim, "serve", "--json", "--pop3", "127.0.0.1:0", "--synthetic", synthetic}
	}
	return []string{bench, "serve", "--messages", strconv.Itoa(box.Messages), "--size", box.Size.String(),
		"--seed", strconv.FormatUint(box.Seed, 10), "--profile", t.profile("server")}
}

// profile is the file for the CPU profile of one process of ours; those of other programs cannot be had.
func (t *trial) profile(of string) string {
	if t.Profile == "" {
		return ""
	}
	return filepath.Join(t.Profile, t.Client+"."+of+".pprof")
}
