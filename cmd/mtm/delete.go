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
		Use:   "delete ACCOUNT ID...",
		Short: "Delete messages on the server and from the list of an account's mailbox",
		Long: `Delete connects, deletes messages on the server, and disconnects; 'mtm list ACCOUNT' shows the ids. Copies in folders stay.
A message that the server refuses to delete stays in the list.

When the account is in disconnected mode the deletes wait instead, and nothing is sent: the next session carries them out
as it ends, and 'mtm cancel-offline' takes them back before. In the list such a message is marked D.`,
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
	return c
}

// deleteResult is what delete prints with --json, whether it failed or not.
type deleteResult struct {
	Account         string        `json:"account"`
	DeletedOnServer int           `json:"deleted_on_server"`
	Queued          []store.ID    `json:"queued"`
	Failed          []failureView `json:"failed"`
	Error           string        `json:"error,omitempty"`
	Code            int           `json:"code,omitempty"`
}

func (m *mailbox) delete(client *mtm.Client) error {
	command := mtm.Delete{Messages: m.ids}
	if m.account.POP3.DisconnectedMode {
		if _, err := m.env.follow(m.cmd, client, command); err != nil {
			return explain(err, m.account)
		}
		return m.reportQueued(client)
	}
	result, err := m.online(client, command)
	return m.reportDeleted(result.Deleted, explain(err, m.account))
}

func (m *mailbox) reportQueued(client *mtm.Client) error {
	if m.env.json {
		return printJSON(m.cmd, deleteResult{Account: m.account.Name, Queued: m.ids, Failed: []failureView{}})
	}
	when := "the next session with " + m.account.Name + " ends"
	if client.Connected() {
		when = "this session ends"
	}
	_, err := fmt.Fprintf(m.cmd.OutOrStdout(), "%s to be deleted when %s; 'mtm cancel-offline %s%s' takes it back\n",
		count(len(m.ids), "message waits", "messages wait"), oneLine(when), oneLine(m.account.Name), idList(m.ids))
	return err
}

// idList names some ids for a command to type.
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

func (m *mailbox) reportDeleted(deleted int, failed error) error {
	refused := failures(failed)
	if m.env.json {
		r := deleteResult{Account: m.account.Name, DeletedOnServer: deleted, Queued: []store.ID{}, Failed: refused}
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
			line += fmt.Sprintf(", %d gone already", n)
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
	c := &cobra.Command{
		Use:   "cancel-offline ACCOUNT ID...",
		Short: "Take back what waits for messages until the next session ends",
		Long: `Cancel-offline takes back the operations that wait for messages of an account in disconnected mode, such as deletes. It
needs no connection.`,
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

func (m *mailbox) cancelOffline(client *mtm.Client) error {
	op, err := m.env.follow(m.cmd, client, mtm.CancelOffline{Messages: m.ids})
	if err != nil {
		return explain(err, m.account)
	}
	cancelled := op.Progress().TotalMessages
	if m.env.json {
		return printJSON(m.cmd, struct {
			Account   string `json:"account"`
			Cancelled int    `json:"cancelled"`
		}{m.account.Name, cancelled})
	}
	_, err = fmt.Fprintf(m.cmd.OutOrStdout(), "%s taken back\n", count(cancelled, "operation", "operations"))
	return err
}
