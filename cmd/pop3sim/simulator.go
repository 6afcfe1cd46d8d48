package main

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/control"
	"pop3mtm/fakeserver/control/tools"
	"pop3mtm/fakeserver/smtpsink"
	"pop3mtm/scenarios"
)

// simulator holds the servers of the process, and what they serve.
type simulator struct {
	flags       *serveFlags
	stderr      io.Writer
	log         *slog.Logger
	transcripts *transcripts
	tls         *tls.Config
	alone       *fakeserver.Options // of servers for users with ports of their own
	service     *control.Service    // nil when the server cannot be controlled
	web         *web                // nil without --http

	mu          sync.Mutex
	generations []*generation // a reload adds one; the last one serves new clients
}

// generation holds the servers that were made at the start or at a reload.
type generation struct {
	flags  serveFlags // with the users of the scenario
	played *scenarios.Scenario
	mail   *mailbox
	server *fakeserver.Server
	play   *scenarios.Play // nil for a correct server
	sink   *smtpsink.Server
}

// simulator returns the simulator that the flags describe. It does not listen yet.
func (f *serveFlags) simulator(cmd *cobra.Command) (*simulator, error) {
	sim := &simulator{flags: f, stderr: &lockedWriter{w: cmd.ErrOrStderr()}}
	sim.log = f.logs.logger(sim.stderr)
	played, err := f.played.load(cmd.InOrStdin(), cmd.ErrOrStderr())
	if err != nil {
		return nil, err
	}
	if err = f.ready.prepare(); err != nil {
		return nil, err
	}
	if sim.transcripts, err = f.told.open(sim.stderr); err != nil {
		return nil, err
	}
	if sim.tls, err = f.tls.open(f.pop3, f.pop3s, f.smtp); err != nil {
		return nil, err
	}
	g, err := sim.generation(played)
	if err != nil {
		return nil, err
	}
	sim.generations = []*generation{g}
	if f.steered() {
		sim.service = control.New(g.server, &control.Options{Play: g.play, Token: f.web.token, Log: sim.log, Host: hostOf(f.pop3, f.pop3s), Alone: *sim.alone})
	}
	if f.http != "" {
		sim.web = newWeb(sim.service, f.web.mcp, sim.log)
	}
	return sim, nil
}

// generation makes the servers for a scenario; nil stands for correct servers.
func (sim *simulator) generation(played *scenarios.Scenario) (*generation, error) {
	g := &generation{flags: *sim.flags, played: played}
	g.flags.users, g.flags.tokens = slices.Clone(g.flags.users), slices.Clone(g.flags.tokens)
	if err := g.flags.adapt(played); err != nil {
		return nil, err
	}
	mail, drops, err := g.flags.mailFor(played)
	if err != nil {
		return nil, err
	}
	g.mail = mail
	o := g.flags.options(sim.log, sim.transcripts, drops)
	o.TLS = sim.tls
	alone := *o
	alone.Users = nil
	sim.alone = &alone
	if g.server, g.play, err = g.flags.server(played, o); err != nil {
		return nil, err
	}
	g.sink = newSink(g.server, o, g.flags.limits.room(), sim.transcripts)
	return g, g.flags.playSMTP(g.play, g.sink)
}

// latest returns the generation that serves new clients.
func (sim *simulator) latest() *generation {
	sim.mu.Lock()
	defer sim.mu.Unlock()
	return sim.generations[len(sim.generations)-1]
}

// run serves on the ports until ctx ends or a listener fails.
func (sim *simulator) run(ctx context.Context, cmd *cobra.Command, ports listeners) error {
	started := time.Now()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if sim.service != nil {
		sim.service.SetAddresses(ports.forClients())
	}
	first := sim.latest()
	defer sim.reloads(ctx)()
	served, running := ports.serve(first.server, first.sink, sim.web)
	first.flags.announce(sim.stderr, first.mail, ports, first.server.Mechanisms())
	defer sim.flags.ready.withdraw()
	err := sim.flags.ready.announce(cmd.OutOrStdout(), ports.addresses())
	if sim.flags.agent {
		go sim.attend(ctx, cmd, stop)
	}
	if err == nil {
		select {
		case err = <-served: // a server stops by itself only when its listener fails
			running--
		case <-ctx.Done():
		}
	}
	err = errors.Join(err, sim.shutdown(ctx))
	sim.summary(ctx, time.Since(started))
	for range running {
		err = errors.Join(err, stopped(<-served))
	}
	if last := sim.latest(); last.play != nil {
		if judged := last.flags.verdict(ctx, sim.stderr, last.play, last.sink); err == nil {
			err = judged
		}
	}
	return err
}

// shutdown stops all servers. Nobody is sent here any more, and open sessions may go on for the
// time of --drain. The servers of the first generation end last: they have the listeners.
func (sim *simulator) shutdown(ctx context.Context) (err error) {
	sim.mu.Lock()
	defer sim.mu.Unlock()
	sim.flags.ready.withdraw()
	if sim.service != nil {
		sim.service.Leave()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sim.flags.life.drain)
	defer cancel()
	for _, g := range slices.Backward(sim.generations) {
		err = errors.Join(err, shutdown(ctx, g.server), shutdown(ctx, g.sink))
	}
	if sim.service != nil {
		err = errors.Join(err, sim.service.Close())
	}
	if sim.web != nil {
		still, stop := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer stop()
		err = errors.Join(err, shutdown(still, sim.web))
	}
	return err
}

// attend serves the tools to the agent on standard input and output, and calls stop when the agent
// closes them.
func (sim *simulator) attend(ctx context.Context, cmd *cobra.Command, stop context.CancelCauseFunc) {
	server := tools.New(sim.service, cli.Version(), sim.log)
	err := server.Run(ctx, &mcp.IOTransport{Reader: io.NopCloser(cmd.InOrStdin()), Writer: unclosed{cmd.OutOrStdout()}})
	if err == nil || errors.Is(err, io.EOF) {
		err = errAgentLeft
	}
	stop(err)
}

// errAgentLeft is the reason for a stop when the agent has closed standard input.
var errAgentLeft = errors.New("the agent has closed standard input")

// unclosed is standard output, protected from being closed by a transport.
type unclosed struct{ io.Writer }

// Close implements io.Closer.
func (unclosed) Close() error { return nil }
