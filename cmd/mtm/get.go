package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

// get is one run of the command.
type get struct {
	which, take choice
	into        string
	create      bool
	maxSize     cli.Size
	headersOnly bool

	env     *env
	cmd     *cobra.Command
	store   *store.Store
	account mtm.Account
	ids     []store.ID
}

func getCommand(e *env) *cobra.Command {
	g := &get{
		which: choice{value: "new", allowed: []string{"new", "all", "selection"}},
		take:  choice{value: "copy", allowed: []string{"copy", "move"}},
		env:   e,
	}
	c := &cobra.Command{
		Use:   "get ACCOUNT [ID...]",
		Short: "Fetch mail from an account's mailbox into a folder",
		Long: `Get connects, brings the list of the mailbox up to date, copies or moves messages into a folder, and disconnects.
New are the messages that arrived since the last connection, and those that an earlier get was asked for and did not
finish. A message whose whole copy is in the folder already is not fetched again.

With ids only these messages are fetched; 'mtm list ACCOUNT' shows the ids. A move deletes a message on the server once
its copy here is whole and synced to disk. When the line breaks, what is whole stays, and the next get fetches the rest.`,
		Example: `  mtm get work
  mtm get work --take move --into Archive --create
  mtm get work --which all --max-size 2MiB
  mtm get work 12 15
  mtm get work --headers-only && mtm list work`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completer(e, namesOf(isAccount)),
		RunE:              run(func(cmd *cobra.Command, args []string) error { return g.run(cmd, args) }),
	}
	if e.shell != nil {
		c.Use, c.Args = "get [ID...]", cobra.ArbitraryArgs
	}
	f := c.Flags()
	f.Var(&g.which, "which", "messages to fetch; ids mean selection")
	f.Var(&g.take, "take", "leave them on the server, or delete them there")
	f.StringVar(&g.into, "into", "Inbox", "`FOLDER` to put them in, by name or id")
	f.BoolVar(&g.create, "create", false, "make the folder when there is none of that name")
	f.Var(&g.maxSize, "max-size", "leave out larger messages; 10KiB, 2MB")
	f.BoolVar(&g.headersOnly, "headers-only", false, "bring the list of the mailbox up to date and fetch no message")
	for name, words := range map[string][]string{"which": g.which.allowed, "take": g.take.allowed} {
		// The flags exist, so registering cannot fail.
		_ = c.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	}
	_ = c.RegisterFlagCompletionFunc("into", func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		return complete(e, cmd, namesOf(isFolder))
	})
	return c
}

func (g *get) run(cmd *cobra.Command, args []string) (err error) {
	g.cmd = cmd
	if g.env.shell != nil {
		args = g.env.shell.withAccount(args)
	}
	if g.ids, err = parseIDs(args[1:]); err != nil {
		return err
	}
	if err = g.checkFlags(); err != nil {
		return err
	}
	return g.env.withStore(writing, func(st *store.Store) error {
		g.store = st
		if g.account, err = findAccount(cmd.Context(), st, args[0]); err != nil {
			return err
		}
		return g.env.withClient(g.store, g.account, g.fetch)
	})
}

func (g *get) checkFlags() error {
	f := g.cmd.Flags()
	if f.Changed("which") && (g.which.value == "selection") != (len(g.ids) > 0) {
		if len(g.ids) > 0 {
			return cli.Usage("ids and --which %s exclude each other", g.which.value)
		}
		return cli.Usage("--which selection needs the ids of messages; 'mtm list ACCOUNT' shows them")
	}
	if len(g.ids) > 0 {
		g.which.value = "selection"
	}
	if !g.headersOnly {
		return nil
	}
	for _, other := range []string{"which", "take", "into", "create", "max-size"} {
		if f.Changed(other) {
			return cli.Usage("--headers-only and --%s exclude each other", other)
		}
	}
	if len(g.ids) > 0 {
		return cli.Usage("--headers-only takes no ids")
	}
	return nil
}

