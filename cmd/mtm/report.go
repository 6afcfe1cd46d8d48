package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

// shownMessages is how many messages get prints before it only counts them.
const shownMessages = 50

// getResult holds what get and populate print with --json, also after a failure.
type getResult struct {
	Account         string        `json:"account"`
	Stored          []store.ID    `json:"stored"`
	Messages        []messageView `json:"messages"`
	AlreadyThere    int           `json:"already_there"`
	DeletedOnServer int           `json:"deleted_on_server"`
	Queued          []store.ID    `json:"queued"`   // messages that are queued for the next session
	LeftOut         int           `json:"left_out"` // messages that are too large
	LeftOutOctets   int64         `json:"left_out_octets"`
	Failed          []failureView `json:"failed"`
	Interruptions   int           `json:"interruptions"` // of the connection
	QuitRefused     string        `json:"quit_refused,omitempty"`
	OnServer        *int          `json:"on_server,omitempty"` // --headers-only
	Error           string        `json:"error,omitempty"`
	Code            int           `json:"code,omitempty"`
}

type failureView struct {
	ID      store.ID `json:"id,omitempty"`
	UID     string   `json:"uid"`
	Number  int      `json:"number,omitempty"` // on the server, in that connection
	Subject string   `json:"subject,omitempty"`
	Broke   int      `json:"broke,omitempty"` // connections
	Error   string   `json:"error"`
}

func failures(err error) []failureView {
	list := []failureView{}
	if failure, ok := errors.AsType[*mtm.Error](err); ok {
		for _, f := range failure.Failed {
			list = append(list, failureView{f.ID, f.UID, f.Number, f.Subject, f.Visits, f.Err.Error()})
		}
	}
	return list
}

// report holds what a command that fetches did.
type report struct {
	mtm.Result
	place string // where the messages are, for a person
	marks bool   // show the marks of the list
	moved bool
	which string
}

// report prints what was stored, also before a failure, and returns the failure.
func (m *mailbox) report(r report, failed error) error {
	ctx := context.WithoutCancel(m.cmd.Context()) // what was stored is reported also after a cancel
	if m.env.json {
		return m.reportJSON(ctx, r.Messages, getResult{
			Stored: r.Messages, AlreadyThere: r.AlreadyThere, DeletedOnServer: r.Deleted, Queued: r.Queued,
			LeftOut: r.TooLarge, LeftOutOctets: r.TooLargeOctets, QuitRefused: quitRefused(r.Result),
		}, failed)
	}
	rows := newRows(m.cmd.OutOrStdout(), r.marks)
	if err := m.printSome(ctx, rows, r.Messages, len(r.Messages), r.place); err != nil {
		return errors.Join(failed, err)
	}
	printFailures(rows.out, failed)
	if failed == nil || len(r.Messages) > 0 || r.AlreadyThere > 0 {
		rows.out.printf("%s%s\n", r.summary(len(failures(failed))), m.env.gapsText())
	}
	return errors.Join(failed, rows.out.Flush())
}

// gapsText returns what the sum says of connections that were lost.
func (e *env) gapsText() string {
	switch e.gaps {
	case 0:
		return ""
	case 1:
		return "; the connection was lost once"
	}
	return fmt.Sprintf("; the connection was lost %d times", e.gaps)
}

// printSome prints the first of count messages by their dates, and counts the others.
func (m *mailbox) printSome(ctx context.Context, r *rows, ids []store.ID, count int, place string) error {
	shown := ids[:min(len(ids), shownMessages)]
	entries, err := m.store.Entries(ctx, shown)
	if err != nil {
		return err
	}
	slices.SortFunc(entries, func(a, b store.Entry) int { // as list does
		return cmp.Or(a.Date.Compare(b.Date), cmp.Compare(b.ID, a.ID))
	})
	for i := range entries {
		r.print(&entries[i])
	}
	if more := count - len(shown); more > 0 {
		r.out.printf("... and %d more; 'mtm list %s' shows them all\n", more, oneLine(place))
	}
	return nil
}

