package features

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"runtime/pprof"
	"sync"
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
	"pop3mtm/scenarios/check"
	"pop3mtm/scenarios/check/process"
)

// The credentials for a scenario's server. The password differs from the user name, so that a
// transcript can be searched for it.
const (
	User       = "demo"
	Password   = "gull-rock"
	rightToken = "token-of-gull-rock"
)

// step is one row of the table: the pattern of a line, and what the line does.
type step struct {
	pattern string // with placeholders
	about   string // one line for STEPS.md
	example string // a line that the pattern matches, and the rows of its table
	run     any    // a method of a world, called with the placeholders' values
}

// world holds the server, store and client of one scenario. The first step that needs the server
// starts it and creates the account.
type world struct {
	gomega.Gomega       // fails the current step
	failed        error // why the current step has failed

	base  *fakeserver.Options // the options of the server; nil for a correct one
	other *other              // the client that is driven instead of the MTM; nil for the MTM
	left  bool                // the rest of the scenario is skipped
	over  bool                // a step has failed or was skipped

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

// other is a client that a scenario drives instead of the MTM.
type other struct {
	drive  check.Drive
	habit  *habit
	client check.Client // nil before its first visit
	ended  *process.Ending
}

// habit is what a client does with the mail that it has fetched, found out once for all scenarios.
type habit struct {
	once  sync.Once
	moves bool
	err   error
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
