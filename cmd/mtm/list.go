package main

import (
	"context"
	"encoding/json"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/mtm/store"
)

func listCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "list [FOLDER or ACCOUNT]",
		Short: "List the folders and accounts, or the messages of one",
		Long: `List without a name shows the folders and the accounts, with how many messages each holds. With the name or the id of
a folder it shows the messages there; with that of an account, the list of its mailbox as the last connection left it.

The letters before the date: N new, U unread, * only the header is here, h hidden because the account is offline. Times
are UTC, sizes those on the server.`,
		Example: `  mtm list
  mtm list Inbox
  mtm list work --json`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completer(e, namesOf(isPlace)),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			return e.withStore(reading, func(st *store.Store) error {
				if len(args) == 0 {
					return listPlaces(cmd, e, st)
				}
				place, err := findPlace(cmd.Context(), st, args[0], "folder or account", isPlace)
				if err != nil {
					return err
				}
				return listMessages(cmd, e, st, place.ID)
			})
		}),
	}
}

// placeView is a folder or an account in JSON.
type placeView struct {
	ID       store.ID `json:"id"`
	Parent   store.ID `json:"parent"`
	Kind     string   `json:"kind"`
	Name     string   `json:"name"`
	Messages int      `json:"messages"`
	Unread   int      `json:"unread"`
	New      int      `json:"new"`
}

func listPlaces(cmd *cobra.Command, e *env, st *store.Store) error {
	all, err := places(cmd.Context(), st)
	if err != nil {
		return err
	}
	views := make([]placeView, len(all))
	for i, p := range all {
		views[i] = placeView{ID: p.ID, Parent: p.Parent, Kind: kindOf(p), Name: p.Name}
		if err := views[i].count(cmd.Context(), st); err != nil {
			return err
		}
	}
	if e.json {
		return printJSON(cmd, views)
	}
	out := newPage(cmd.OutOrStdout())
	out.printf("%6s  %-7s  %-24s  %8s  %8s  %8s\n", "id", "kind", "name", "messages", "unread", "new")
	for _, v := range views {
		out.printf("%6d  %-7s  %s  %8d  %8d  %8d\n", v.ID, v.Kind, column(v.Name, 24), v.Messages, v.Unread, v.New)
	}
	return out.Flush()
}

func (v *placeView) count(ctx context.Context, st *store.Store) error {
	return st.Each(ctx, v.ID, func(e *store.Entry) error {
		if e.Type != store.TypeMessage {
			return nil
		}
		v.Messages++
		if e.Flags.Has(store.Unread) {
			v.Unread++
		}
		if e.Flags.Has(store.New) {
			v.New++
		}
		return nil
	})
}

// messageView is a message in JSON.
type messageView struct {
	ID        store.ID `json:"id"`
	Parent    store.ID `json:"parent"`
	Service   store.ID `json:"service"`
	From      string   `json:"from"`
	Subject   string   `json:"subject"`
	Date      string   `json:"date"` // RFC 3339 in UTC, "" for none
	Size      int64    `json:"size"` // octets on the wire
	Flags     []string `json:"flags"`
	UID       string   `json:"uid"`
	MessageID string   `json:"message_id"`
	Body      string   `json:"body"` // none, header, partial or whole
	Complete  bool     `json:"complete"`
	New       bool     `json:"new"`
	Unread    bool     `json:"unread"`
	Visible   bool     `json:"visible"`
}

func messageViewOf(e *store.Entry) messageView {
	v := messageView{
		ID: e.ID, Parent: e.Parent, Service: e.Service, From: e.Details, Subject: e.Description, Size: e.Size,
		Flags: []string{}, UID: e.UID, MessageID: e.MessageID, Body: e.Body.Kind.String(),
		Complete: e.Flags.Has(store.Complete), New: e.Flags.Has(store.New), Unread: e.Flags.Has(store.Unread),
		Visible: !e.Flags.Has(store.Invisible),
	}
	if !e.Date.IsZero() {
		v.Date = e.Date.UTC().Format(time.RFC3339)
	}
	for _, set := range []string{e.Flags.String(), e.Email.String()} {
		if set != "" {
			v.Flags = append(v.Flags, strings.Split(set, ",")...)
		}
	}
	return v
}

func listMessages(cmd *cobra.Command, e *env, st *store.Store, parent store.ID) error {
	r := newRows(cmd.OutOrStdout(), true)
	each := func(print func(*store.Entry) error) error {
		return st.Each(cmd.Context(), parent, func(m *store.Entry) error {
			if m.Type != store.TypeMessage {
				return nil
			}
			return print(m)
		})
	}
	var err error
	if e.json {
		err = streamJSON(r.out, each)
	} else {
		err = each(func(m *store.Entry) error { r.print(m); return nil })
	}
	if err != nil {
		return err
	}
	return r.out.Flush()
}

// streamJSON writes an array of messages, one a line, without holding them all.
func streamJSON(out page, each func(func(*store.Entry) error) error) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	lead := "["
	err := each(func(m *store.Entry) error {
		if _, err := out.WriteString(lead); err != nil {
			return err
		}
		lead = ","
		return encoder.Encode(messageViewOf(m))
	})
	if err != nil {
		return err
	}
	if lead == "[" {
		_, err = out.WriteString("[")
	}
	if err == nil {
		_, err = out.WriteString("]\n")
	}
	return err
}

// rows prints messages one a line: id, marks when asked for, date, from, subject, size.
type rows struct {
	out           page
	from, subject int // widths of these columns
	marks         bool
}

func newRows(out io.Writer, marks bool) *rows {
	r := &rows{out: newPage(out), marks: marks}
	r.from, r.subject = columnsFor(out)
	return r
}

func (r *rows) print(e *store.Entry) {
	date := ""
	if !e.Date.IsZero() {
		date = e.Date.UTC().Format("2006-01-02 15:04")
	}
	letters := ""
	if r.marks {
		letters = marksOf(e) + "  "
	}
	r.out.printf("%6d  %s%-16s  %s  %s  %9s\n", e.ID, letters, date,
		column(e.Details, r.from), column(e.Description, r.subject), octets(e.Size))
}

func marksOf(e *store.Entry) string {
	marks := []byte("    ")
	for i, set := range []bool{
		e.Flags.Has(store.New), e.Flags.Has(store.Unread), e.Body.Kind != store.BodyWhole, e.Flags.Has(store.Invisible),
	} {
		if set {
			marks[i] = "NU*h"[i]
		}
	}
	return string(marks)
}
