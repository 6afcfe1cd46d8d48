package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

func deleteCommand(e *env) *cobra.Command {
	m := &mailbox{env: e}
	c := &cobra.Command{
		Use:   "delete [ACCOUNT] ID...",
		Short: "Delete messages on the server and from the list of an account's mailbox",
		Long: `Delete connects, deletes messages on the server, and disconnects. Any id of a message can be given: that in
'mtm list ACCOUNT', or that of a copy in a folder. Copies in folders stay; 'mtm remove' removes them.

A message that the server refuses to delete stays in the list. So does one that cannot be proven to be the message that
was listed, since a server may give its unique-id to another message. Get such a message with --take move.

When the account is in disconnected mode, nothing is sent: the deletes are queued, and the next session carries them out
when it ends. 'mtm cancel-offline' takes them back. The list marks such a message with D.`,
		Example: `  mtm delete work 12 15
  mtm account set work --disconnected-mode && mtm delete work 16`,
		RunE: run(func(cmd *cobra.Command, args []string) error {
			name, err := m.parse(cmd, args)
			if err == nil {
				err = m.needIDs()
			}
			if err != nil {
				return err
			}
			return m.use(name, m.delete)
		}),
	}
	takeAccount(e, c)
	takeWait(e, c, &m.wait)
	takeResume(e, c)
	return c
}

// deleteResult holds what delete prints with --json, also after a failure.
type deleteResult struct {
	Account         string        `json:"account"`
	DeletedOnServer int           `json:"deleted_on_server"`
	Queued          []store.ID    `json:"queued"`
	Failed          []failureView `json:"failed"`
	QuitRefused     string        `json:"quit_refused,omitempty"`
	Error           string        `json:"error,omitempty"`
	Code            int           `json:"code,omitempty"`
}

func (m *mailbox) delete(client *mtm.Client) error {
	command := mtm.Delete{Messages: m.ids}
	if m.account.POP3.DisconnectedMode {
		result, err := m.queue(client, command)
		if err != nil || m.env.json {
			return m.reportDeleted(result, explain(err, m.account))
		}
		when := "the next session with " + m.account.Name + " ends"
		if client.Connected() {
			when = "this session ends"
		}
		return m.reportQueued(report{Result: result}, "deleted", when, nil)
	}
	result, err := m.online(client, command)
	return m.reportDeleted(result, explain(err, m.account))
}

// idList returns ids as arguments of a command that the user can type; "ID..." when there are many.
func idList(ids []store.ID) string {
	if len(ids) > shownMessages {
		return " ID..."
	}
	var b strings.Builder
	for _, id := range ids {
		fmt.Fprintf(&b, " %d", id)
	}
	return b.String()
}

func (m *mailbox) reportDeleted(result mtm.Result, failed error) error {
	deleted, refused := result.Deleted, failures(failed)
	if m.env.json {
		r := deleteResult{Account: m.account.Name, DeletedOnServer: deleted, Queued: append([]store.ID{}, result.Queued...), Failed: refused,
			QuitRefused: quitRefused(result)}
		if failed != nil {
			r.Error, r.Code = failed.Error(), mtm.Code(failed)
		}
		return errors.Join(failed, printJSON(m.cmd, r))
	}
	out := newPage(m.cmd.OutOrStdout())
	printFailures(out, failed)
	if failed == nil || deleted > 0 {
		line := count(deleted, "message", "messages") + " deleted on the server"
		if m.env.shell != nil {
			line += " when this session ends"
		}
		if n := len(m.ids) - deleted; failed == nil && n > 0 {
			line += fmt.Sprintf(", %d already gone", n)
		}
		if len(refused) > 0 {
			line += fmt.Sprintf(", %d failed", len(refused))
		}
		out.printf("%s\n", line)
	}
	return errors.Join(failed, out.Flush())
}

func cancelOfflineCommand(e *env) *cobra.Command {
	m := &mailbox{env: e}
	m.checkIDs = m.checkWaiting
	c := &cobra.Command{
		Use:   "cancel-offline [ACCOUNT] ID...",
		Short: "Take back operations that are queued for the next session",
		Long: `Cancel-offline takes back operations that are queued for messages of an account in disconnected mode: copies, moves,
populates and deletes. 'mtm list ACCOUNT' marks these messages. It also removes the placeholder, marked W, in the folder of
a copy or a move; the id of the placeholder can be given as well. Operations that were set aside because they cannot be
carried out are removed.

It needs no connection, and works while another program is connected. An operation that is being carried out stays.`,
		Example: `  mtm cancel-offline work 12`,
		RunE: run(func(cmd *cobra.Command, args []string) error {
			name, err := m.parse(cmd, args)
			if err == nil {
				err = m.needIDs()
			}
			if err != nil {
				return err
			}
			return m.use(name, m.cancelOffline)
		}),
	}
	takeAccount(e, c)
	return c
}

// cancelResult holds what cancel-offline prints with --json, also after a failure.
type cancelResult struct {
	Account   string        `json:"account"`
	Cancelled int           `json:"cancelled"`
	Failed    []failureView `json:"failed,omitempty"` // messages with an operation that is being carried out
	Error     string        `json:"error,omitempty"`
	Code      int           `json:"code,omitempty"`
}

func (m *mailbox) cancelOffline(client *mtm.Client) error {
	op, failed := m.env.follow(m.cmd, client, mtm.CancelOffline{Messages: m.ids})
	failed = explain(failed, m.account)
	if op == nil {
		return failed
	}
	cancelled := op.Progress().TotalMessages
	if m.env.json {
		r := cancelResult{Account: m.account.Name, Cancelled: cancelled, Failed: failures(failed)}
		if failed != nil {
			r.Error, r.Code = failed.Error(), mtm.Code(failed)
		}
		return errors.Join(failed, printJSON(m.cmd, r))
	}
	out := newPage(m.cmd.OutOrStdout())
	printFailures(out, failed)
	if failed == nil || cancelled > 0 {
		out.printf("%s taken back\n", count(cancelled, "operation", "operations"))
	}
	return errors.Join(failed, out.Flush())
}
