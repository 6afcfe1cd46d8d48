package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm"
	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/store"
)

// mailbox holds one run of get, populate, delete or cancel-offline: what these commands share.
type mailbox struct {
	env     *env
	cmd     *cobra.Command
	store   *store.Store
	account mtm.Account
	ids     []store.ID
	wait    delay

	checkIDs func() error // checks the ids; nil = they must be messages of the mailbox
}

// takeAccount lets a command take ACCOUNT and ids. The account may be left out when there are ids;
// inside a shell it is always left out.
func takeAccount(e *env, c *cobra.Command) {
	c.Args = cobra.MinimumNArgs(1)
	c.ValidArgsFunction = completer(e, namesOf(isAccount))
	if e.shell != nil {
		c.Use, c.Args = strings.Replace(strings.Replace(c.Use, "[ACCOUNT] ", "", 1), "ACCOUNT ", "", 1), cobra.ArbitraryArgs
	}
}

// takeWait adds --wait to a command that connects.
func takeWait(e *env, c *cobra.Command, wait *delay) {
	*wait = e.wait
	c.Flags().Var(wait, "wait", "how long to wait for the mailbox when another program has it open")
}

// connect returns the client's command to connect.
func (m *mailbox) connect() mtm.Connect { return mtm.Connect{Wait: time.Duration(m.wait)} }

// parse reads the account and the ids from the command line. It returns the account's name, ""
// when only ids are given.
func (m *mailbox) parse(cmd *cobra.Command, args []string) (name string, err error) {
	m.cmd = cmd
	if m.env.shell != nil {
		args = m.env.shell.withAccount(args)
	}
	if isID(args[0]) {
		m.ids, err = parseIDs(args)
		return "", err
	}
	m.ids, err = parseIDs(args[1:])
	return args[0], err
}

// needIDs returns an error when no ids are given.
func (m *mailbox) needIDs() error {
	if len(m.ids) == 0 {
		return cli.Usage("name the messages by their ids; 'mtm list ACCOUNT' shows them")
	}
	return nil
}

// use opens the store and the client of the account, and calls act.
func (m *mailbox) use(name string, act func(*mtm.Client) error) error {
	return m.env.withStore(writing, func(st *store.Store) (err error) {
		m.store = st
		if name, err = m.resolve(m.cmd.Context(), name); err != nil {
			return err
		}
		if m.account, err = findAccount(m.cmd.Context(), st, name); err != nil {
			return err
		}
		check := m.checkIDs
		if check == nil {
			check = m.checkSelection
		}
		if err = check(); err != nil {
			return err
		}
		return m.env.limits.within(m.cmd.Context(), m.account, func(ctx context.Context) error {
			m.cmd.SetContext(ctx)
			return m.env.withClient(m.cmd, st, m.account, act)
		})
	})
}

// checkSelection returns an error for an id that is not in the mailbox, before the client connects.
func (m *mailbox) checkSelection() error {
	ctx := m.cmd.Context()
	for _, id := range m.ids {
		e, err := m.store.Entry(ctx, id)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err != nil || e.Parent != m.account.ID || e.Type != store.TypeMessage {
			return m.noMessage(id)
		}
	}
	return nil
}

func (m *mailbox) noMessage(id store.ID) error {
	return coded(mtm.ErrNotFound, "message %d is not in the mailbox of %s: 'mtm list %s' shows the ids", id, m.account.Name, m.account.Name)
}

// online runs a command that needs a connection. It uses the shell's connection, which is
// made if necessary and stays, or one of its own that ends with QUIT. The result is valid
// also when the error is not nil.
func (m *mailbox) online(client *mtm.Client, command mtm.Command) (mtm.Result, error) {
	var failed error
	var result mtm.Result
	run := func(c mtm.Command) {
		op, err := m.env.follow(m.cmd, client, c)
		addResult(&result, op)
		failed = joined(failed, err)
	}
	if !client.Connected() {
		connect := m.connect()
		if p, ok := command.(mtm.Populate); ok {
			connect.For = &p
		}
		// The command goes on when the server refuses some headers.
		if run(connect); !client.Connected() {
			return result, failed
		}
	}
	run(command)
	if m.env.shell == nil && client.Connected() {
		run(mtm.Disconnect{})
	}
	return result, failed
}

// joined returns the first of two failures, with the failed messages of both.
func joined(a, b error) error {
	if a == nil || b == nil {
		return errors.Join(a, b)
	}
	first, ok1 := errors.AsType[*mtm.Error](a)
	second, ok2 := errors.AsType[*mtm.Error](b)
	if !ok1 || !ok2 {
		return a
	}
	all := *first
	all.Failed = slices.Concat(first.Failed, second.Failed)
	return &all
}

// The limits for LIST and UIDL, so that no server can use up the memory: mtm stays below 512 MiB,
// whatever the unique-ids are. They allow 16 octets for each, and 70 (RFC 1939 section 7) for two
// million. Of rows that are not in order a million are read, since they take more.
const (
	maxListed    = 10_000_000
	maxUIDOctets = 160 << 20
)

// withClient opens a client, calls use, and closes the client. Inside a shell it
// uses the shell's client.
func (e *env) withClient(cmd *cobra.Command, st *store.Store, a mtm.Account, use func(*mtm.Client) error) error {
	if e.shell != nil {
		return use(e.shell.client)
	}
	warnUnverified(cmd.ErrOrStderr(), a)
	var autosend launching
	o := mtm.Options{
		Timeout:  time.Duration(e.timeout),
		Launcher: &autosend,
		Wire:     &pop3.Options{MaxRows: maxListed, MaxUIDOctets: maxUIDOctets, Window: int(e.window)},
	}
	e.limits.apply(&o)
	e.resume.apply(&o)
	client, err := mtm.Open(st, a.ID, &o)
	if err != nil {
		return err
	}
	failed := use(client)
	if err := client.Close(); failed == nil { // it waits for the launch
		failed = err
	}
	autosend.warn(cmd.ErrOrStderr(), a.Name)
	return failed
}

// follow runs a command and shows its progress until it ends. The operation is nil when the
// command could not start.
func (e *env) follow(cmd *cobra.Command, client *mtm.Client, command mtm.Command) (*mtm.Operation, error) {
	op, err := client.InvokeAsync(cmd.Context(), command)
	if err != nil {
		return nil, err
	}
	if e.shell != nil {
		e.shell.last = op
	}
	showProgress(cmd.ErrOrStderr(), op)
	failed := op.Wait()
	e.gaps += op.Progress().Interruptions
	warnQuitRefused(cmd.ErrOrStderr(), op)
	return op, failed
}

// explain adds to the error of a command what the user can do about it.
func explain(err error, a mtm.Account) error {
	failure, ok := errors.AsType[*mtm.Error](err)
	if !ok {
		return err
	}
	if failure.Code == mtm.ErrCancelled {
		// The text is replaced, so that the error is not mistaken for a signal
		// that ended something else.
		return coded(mtm.ErrCancelled, "%s: cancelled", failure.Command)
	}
	if hint := hintFor(failure, a); hint != "" {
		return fmt.Errorf("%w; %s", err, hint)
	}
	return err
}
