package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/control"
	"pop3mtm/fakeserver/record"
	"pop3mtm/fakeserver/smtpsink"
	"pop3mtm/scenarios"
)

// simulator is the servers of one process and what they serve.
type simulator struct {
	flags       *serveFlags
	mail        *mailbox
	server      *fakeserver.Server
	play        *scenarios.Play // nil for a correct server
	sink        *smtpsink.Server
	stderr      io.Writer
	transcripts *transcripts
	log         *slog.Logger
	service     *control.Service // nil when nobody can steer
	web         *web             // nil without --http
}

// simulator makes what the flags describe. It listens nowhere yet.
func (f *serveFlags) simulator(cmd *cobra.Command) (*simulator, error) {
	played, err := f.played.load(cmd.InOrStdin(), cmd.ErrOrStderr())
	if err != nil {
		return nil, err
	}
	if err = f.adapt(played); err != nil {
		return nil, err
	}
	sim := &simulator{flags: f, stderr: &lockedWriter{w: cmd.ErrOrStderr()}}
	mail, drops, err := f.mailFor(played)
	if err != nil {
		return nil, err
	}
	sim.mail = mail
	if err = f.ready.prepare(); err != nil {
		return nil, err
	}
	if sim.transcripts, err = f.told.open(sim.stderr); err != nil {
		return nil, err
	}
	o := f.options(sim.stderr, sim.transcripts, drops)
	if o.TLS, err = f.tls.open(f.pop3, f.pop3s, f.smtp); err != nil {
		return nil, err
	}
	if sim.server, sim.play, err = f.server(played, o); err != nil {
		return nil, err
	}
	var onSMTP func(fakeserver.Transcript)
	if f.told.given() {
		onSMTP = sim.transcripts.session("SMTP ")
	}
	sim.log = o.Log
	if f.steered() {
		sim.service = control.New(sim.server, &control.Options{Play: sim.play, Token: f.web.token, Log: o.Log})
	}
	if f.http != "" {
		sim.web = newWeb(sim.service, f.web.mcp, o.Log)
	}
	sim.sink = newSink(sim.server, o, f.limits.room(), onSMTP)
	return sim, f.playSMTP(sim.play, sim.sink)
}

// run serves on the ports until ctx ends or a listener fails.
func (sim *simulator) run(ctx context.Context, cmd *cobra.Command, ports listeners) error {
	started := time.Now()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if sim.service != nil {
		sim.service.SetAddresses(ports.forClients())
	}
	served, running := ports.serve(sim.server, sim.sink, sim.web)
	sim.flags.announce(sim.stderr, sim.mail, ports, sim.server.Mechanisms())
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
	if sim.web != nil {
		err = errors.Join(err, shutdown(ctx, sim.web))
	}
	err = errors.Join(err, shutdown(ctx, sim.server), shutdown(ctx, sim.sink))
	sim.summary(ctx, time.Since(started))
	var judged error
	if sim.play != nil {
		judged = sim.flags.verdict(ctx, sim.stderr, sim.play, sim.sink)
	}
	for range running {
		err = errors.Join(err, stopped(<-served))
	}
	if err == nil {
		err = judged
	}
	return err
}

// grace is the time that open sessions may continue after the signal to stop.
const grace = time.Second

// shutdown stops the server after giving open sessions a moment to finish.
func shutdown(ctx context.Context, server interface{ Shutdown(context.Context) error }) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	err := server.Shutdown(ctx)
	// Rules of a scenario that have not fired are reported by verdict, not here.
	_, unmet := errors.AsType[*fakeserver.UnmetError](err)
	if unmet || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

func stopped(err error) error {
	if errors.Is(err, fakeserver.ErrClosed) || errors.Is(err, record.ErrClosed) || errors.Is(err, net.ErrClosed) || errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
