package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"pop3mtm/cmd/bench/internal/child"
	"pop3mtm/cmd/bench/internal/hosts"
	"pop3mtm/cmd/bench/internal/report"
	"pop3mtm/cmd/bench/internal/servers"
	"pop3mtm/cmd/bench/internal/wire"
	"pop3mtm/mtm/account"
)

// round starts the server and the k6 processes, and returns what each of these has measured, also
// after a signal or when a threshold has failed.
func (k *k6Bench) round(ctx context.Context, dir string, m *report.Measurement) (parts []*hosts.Part, err error) {
	script, err := k.scriptIn(dir)
	if err != nil {
		return nil, err
	}
	spec, err := k.Server()
	if err != nil {
		return nil, err
	}
	m.Server = spec.Name
	// The server outlives the signal: k6 finishes its iterations first.
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	server, err := spec.Begin(serving, servers.Hosting{Mailbox: k.Box, Accounts: k.users, Dir: dir}, func(servers.Counts) {})
	if err != nil {
		return nil, err
	}
	defer func() {
		spent, ended := server.Stop()
		m.Serving = spent
		err = errors.Join(err, server.Said.Explain(serving, "the server", ended))
	}()
	at := server.Login
	if line := k.Line(); line != (wire.Line{}) {
		var relay *wire.Relay
		if relay, err = wire.StartRelay(serving, at.Address(), line, nil); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, relay.Close()) }()
		if at, err = at.At(relay.Address); err != nil {
			return nil, err
		}
	}
	before := child.Spent()
	parts, err = k.load(ctx, dir, script, k.environment(at))
	m.Spent = child.Spent().Since(before)
	return parts, err
}

// scriptIn returns the path of the script. One that is known by name is written into a directory.
func (k *k6Bench) scriptIn(dir string) (string, error) {
	if !slices.Contains(scriptNames(), k.script) {
		return filepath.Abs(k.script)
	}
	for _, name := range []string{k.script, sharedScript} {
		text, err := scripts.ReadFile("scripts/" + name + ".js")
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(dir, name+".js"), text, 0o600); err != nil {
			return "", err
		}
	}
	return filepath.Join(dir, k.script+".js"), nil
}

// environment returns the settings of the scripts for a server. They go into the environment, since
// every user of the machine can read command lines.
func (k *k6Bench) environment(at servers.Login) []string {
	user := at.User
	if k.users > 1 && !strings.Contains(user, "{n}") {
		user += "{n}"
	}
	env := []string{
		"POP3=" + at.Address(), "POP3_USER=" + user, "PASSWORD=" + at.Password,
		"VUS=" + strconv.Itoa(k.users), "DURATION=" + k.duration.String(),
	}
	if k.rate > 0 {
		env = append(env, "RATE="+strconv.Itoa(k.rate))
	}
	if k.Target == "" {
		env = append(env, "SYNTHETIC="+k.Box.String())
	}
	if at.Security.TLS != account.NoTLS && at.Security.TLS != "" {
		env = append(env, "TLS="+string(at.Security.TLS), "CA="+at.Security.CA, "TLS_NAME="+at.Security.Name)
	}
	return append(env, k.settings...)
}

// load runs the k6 processes to their end.
func (k *k6Bench) load(ctx context.Context, dir, script string, env []string) ([]*hosts.Part, error) {
	failed := make([]error, k.hosts)
	var all sync.WaitGroup
	for i := range k.hosts {
		all.Go(func() { failed[i] = k.host(ctx, i, dir, script, env) })
	}
	all.Wait()
	var parts []*hosts.Part
	for i := range k.hosts {
		part, err := hosts.ReadFile(partFile(dir, i))
		switch {
		case err == nil:
			parts = append(parts, part)
		case !errors.Is(err, os.ErrNotExist):
			return nil, err
		}
	}
	return parts, errors.Join(failed...)
}

func partFile(dir string, i int) string { return filepath.Join(dir, fmt.Sprintf("host-%d.json", i+1)) }

// host runs one k6 process: its share of the virtual users.
func (k *k6Bench) host(ctx context.Context, i int, dir, script string, env []string) error {
	program, err := exec.LookPath(k.program)
	if err == nil {
		program, err = filepath.Abs(program)
	}
	if err != nil {
		return err
	}
	argv := []string{program, "run", "--quiet", "--no-color", "--summary-mode=disabled", "--no-usage-report", "--address", "", "--out", "hdr=" + partFile(dir, i)}
	if k.hosts > 1 {
		argv = append(argv, "--execution-segment", fmt.Sprintf("%d/%d:%d/%d", i, k.hosts, i+1, k.hosts), "--execution-segment-sequence", k.sequence())
	}
	cmd, said := child.Process(ctx, append(argv, script))
	cmd.WaitDelay = max(cmd.WaitDelay, longestIteration)
	cmd.Env = append(os.Environ(), append(env, "HDR_HOST=host-"+strconv.Itoa(i+1))...)
	err = cmd.Run()
	if cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == thresholdsFail && ctx.Err() == nil {
		return fmt.Errorf("%s: a threshold of the script has failed", script)
	}
	return said.Explain(ctx, "k6", err)
}

// longestIteration limits the wait for k6 after a signal; its own limit is 30 seconds.
const longestIteration = 40 * time.Second

// sequence returns the ends of all shares: 0,1/3,2/3,1.
func (k *k6Bench) sequence() string {
	ends := []string{"0"}
	for i := 1; i < k.hosts; i++ {
		ends = append(ends, fmt.Sprintf("%d/%d", i, k.hosts))
	}
	return strings.Join(append(ends, "1"), ",")
}
