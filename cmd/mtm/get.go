package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
)

// get holds one run of the command.
type get struct {
	mailbox
	wanted
	take        choice
	into        string
	create      bool
	headersOnly bool
	now         bool
}

func getCommand(e *env) *cobra.Command {
	g := &get{mailbox: mailbox{env: e}, take: choice{value: "copy", allowed: []string{"copy", "move"}}}
	c := &cobra.Command{
		Use:   "get ACCOUNT [ID...]",
		Short: "Fetch mail from an account's mailbox into a folder",
		Long: `Get connects, updates the list of the mailbox, copies or moves messages into a folder, and disconnects. New messages
are those that arrived since the last connection, and those that an earlier get did not finish. The newest message is fetched
first, or with --order oldest the oldest. A message whose whole copy is in the folder already is not fetched again.

With ids, only these messages are fetched; 'mtm list ACCOUNT' shows the ids. A move deletes a message on the server after
its copy here is whole and synced to disk. If the connection breaks, whole messages stay, and the next get fetches the rest.

When a message breaks the connection, get connects again for the other messages, deletes those that were moved, and requests
that message last; after it has broken two connections, get requests it only once per run. 'mtm list ACCOUNT' marks it with x.
--skip leaves out the message, and with --headers-only its header.

With --resume, get connects again after 1, 2, 4 ... 60 s when the connection is lost, or silent for --timeout, and continues. The
interrupted message is fetched again first; when it breaks the connection a second time it is fetched last, and a third time it is
reported as failed. Stored messages are not fetched again. Get ends after the given time without a connection; the time starts
again whenever messages were stored.

When the account is in disconnected mode and not connected, a get with ids sends nothing: messages that are whole here are
copied at once, and the others are fetched by the next session. Until then the folder shows a placeholder, marked W, and
'mtm cancel-offline' takes it back. --now connects instead.`,
		Example: `  mtm get work
  mtm get work --take move --into Archive --create
  mtm get work --which all --max-size 2MiB
  mtm get work 12 15
  mtm get work --skip 12
  mtm get work --resume 5m
  mtm get work --headers-only && mtm list work`,
		RunE: run(func(cmd *cobra.Command, args []string) error { return g.run(cmd, args) }),
	}
	takeAccount(e, c)
	takeWait(e, c, &g.wait)
	takeResume(e, c)
	g.add(c)
	f := c.Flags()
	f.Var(&g.take, "take", "leave the messages on the server, or delete them there")
	f.StringVar(&g.into, "into", "Inbox", "`FOLDER` for the messages, by name or id")
	f.BoolVar(&g.create, "create", false, "create the folder if it does not exist")
	f.BoolVar(&g.headersOnly, "headers-only", false, "update the list of the mailbox and fetch no messages")
	f.BoolVar(&g.now, "now", false, nowHelp)
	completeWords(c, "take", g.take.allowed)
	_ = c.RegisterFlagCompletionFunc("into", func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		return complete(e, cmd, namesOf(isFolder))
	})
	return c
}

// fetchFlags returns the flags that --headers-only excludes.
func fetchFlags() []string {
	return []string{"which", "take", "into", "create", "max-size", "order", "now"}
}

func (g *get) run(cmd *cobra.Command, args []string) error {
	name, err := g.parse(cmd, args)
	if err != nil {
		return err
	}
	if err = g.checkFlags(); err != nil {
		return err
	}
	return g.use(name, g.fetch)
}

func (g *get) checkFlags() error {
	f := g.cmd.Flags()
	if err := g.check(f, g.ids); err != nil {
		return err
	}
	if !g.headersOnly {
		return nil
	}
	for _, other := range fetchFlags() {
		if f.Changed(other) {
			return cli.Usage("--headers-only and --%s exclude each other", other)
		}
	}
	if len(g.ids) > 0 {
		return cli.Usage("--headers-only takes no ids")
	}
	return nil
}

// wantsHeaders reports whether only headers are wanted: by the flag, or by the account's setting
// when no flag and no id says otherwise.
func (g *get) wantsHeaders() bool {
	f := g.cmd.Flags()
	if f.Changed("headers-only") || len(g.ids) > 0 || slices.ContainsFunc(fetchFlags(), f.Changed) {
		return g.headersOnly
	}
	return g.account.POP3.GetMail == account.Headers
}

func (g *get) fetch(client *mtm.Client) error {
	ctx := g.cmd.Context()
	if g.wantsHeaders() {
		return g.refresh(ctx, client)
	}
	folder, made, err := g.folder(ctx)
	if err != nil {
		return err
	}
	queues := g.queues(client, g.now)
	link := mtm.ThenDisconnect
	switch {
	case queues:
		link = mtm.WhileConnected
	case client.Connected():
		link = mtm.WhileConnected
	case g.env.shell != nil:
		link = mtm.StayOnline
	}
	op, err := g.env.follow(g.cmd, client, mtm.GetMail{
		Which: g.kind(), Take: g.way(), Link: link, Into: folder.ID, Messages: g.ids, Skip: g.skipped(),
		MaxSize: g.limit(g.cmd.Flags(), g.account), Order: g.first(), Wait: time.Duration(g.wait),
	})
	var result mtm.Result
	if op != nil {
		result = op.Result()
	}
	if made {
		// A new folder that got no message is removed, unless another program uses it by now. Only
		// the failure of get is reported.
		b := g.store.NewBatch()
		if err != nil && len(result.Messages)+len(result.Queued) == 0 {
			b.Withdraw(folder.ID)
		} else {
			b.SetFlags([]store.ID{folder.ID}, 0, store.InPreparation)
		}
		if settled := b.Commit(context.WithoutCancel(ctx)); err == nil {
			err = settled
		}
	}
	r := report{Result: result, place: folder.Name, moved: g.take.value == "move" && !queues, which: g.which.value}
	if queues {
		what := map[mtm.Take]string{mtm.Copy: "copied into ", mtm.Move: "moved into "}[g.way()]
		return g.reportQueued(r, what+folder.Name, g.begins(), err)
	}
	return g.report(r, explain(err, g.account))
}

func (g *get) way() mtm.Take {
	if g.take.value == "move" {
		return mtm.Move
	}
	return mtm.Copy
}

// folder finds the destination, or creates it with --create. A new folder is
// InPreparation until get ends.
func (g *get) folder(ctx context.Context) (folder store.Entry, made bool, err error) {
	folder, err = findPlace(ctx, g.store, g.into, "folder", isFolder)
	switch {
	case err == nil && folder.Flags.Has(store.InPreparation):
		// Another get is creating it, or was killed while it did so: this one may use it.
		return makeFolder(ctx, g.store, folder.Name)
	case err == nil || !errors.Is(err, mtm.ErrNotFound):
		return folder, false, err
	case !g.create:
		return folder, false, coded(mtm.ErrNotFound, "%v; --create creates it", err)
	}
	return makeFolder(ctx, g.store, g.into)
}

// refresh carries out --headers-only: it connects, which updates the list, and disconnects.
func (g *get) refresh(ctx context.Context, client *mtm.Client) error {
	var done mtm.Result
	connect := g.connect()
	connect.Skip = g.skipped()
	op, failed := g.env.follow(g.cmd, client, connect)
	addResult(&done, op)
	if client.Connected() && g.env.shell == nil {
		op, err := g.env.follow(g.cmd, client, mtm.Disconnect{})
		addResult(&done, op)
		failed = joined(failed, err)
	}
	return g.reportHeaders(ctx, done, explain(failed, g.account))
}
