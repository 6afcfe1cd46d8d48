package features

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/onsi/gomega"

	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/autosend"
	"pop3mtm/mtm/store"
)

// ready starts the server and creates the account and the client, unless that is done already.
func (w *world) ready(ctx context.Context) error {
	if w.client != nil {
		return nil
	}
	if w.server == nil {
		if err := w.serve(ctx); err != nil {
			return err
		}
	}
	if w.account == 0 {
		if err := w.addAccount(ctx); err != nil {
			return err
		}
	}
	return w.openClient()
}

// serve starts the server on a free port of this machine, and returns when it serves.
func (w *world) serve(ctx context.Context) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := w.makeServer()
	w.server, w.serving, w.accepted = server, make(chan error, 1), &accepted{Listener: listener, asked: make(chan struct{})}
	if w.other != nil {
		w.accepted.down = w.lines.isDown
	}
	serve := server.Serve
	if w.settings.Security.TLS == account.Implicit && (w.options.TLS != nil || w.play != nil) {
		serve = server.ServeTLS
	}
	go func(l net.Listener) { w.serving <- serve(l) }(w.accepted)
	w.lines.reach(listener.Addr().String())
	select {
	case <-w.accepted.asked: // from now on the server knows its address
		return nil
	case err := <-w.serving:
		w.serving <- err // for the end of the scenario
		return err
	}
}

func (w *world) addAccount(ctx context.Context) (err error) {
	w.account, err = mtm.AddAccount(ctx, w.store, "demo", w.settings)
	return err
}

// change edits the settings of the account, before or after it is created.
func (w *world) change(ctx context.Context, edit func(*account.POP3)) error {
	edit(&w.settings)
	if w.account == 0 {
		return nil
	}
	return mtm.SetAccount(ctx, w.store, w.account, w.settings)
}

func (w *world) openClient() (err error) {
	w.client, err = mtm.Open(w.store, w.account, &mtm.Options{Dial: w.lines.dial, Timeout: w.timeout, Launcher: w.launcher()})
	return err
}

// closeProgram closes client and store, like a program that ends.
func (w *world) closeProgram() error {
	var client error
	if w.client != nil {
		client = w.client.Close()
		w.client = nil
	}
	return errors.Join(client, w.store.Close())
}

// invoke starts a command and does not wait for it to end.
func (w *world) invoke(ctx context.Context, words string) (r result, err error) {
	if err = w.ready(ctx); err != nil {
		return r, err
	}
	cmd, err := w.command(words)
	if err != nil {
		return r, err
	}
	r.words = words
	// The server may still be busy with the end of the last session.
	if !w.client.Busy() {
		if err = w.settled(ctx); err != nil {
			return r, err
		}
	}
	if !w.client.Busy() {
		w.lines.goDown(false)
	}
	if r.operation, r.refused = w.client.InvokeAsync(ctx, cmd); r.refused == nil {
		w.newest = r.operation
	}
	return r, nil
}

// wait waits for a command to end and returns its error. It fails the step when the command does
// not end.
func (w *world) wait(r result) error {
	if r.operation == nil {
		return r.refused
	}
	select {
	case <-r.operation.Done():
	case <-time.After(w.patience):
		w.Expect(r.operation.Progress()).To(gomega.BeNil(), "the operation does not end")
	}
	err := r.operation.Wait()
	w.Expect(r.operation.Progress().Code).To(gomega.BeEquivalentTo(mtm.Code(err)),
		"the progress must have the same error as the operation")
	return err
}

// The values of {who}.
const (
	it            = "it"
	whatIBegan    = "what I began"
	theConnection = "the connection"
)

// given returns the command that a {who} means.
func (w *world) given(who string) result {
	r := w.last
	if who == whatIBegan {
		r = w.begun
	}
	w.Expect(r).NotTo(gomega.BeZero(), "no step before this one has given a command that %q could mean", who)
	return r
}

// settled waits until the server has noticed that the client has closed its connection, so that
// maildrop and transcripts are up to date.
func (w *world) settled(ctx context.Context) error {
	if w.server == nil || connected(w.client) || connected(w.visitor) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, w.patience)
	defer cancel()
	if err := w.server.Wait(ctx); err != nil {
		return fmt.Errorf("a connection was left open: %w", err)
	}
	return nil
}

func connected(c *mtm.Client) bool { return c != nil && c.Connected() }

// launcher returns a launcher that sends in this process, as a program that embeds the MTM may.
func (w *world) launcher() mtm.Launcher {
	return mtm.LauncherFunc(func(ctx context.Context, st *store.Store, smtp store.ID) error {
		_, err := autosend.Run(ctx, st, smtp, &autosend.Options{Timeout: w.patience})
		return err
	})
}
