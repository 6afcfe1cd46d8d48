package main

import (
	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm"
)

// populate holds one run of the command.
type populate struct {
	mailbox
	wanted
	lines int
	now   bool
}

func populateCommand(e *env) *cobra.Command {
	p := &populate{mailbox: mailbox{env: e}}
	c := &cobra.Command{
		Use:   "populate ACCOUNT [ID...]",
		Short: "Fetch whole messages, or their first lines, into the list of an account's mailbox",
		Long: `Populate connects, updates the list of the mailbox, fetches messages in place, and disconnects. Unlike get it puts no
copy into a folder: 'mtm list ACCOUNT' lists the messages, 'mtm show' shows them, and they are removed when the server no
longer has them. Messages stay on the server.

New messages are those that arrived since the last connection, and those that an earlier populate did not finish; the newest is
fetched first. With ids, only these messages are fetched, in their order. Messages that are whole here are not fetched again.

With --lines only the header and that number of lines of the text are fetched. A longer message is marked p in the list;
populate without a limit, or with --lines -1, fetches all of it.

When the account is in disconnected mode and not connected, a populate with ids sends nothing: it is queued for the next
session, and 'mtm cancel-offline' takes it back. --now connects instead.`,
		Example: `  mtm populate work
  mtm populate work --which all --lines 20
  mtm populate work 12 15 --lines -1
  mtm populate work --which all --max-size 100KiB`,
		RunE: run(func(cmd *cobra.Command, args []string) error { return p.run(cmd, args) }),
	}
	takeAccount(e, c)
	takeWait(e, c, &p.wait)
	takeResume(e, c)
	p.add(c)
	c.Flags().IntVar(&p.lines, "lines", -1, "fetch the header and the first `N` lines of the text; -1 = all; default: the account's population limit")
	c.Flags().BoolVar(&p.now, "now", false, nowHelp)
	return c
}

func (p *populate) run(cmd *cobra.Command, args []string) error {
	name, err := p.parse(cmd, args)
	if err != nil {
		return err
	}
	if err = p.check(cmd.Flags(), p.ids); err != nil {
		return err
	}
	if p.lines < -1 {
		return cli.Usage("--lines takes a number of lines, or -1 for all, not %d", p.lines)
	}
	return p.use(name, p.fetch)
}

func (p *populate) fetch(client *mtm.Client) error {
	f := p.cmd.Flags()
	command := mtm.Populate{Which: p.kind(), Messages: p.ids, Skip: p.skipped(), MaxSize: p.limit(f, p.account), Order: p.first()}
	if !f.Changed("lines") {
		p.lines = p.account.POP3.PopulationLimit
	}
	if p.lines >= 0 {
		command.Top, command.Lines = true, p.lines
	}
	if p.queues(client, p.now) {
		result, err := p.queue(client, command)
		return p.reportQueued(report{Result: result, place: p.account.Name, marks: true, which: p.which.value}, "populated", p.begins(), err)
	}
	result, err := p.online(client, command)
	return p.report(report{Result: result, place: p.account.Name, marks: true, which: p.which.value}, explain(err, p.account))
}