func (r report) summary(failed int) string {
	if len(r.Messages)+r.AlreadyThere+r.Deleted+failed == 0 {
		if r.which == "new" {
			return "no new messages" + r.leftOut()
		}
		return "no messages" + r.leftOut()
	}
	parts := []string{count(len(r.Messages), "message", "messages")}
	if len(r.Messages) > 0 {
		parts = append(parts, octets(r.Octets))
	}
	if r.AlreadyThere > 0 {
		parts = append(parts, fmt.Sprintf("%d already there", r.AlreadyThere))
	}
	if r.moved || r.Deleted > 0 {
		parts = append(parts, fmt.Sprintf("%d deleted on the server", r.Deleted))
	}
	if failed > 0 {
		parts = append(parts, fmt.Sprintf("%d failed", failed))
	}
	return strings.Join(parts, ", ") + r.leftOut()
}

// leftOut returns the text for messages that are too large, "" for none.
func (r report) leftOut() string {
	if r.TooLarge == 0 {
		return ""
	}
	return fmt.Sprintf(", %d left out (%s)", r.TooLarge, octets(r.TooLargeOctets))
}

func printFailures(out page, failed error) {
	list := failures(failed)
	for i, f := range list {
		if i == shownMessages {
			out.printf("... and %d more that failed\n", len(list)-i)
			return
		}
		out.printf("failed: %s: %s\n", oneLine(f.UID), oneLine(f.Error))
	}
}

func (m *mailbox) reportJSON(ctx context.Context, ids []store.ID, r getResult, failed error) error {
	r.Account, r.Interruptions = m.account.Name, m.env.gaps
	r.Failed = failures(failed)
	if r.Stored == nil {
		r.Stored = []store.ID{}
	}
	if r.Queued == nil {
		r.Queued = []store.ID{}
	}
	r.Messages = make([]messageView, 0, len(ids))
	for len(ids) > 0 {
		some := ids[:min(len(ids), 1000)]
		ids = ids[len(some):]
		entries, err := m.store.Entries(ctx, some)
		if err != nil {
			return errors.Join(failed, err)
		}
		for i := range entries {
			r.Messages = append(r.Messages, messageViewOf(&entries[i]))
		}
	}
	if failed != nil {
		r.Error, r.Code = failed.Error(), mtm.Code(failed)
	}
	return errors.Join(failed, printJSON(m.cmd, r))
}

// reportHeaders prints the new messages after a refresh, and how many messages the mailbox holds.
// done is what the session did of the queued operations.
func (g *get) reportHeaders(ctx context.Context, done mtm.Result, failed error) error {
	ctx = context.WithoutCancel(ctx)
	var fresh []store.ID // those that are shown
	total := 0
	err := g.store.EachUID(ctx, g.account.ID, g.account.ID, store.New, func(ref *store.Ref) {
		if total++; g.env.json || total <= shownMessages {
			fresh = append(fresh, ref.ID)
		}
	})
	if err != nil {
		return errors.Join(failed, err)
	}
	service, err := g.store.Entry(ctx, g.account.ID)
	if err != nil {
		return errors.Join(failed, err)
	}
	if g.env.json {
		return g.reportJSON(ctx, fresh, getResult{
			OnServer: &service.RemoteCount, Stored: done.Messages, AlreadyThere: done.AlreadyThere, DeletedOnServer: done.Deleted,
			QuitRefused: quitRefused(done),
		}, failed)
	}
	r := newRows(g.cmd.OutOrStdout(), false)
	printFailures(r.out, failed)
	if text := carriedOut(done); text != "" {
		r.out.printf("%s\n", text)
	}
	if failed != nil {
		return errors.Join(failed, r.out.Flush())
	}
	if err := g.printSome(ctx, r, fresh, total, g.account.Name); err != nil {
		return err
	}
	r.out.printf("%s on the server, %d new\n", count(service.RemoteCount, "message", "messages"), total)
	return r.out.Flush()
}

// quitRefused returns the server's refusal of QUIT for JSON, or "".
func quitRefused(r mtm.Result) string {
	if r.QuitRefused == nil {
		return ""
	}
	return r.QuitRefused.Error()
}

// warnQuitRefused prints a warning that the server may still hold messages that
// an operation deleted.
func warnQuitRefused(w io.Writer, op *mtm.Operation) {
	if text := quitRefused(op.Result()); text != "" {
		// A terminal that is gone shows no warning.
		_, _ = fmt.Fprintf(w, "mtm: warning: %s; deleted messages may still be on the server: the next connection lists them, "+
			"and they can be deleted again\n", oneLine(text))
	}
}
