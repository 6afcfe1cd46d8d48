package main

import (
	"errors"
	"fmt"

	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

// nowHelp is the help of --now, which get and populate have.
const nowHelp = "with ids and an account in disconnected mode: connect now instead of queueing the operation"

// queues reports whether a command with ids is queued for the next session: the account is in
// disconnected mode, there is no connection, and --now is not given.
func (m *mailbox) queues(client *mtm.Client, now bool) bool {
	return m.account.POP3.DisconnectedMode && len(m.ids) > 0 && !client.Connected() && !now
}

// queue runs a command that is queued when there is no connection.
func (m *mailbox) queue(client *mtm.Client, command mtm.Command) (mtm.Result, error) {
	op, err := m.env.follow(m.cmd, client, command)
	if op == nil {
		return mtm.Result{}, err
	}
	return op.Result(), err
}

// reportQueued prints what is queued, and what was done at once. what and when say what happens to
// the queued messages, and when.
func (m *mailbox) reportQueued(r report, what, when string, failed error) error {
	if m.env.json || failed != nil {
		return m.report(r, explain(failed, m.account))
	}
	if len(r.Messages)+r.AlreadyThere > 0 {
		if err := m.report(r, nil); err != nil {
			return err
		}
	}
	if len(r.Queued) == 0 {
		if len(r.Messages)+r.AlreadyThere > 0 {
			return nil
		}
		_, err := fmt.Fprintln(m.cmd.OutOrStdout(), "no messages")
		return err
	}
	_, err := fmt.Fprintf(m.cmd.OutOrStdout(), "%s to be %s when %s; 'mtm cancel-offline %s%s' takes it back\n",
		count(len(r.Queued), "message waits", "messages wait"), oneLine(what), oneLine(when), oneLine(m.account.Name), idList(r.Queued))
	return err
}

// begins returns the words for when queued copies, moves and populates are carried out.
func (m *mailbox) begins() string { return "the next session with " + m.account.Name + " begins" }

// addResult adds the result of one operation to the sum.
func addResult(sum *mtm.Result, op *mtm.Operation) {
	if op == nil {
		return
	}
	r := op.Result()
	sum.Messages = append(sum.Messages, r.Messages...)
	sum.Octets += r.Octets
	sum.AlreadyThere += r.AlreadyThere
	sum.Deleted += r.Deleted
	if sum.QuitRefused == nil {
		sum.QuitRefused = r.QuitRefused
	}
	sum.Queued = append(sum.Queued, r.Queued...)
	sum.TooLarge += r.TooLarge
	sum.TooLargeOctets += r.TooLargeOctets
}

// carriedOut returns in words which queued operations a session carried out, "" for none.
func carriedOut(r mtm.Result) string {
	text := ""
	if n := len(r.Messages); n > 0 {
		text = count(n, "queued message", "queued messages") + " fetched"
	}
	if r.Deleted > 0 {
		if text != "" {
			text += ", "
		}
		text += count(r.Deleted, "message", "messages") + " deleted on the server"
	}
	return text
}

// printCarriedOut prints on one line which queued operations a session carried out.
func (e *env) printCarriedOut(out page, op *mtm.Operation) {
	if op == nil || e.json {
		return
	}
	if text := carriedOut(op.Result()); text != "" {
		out.printf("%s\n", text)
	}
}

// waiting holds the queued operations of the messages of a place, by entry.
type waiting map[store.ID][]store.Queued

func newWaiting(list []store.Queued) waiting {
	w := make(waiting)
	for _, q := range list {
		w[q.Entry] = append(w[q.Entry], q)
	}
	return w
}

// texts returns the queued operations of a message, in words.
func (w waiting) texts(id store.ID) []string {
	var list []string
	for _, q := range w[id] {
		list = append(list, q.String())
	}
	return list
}

// mark returns the letter for the queued operation of a message, 0 for none. A ghost
// has a letter of its own.
func (w waiting) mark(e *store.Entry) byte {
	for _, q := range w[e.ID] {
		if q.Problem != "" {
			return '?'
		}
	}
	switch e.Email.Operation() {
	case store.OpNone:
		if isGhost(e) {
			return 'W'
		}
		return 0
	case store.OpDelete:
		return 'D'
	case store.OpCopyTo:
		return 'C'
	case store.OpMoveTo:
		return 'M'
	case store.OpCopyWithin:
		return 'P'
	case store.OpMultiple:
		return '+'
	}
	return '?'
}

// isGhost reports whether the entry is a placeholder for a message that a queued
// copy or move will fetch.
func isGhost(e *store.Entry) bool {
	return e.Type == store.TypeMessage && e.Related != 0 && e.Body.Kind != store.BodyWhole && !e.Flags.Has(store.Complete)
}

// printSetAside prints the operations that cannot be carried out, with the
// command that removes them.
func printSetAside(out page, account string, list []store.Queued) {
	for _, q := range list {
		if q.Problem != "" {
			out.printf("%6d  %s; 'mtm cancel-offline %s %d' removes it\n", q.Entry, oneLine(q.String()), oneLine(account), q.Entry)
		}
	}
}

// checkWaiting returns an error for an id that is neither a message of the mailbox nor a
// placeholder in a folder.
func (m *mailbox) checkWaiting() error {
	ctx := m.cmd.Context()
	for _, id := range m.ids {
		e, err := m.store.Entry(ctx, id)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err != nil || (!isGhost(&e) && e.Parent != m.account.ID) || e.Service != m.account.ID || e.Type != store.TypeMessage {
			return m.noMessage(id)
		}
	}
	return nil
}
