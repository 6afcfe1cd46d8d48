package features

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"net"
	"os"
	"path/filepath"
	"runtime/pprof"
	"sync/atomic"
	"time"

	"github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/smtpsink"
	"pop3mtm/fixtures"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
	"pop3mtm/scenarios"
)

// world holds the server, store and client of one scenario. The first step that needs the server
// starts it and creates the account.
type world struct {
	gomega.Gomega       // fails the current step
	failed        error // why the current step has failed

	base  *fakeserver.Options // the options of the server; nil for a correct one
	other *other              // the client that is driven instead of the MTM; nil for the MTM
	left  bool                // the rest of the scenario is skipped

	// patience limits every wait of a step. It is long enough for a loaded machine, and short
	// enough for a hang to become a failure with a text.
	patience time.Duration
	label    string // the label of this scenario in a goroutine profile

	dir         string
	letters     map[string]letter // all letters of the scenario, by subject
	drop        *fakeserver.Maildrop
	options     fakeserver.Options
	play        *scenarios.Play    // nil unless the server plays a scenario
	server      *fakeserver.Server // nil before it is needed
	accepted    *accepted          // its listener
	authority   *fixtures.CA       // signs the server's certificate; nil without TLS
	certificate string             // its state, a {certificate}
	serving     chan error
	lines       lines
	silence     *silence // the newest, or nil
	sent        sent
	sink        *smtpsink.Server // for sending; nil before mail can be sent
	sinking     chan error

	settings account.POP3
	account  store.ID // 0 before the server is needed
	store    *store.Store
	free     atomic.Int64 // octets that the store believes are free
	timeout  time.Duration
	client   *mtm.Client
	visitor  *mtm.Client // another program at the same mailbox

	into      store.ID
	maxSize   int64
	selection []store.ID
	last      result         // of "it"
	begun     result         // of "what I began"
	newest    *mtm.Operation // of the newest command that was not refused
}

// result is a command of a step. It was refused, or it runs or has run.
type result struct {
	words     string
	operation *mtm.Operation
	refused   error
}

// begin prepares the world of a scenario, which runs in the goroutine of the caller. Every
// goroutine that the scenario starts inherits the label, so those that it leaves behind can be
// found while other scenarios run.
func (w *world) begin(ctx context.Context, id string) (err error) {
	if err = context.Cause(ctx); err != nil {
		return err
	}
	pprof.SetGoroutineLabels(pprof.WithLabels(ctx, pprof.Labels("scenario", id)))
	w.label = fmt.Sprintf("%q:%q", "scenario", id)
	if w.dir, err = os.MkdirTemp("", "pop3mtm-features-"); err != nil {
		return err
	}
	w.patience = 30 * time.Second
	w.letters = make(map[string]letter)
	w.drop = fakeserver.NewMaildrop()
	w.Gomega = gomega.NewGomega(w.fail)
	w.options = w.serverOptions()
	w.options.LockWait = -1 // no wait is needed: invoke waits for the last session to end
	w.into = store.Inbox
	w.free.Store(math.MaxInt64)
	w.settings = account.Defaults()
	w.settings.Auth = account.UserPass // the same method, whatever the server offers
	w.settings.Host, w.settings.LoginName, w.settings.Password.Literal = "127.0.0.1", "demo", Password
	return w.openStore()
}

// serverOptions returns the options of the server: those of the suite's author, or those of a
// correct server without SASL mechanisms. The user demo is added.
func (w *world) serverOptions() fakeserver.Options {
	o := fakeserver.Options{Mechanisms: []string{}}
	if w.base != nil {
		o = *w.base
	}
	o.Users = maps.Clone(o.Users)
	if o.Users == nil {
		o.Users = map[string]fakeserver.User{}
	}
	o.Users["demo"] = fakeserver.User{Password: Password, Token: rightToken}
	return o
}

// stop is the value of the panic that ends a step whose expectation failed. godog treats it like a
// panic of its own, and adds no stack to the message. (godog.T would print the message to standard
// output, where a report may go.)
type stop struct{}

func (stop) Error() string { return "an expectation failed" }

// Is returns true, so that godog takes stop for its own error.
func (stop) Is(error) bool { return true }

// fail ends the current step; the hook after the step reports the message.
func (w *world) fail(message string, _ ...int) {
	w.failed = errors.New(message)
	panic(stop{})
}

func (w *world) storeDir() string { return filepath.Join(w.dir, "mail.store") }

func (w *world) openStore() (err error) {
	w.store, err = store.Open(w.storeDir(), &store.Options{
		FreeSpace: func(string) (int64, error) { return w.free.Load(), nil },
	})
	return err
}

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

// serve starts the server on a free port of this machine.
func (w *world) serve(ctx context.Context) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := w.makeServer()
	w.server, w.serving, w.accepted = server, make(chan error, 1), &accepted{Listener: listener}
	if w.other != nil {
		w.accepted.down = w.lines.isDown
	}
	serve := server.Serve
	if w.settings.Security.TLS == account.Implicit && (w.options.TLS != nil || w.play != nil) {
		serve = server.ServeTLS
	}
	go func(l net.Listener) { w.serving <- serve(l) }(w.accepted)
	w.lines.reach(listener.Addr().String())
	return nil
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
