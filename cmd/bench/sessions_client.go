package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"pop3mtm/fakeserver/maildrop"
)

// sessionsName and holdName are clients that fetch nothing: one opens session after session, the other holds many.
const (
	sessionsName = "sessions"
	holdName     = "idle sessions"
)

// sessions is the client side of the benchmark of that name, a process of its own.
type sessions struct {
	bench string
	name  string
}

func (s sessions) version(context.Context) (string, error) {
	if s.name == holdName {
		return "sessions that log in and wait, built into the bench", nil
	}
	return "login, STAT and QUIT, built into the bench", nil
}

func (sessions) prepare(context.Context, login, string, job) error { return nil }

const sessionsCommand = "sessions-client"

// sessionsSpec is what the client reads from its standard input, and sessionsResult what it writes into a file.
type sessionsSpec struct {
	Login   login         `json:"login"`
	Users   int           `json:"users"`
	Workers int           `json:"workers"` // sessions at once
	Time    time.Duration `json:"time"`    // how long sessions are opened; 0 = each worker holds one
	Hold    time.Duration `json:"hold"`    // for so long, once all are there
	File    string        `json:"file"`
}

type sessionsResult struct {
	Messages int      `json:"messages"` // that STAT tells
	Sessions int      `json:"sessions"`
	Latency  *latency `json:"latency"`
}

func sessionsFile(dir string) string { return filepath.Join(dir, "sessions.json") }

func (s sessions) fetch(ctx context.Context, l login, dir string, j job, _ func(int64)) error {
	spec := sessionsSpec{Login: l, Users: j.Users, Workers: j.Workers, Time: j.Time, Hold: j.Hold, File: sessionsFile(dir)}
	return runSpec(ctx, []string{s.bench, sessionsCommand}, s.name, spec, func(stdout io.Reader) error {
		_, err := io.Copy(io.Discard, stdout)
		return err
	})
}

func (sessions) verify(_ context.Context, dir string, served maildrop.List, _ job) (kept, error) {
	text, err := os.ReadFile(sessionsFile(dir))
	if err != nil {
		return kept{}, err
	}
	var r sessionsResult
	if err := json.Unmarshal(text, &r); err != nil {
		return kept{}, err
	}
	if r.Messages != served.Len() {
		return kept{}, fmt.Errorf("STAT told of %s, served were %d", count(r.Messages, "message"), served.Len())
	}
	return kept{Messages: r.Sessions, Latency: r.Latency}, nil
}

// newSessionsClient runs the sessions of one visit.
func newSessionsClient() *cobra.Command {
	return specCommand(sessionsCommand, "Opens the sessions of one trial", func(ctx context.Context, s *sessionsSpec, _ io.Writer) error {
		r, err := s.run(ctx)
		if err != nil {
			return err
		}
		text, err := json.Marshal(r)
		if err != nil {
			return err
		}
		return os.WriteFile(s.File, text, 0o600)
	})
}

func (s *sessionsSpec) run(ctx context.Context) (*sessionsResult, error) {
	r := &sessionsResult{}
	took := newHistogram()
	var lock sync.Mutex
	end := time.Now().Add(s.Time)
	var all sync.WaitGroup // of those that hold, until the last has logged in
	all.Add(s.Workers)
	together, ctx := errgroup.WithContext(ctx)
	for i := range s.Workers {
		together.Go(func() error {
			l := s.Login.numbered(i%s.Users, s.Users)
			logged := sync.OnceFunc(all.Done)
			defer logged()
			for n := 0; n == 0 || time.Now().Before(end); n++ {
				start := time.Now()
				stat, err := session(ctx, l, func() {
					logged()
					if s.Time == 0 {
						all.Wait()
						stay(ctx, s.Hold)
					}
				})
				if err != nil {
					return err
				}
				lock.Lock()
				r.Messages, r.Sessions = stat, r.Sessions+1
				record(took, time.Since(start))
				lock.Unlock()
			}
			return nil
		})
	}
	err := together.Wait()
	if s.Time > 0 {
		r.Latency = latencyOf("session", took)
	}
	return r, err
}

// stay waits, or until ctx ends.
func stay(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// session logs in, asks STAT, calls wait, and quits.
func session(ctx context.Context, l login, wait func()) (messages int, err error) {
	const longestLine = 4 << 10
	s, err := dialBare(ctx, l, longestLine)
	if err != nil {
		return 0, err
	}
	defer s.close()
	if messages, err = s.count(); err != nil {
		return 0, err
	}
	wait()
	_, err = s.ask("QUIT")
	return messages, err
}
