package main

import (
	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm"
)

// populate is one run of the command.
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
		Short: "Fetch messages into the list of an account's mailbox, whole or the first lines",
		Long: `Populate connects, brings the list of the mailbox up to date, fetches messages in place, and disconnects. Unlike get it
puts no copy into a folder: 'mtm list ACCOUNT' shows the messages, 'mtm show' reads them there, and they go when the server
no longer has them. Messages stay on the server.

New are the messages that arrived since the last connection, and those that an earlier populate was asked for and did not
finish. With ids only these messages are fetched. What is here is not fetched again.

With --lines only the header and that number of lines of the text are fetched. A message that has more is marked p in the list;
populate without a limit, or --lines -1, fetches all of it.

When the account is in disconnected mode and there is no line, a populate with ids sends nothing: it waits for the next session
with the account, and 'mtm cancel-offline' takes it back. --now connects instead.`,
		Example: `  mtm populate work
  mtm populate work --which all --lines 20
  mtm populate work 12 15 --lines -1
  mtm populate work --which all --max-size 100KiB`,
		RunE: run(func(cmd *cobra.Command, args []string) error { return p.run(cmd, args) }),
	}
	takeAccount(e, c)
	takeWait(e, c, &p.wait)
	p.add(c)
	c.Flags().IntVar(&p.lines, "lines", -1, "fetch the header and the first `N` lines, -1 all; without the flag the account's population limit holds")
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
	command := mtm.Populate{Which: p.kind(), Messages: p.ids, Skip: p.skipped(), MaxSize: p.limit(f, p.account)}
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
