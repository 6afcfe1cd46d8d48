package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

// shownMessages is how many messages get prints before it only counts them.
const shownMessages = 50

// getResult is what get prints with --json, whether it failed or not.
type getResult struct {
	Account         string        `json:"account"`
	Stored          []store.ID    `json:"stored"`
	Messages        []messageView `json:"messages"`
	AlreadyThere    int           `json:"already_there"`
	DeletedOnServer int           `json:"deleted_on_server"`
	Failed          []failureView `json:"failed"`
	OnServer        *int          `json:"on_server,omitempty"` // --headers-only
	Error           string        `json:"error,omitempty"`
	Code            int           `json:"code,omitempty"`
}

type failureView struct {
	ID    store.ID `json:"id,omitempty"`
	UID   string   `json:"uid"`
	Error string   `json:"error"`
}

func failures(err error) []failureView {
	list := []failureView{}
	if failure, ok := errors.AsType[*mtm.Error](err); ok {
		for _, f := range failure.Failed {
			list = append(list, failureView{f.ID, f.UID, f.Err.Error()})
		}
	}
	return list
}

// report prints what was stored, also before a failure, and returns the failure.
func (g *get) report(folder store.Entry, result mtm.Result, failed error) error {
	ctx := context.WithoutCancel(g.cmd.Context()) // a cancelled get still tells what it stored
	if g.env.json {
		return g.reportJSON(ctx, result.Messages, getResult{
			Stored: result.Messages, AlreadyThere: result.AlreadyThere, DeletedOnServer: result.Deleted,
		}, failed)
	}
	r := newRows(g.cmd.OutOrStdout(), false)
	if err := g.printSome(ctx, r, result.Messages, folder.Name); err != nil {
		return errors.Join(failed, err)
	}
	printFailures(r.out, failed)
	if failed == nil || len(result.Messages) > 0 || result.AlreadyThere > 0 {
		r.out.printf("%s\n", g.summary(result, len(failures(failed))))
	}
	return errors.Join(failed, r.out.Flush())
}

// printSome prints the first messages of a list and counts the others.
func (g *get) printSome(ctx context.Context, r *rows, ids []store.ID, place string) error {
	shown := ids[:min(len(ids), shownMessages)]
	entries, err := g.store.Entries(ctx, shown)
	if err != nil {
		return err
	}
	for i := range entries {
		r.print(&entries[i])
	}
	if more := len(ids) - len(shown); more > 0 {
		r.out.printf("... and %d more; 'mtm list %s' shows them all\n", more, oneLine(place))
	}
	return nil
}

func (g *get) summary(result mtm.Result, failed int) string {
	if len(result.Messages)+result.AlreadyThere+failed == 0 {
		if g.which.value == "new" {
			return "no new messages"
		}
		return "no messages"
	}
	parts := []string{count(len(result.Messages), "message", "messages")}
	if len(result.Messages) > 0 {
		parts = append(parts, octets(result.Octets))
	}
	if result.AlreadyThere > 0 {
		parts = append(parts, fmt.Sprintf("%d already there", result.AlreadyThere))
	}
	if g.way() == mtm.Move {
		parts = append(parts, fmt.Sprintf("%d deleted on the server", result.Deleted))
	}
	if failed > 0 {
		parts = append(parts, fmt.Sprintf("%d failed", failed))
	}
	return strings.Join(parts, ", ")
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

func (g *get) reportJSON(ctx context.Context, ids []store.ID, r getResult, failed error) error {
	r.Account = g.account.Name
	r.Failed = failures(failed)
	if r.Stored == nil {
		r.Stored = []store.ID{}
	}
	r.Messages = make([]messageView, 0, len(ids))
	for len(ids) > 0 {
		some := ids[:min(len(ids), 1000)]
		ids = ids[len(some):]
		entries, err := g.store.Entries(ctx, some)
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
	return errors.Join(failed, printJSON(g.cmd, r))
}

// reportHeaders tells what the mailbox holds after a refresh: the new messages, and how many there are in all.
func (g *get) reportHeaders(ctx context.Context, failed error) error {
	ctx = context.WithoutCancel(ctx)
	refs, err := g.store.UIDs(ctx, g.account.ID, g.account.ID)
	if err != nil {
		return errors.Join(failed, err)
	}
	var fresh []store.ID
	for _, ref := range refs {
		if ref.Flags.Has(store.New) {
			fresh = append(fresh, ref.ID)
		}
	}
	service, err := g.store.Entry(ctx, g.account.ID)
	if err != nil {
		return errors.Join(failed, err)
	}
	if g.env.json {
		return g.reportJSON(ctx, fresh, getResult{OnServer: &service.RemoteCount}, failed)
	}
	if failed != nil {
		return failed
	}
	r := newRows(g.cmd.OutOrStdout(), false)
	if err := g.printSome(ctx, r, fresh, g.account.Name); err != nil {
		return err
	}
	r.out.printf("%s on the server, %d new\n", count(service.RemoteCount, "message", "messages"), len(fresh))
	return r.out.Flush()
}