func (g *get) fetch(client *mtm.Client) error {
	ctx := g.cmd.Context()
	if g.headersOnly {
		return g.refresh(ctx, client)
	}
	if err := g.checkSelection(ctx); err != nil {
		return err
	}
	folder, made, err := g.folder(ctx)
	if err != nil {
		return err
	}
	link := mtm.ThenDisconnect
	switch {
	case client.Connected():
		link = mtm.WhileConnected
	case g.env.shell != nil:
		link = mtm.StayOnline
	}
	op, err := g.env.follow(g.cmd, client, mtm.GetMail{
		Which: g.kind(), Take: g.way(), Link: link, Into: folder.ID, Messages: g.ids, MaxSize: int64(g.maxSize),
	})
	var result mtm.Result
	if op != nil {
		result = op.Result()
	}
	if made && err != nil && len(result.Messages) == 0 {
		// Nothing came, so nothing of ours stays either. The failure of get is the one to tell.
		b := g.store.NewBatch()
		b.Delete(folder.ID)
		_ = b.Commit(context.WithoutCancel(ctx))
	}
	return g.report(folder, result, explain(err, g.account))
}

func (g *get) kind() mtm.Which {
	switch g.which.value {
	case "all":
		return mtm.All
	case "selection":
		return mtm.Selection
	}
	return mtm.New
}

func (g *get) way() mtm.Take {
	if g.take.value == "move" {
		return mtm.Move
	}
	return mtm.Copy
}

// checkSelection refuses ids that the mailbox does not have, before the server is asked for anything.
func (g *get) checkSelection(ctx context.Context) error {
	for _, id := range g.ids {
		e, err := g.store.Entry(ctx, id)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err != nil || e.Parent != g.account.ID || e.Type != store.TypeMessage {
			return coded(mtm.ErrNotFound, "%d is no message in the mailbox of %s: 'mtm list %s' shows the ids", id, g.account.Name, g.account.Name)
		}
	}
	return nil
}

// folder finds the destination, or makes it with --create.
func (g *get) folder(ctx context.Context) (folder store.Entry, made bool, err error) {
	folder, err = findPlace(ctx, g.store, g.into, "folder", isFolder)
	if err == nil || !errors.Is(err, mtm.ErrNotFound) {
		return folder, false, err
	}
	if !g.create {
		return folder, false, coded(mtm.ErrNotFound, "%v; --create makes it", err)
	}
	id, err := makeFolder(ctx, g.store, g.into)
	return store.Entry{ID: id, Name: g.into}, err == nil, err
}

// refresh is --headers-only: connect, which refreshes, and disconnect.
func (g *get) refresh(ctx context.Context, client *mtm.Client) error {
	_, failed := g.env.follow(g.cmd, client, mtm.Connect{})
	if client.Connected() && g.env.shell == nil {
		if err := client.InvokeSync(ctx, mtm.Disconnect{}); failed == nil {
			failed = err
		}
	}
	return g.reportHeaders(ctx, explain(failed, g.account))
}

// withClient opens a client for use and closes it after it. Inside a shell it is the shell's.
func (e *env) withClient(st *store.Store, a mtm.Account, use func(*mtm.Client) error) error {
	if e.shell != nil {
		return use(e.shell.client)
	}
	client, err := mtm.Open(st, a.ID, &mtm.Options{Timeout: time.Duration(e.timeout)})
	if err != nil {
		return err
	}
	failed := use(client)
	if err := client.Close(); failed == nil {
		failed = err
	}
	return failed
}

// follow runs a command and shows its progress until it ends. The operation is nil when it could not start.
func (e *env) follow(cmd *cobra.Command, client *mtm.Client, command mtm.Command) (*mtm.Operation, error) {
	op, err := client.InvokeAsync(cmd.Context(), command)
	if err != nil {
		return nil, err
	}
	if e.shell != nil {
		e.shell.last = op
	}
	showProgress(cmd.ErrOrStderr(), op)
	return op, op.Wait()
}

// explain adds to the failure of a command what the user can do about it.
func explain(err error, a mtm.Account) error {
	failure, ok := errors.AsType[*mtm.Error](err)
	if !ok {
		return err
	}
	if failure.Code == mtm.ErrCancelled {
		// In words of its own, so that it does not pass for a signal that ended something else.
		return coded(mtm.ErrCancelled, "%s: cancelled", failure.Command)
	}
	if hint := hintFor(failure, a); hint != "" {
		return fmt.Errorf("%w; %s", err, hint)
	}
	return err
}
