package features

import (
	"context"
	"strings"
	"time"

	"github.com/cucumber/godog"
	"github.com/onsi/gomega"

	"pop3mtm/mtm/email"
	"pop3mtm/mtm/store"
)

// rows returns the rows of a table whose first row names the columns.
func rows(table *godog.Table) []map[string]string {
	var all []map[string]string
	for _, r := range table.Rows[1:] {
		row := make(map[string]string)
		for i, cell := range r.Cells {
			row[table.Rows[0].Cells[i].Value] = cell.Value
		}
		all = append(all, row)
	}
	return all
}

// rowText returns a row as it would be written in the table.
func rowText(table *godog.Table, row map[string]string) string {
	var cells []string
	for _, column := range table.Rows[0].Cells {
		value, known := row[column.Value]
		if !known {
			value = "there is no column " + column.Value
		}
		cells = append(cells, value)
	}
	return "| " + strings.Join(cells, " | ") + " |"
}

func rowTexts(table *godog.Table) []string {
	texts := []string{}
	for _, row := range rows(table) {
		texts = append(texts, rowText(table, row))
	}
	return texts
}

// words joins a list into the text of one cell.
func words(list []string) string {
	if len(list) == 0 {
		return nothing
	}
	return strings.Join(list, ", ")
}

func traitNames() []string { return []string{"state", "carries", "notice"} }

// traits returns what a person can see of a message, by the names of columns.
func (w *world) traits(ctx context.Context, e store.Entry) (map[string]string, error) {
	message, err := email.Read(ctx, w.store, e.ID)
	if err != nil {
		return nil, err
	}
	if e.Body.Kind == store.BodyWhole {
		w.Expect(carried(email.Entry{Entry: e})).To(gomega.Equal(carried(message)), "the entry tells what the message carries")
	}
	waits, err := w.waits(ctx, e)
	if err != nil {
		return nil, err
	}
	row := map[string]string{
		"subject": e.Description, "sender": e.Details, "date": e.Date.UTC().Format(time.RFC3339),
		"state": words(append(states(message), waits...)), "carries": words(carried(message)), "notice": nothing,
	}
	if notice := message.PartialNotice(); notice != "" {
		row["notice"] = notice
	}
	return row, nil
}

func states(e email.Entry) []string {
	var list []string
	if e.Flags.Has(store.New) {
		list = append(list, "new")
	}
	if e.Flags.Has(store.Unread) {
		list = append(list, "unread")
	}
	switch {
	case e.Flags.Has(store.Complete) && e.Entry.Email.Has(store.BodyTextComplete|store.PartialDownload):
		list = append(list, "complete in part")
	case e.Flags.Has(store.Complete) && e.Entry.Email.Has(store.BodyTextComplete):
		list = append(list, "complete")
	}
	return list
}

// waits returns the operations that are pending for a message, in order, or "to come" for a
// placeholder that one of them will replace.
func (w *world) waits(ctx context.Context, e store.Entry) ([]string, error) {
	queue, err := w.store.Queue(ctx, w.account)
	var list []string
	for _, q := range queue {
		switch {
		case q.Ghost == e.ID && !e.Flags.Has(store.Complete):
			list = append(list, "to come")
		case q.Entry == e.ID && q.Problem != "":
			list = append(list, "set aside")
		case q.Entry == e.ID:
			list = append(list, toBe(q.Kind))
		}
	}
	w.Expect(e.Flags.Has(store.Operation)).To(gomega.Equal(e.Parent == w.account && len(list) > 0), "the flag shows whether an operation is pending")
	return list, err
}

func toBe(kind store.QueueKind) string {
	switch kind {
	case store.QueueCopy:
		return "to be copied"
	case store.QueueMove:
		return "to be moved"
	case store.QueuePopulate, store.QueueTop:
		return "to be populated"
	case store.QueueDelete:
		return "to be deleted"
	}
	return kind.String()
}

func carried(e email.Entry) []string {
	var list []string
	for _, x := range extras() {
		if e.Flags.Has(x.flags) && e.Entry.Email.Has(x.email) {
			list = append(list, x.name)
		}
	}
	return list
}
