package features

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/cucumber/godog"
	"github.com/onsi/gomega"

	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
)

// storeSteps returns the steps about settings, and about entries and flags as a person sees them.
func (w *world) storeSteps() []step {
	return []step{
		{"the account uses {login}", "the default is the plain login; the secure login does not show the password to eavesdroppers", `the account uses the secure login`, w.uses},
		{"the account wants a line that is protected {protection}", "by TLS", `the account wants a line that is protected from the start`, w.wantsProtection},
		{"the account shows {extent}", "the other messages stay on the server and are not listed; takes effect at the next connect", `the account shows the newest 2 messages`, w.showsExtent},
		{"the account shows its mailbox offline too", "the disconnected mode of the original", `the account shows its mailbox offline too`, w.showsOffline},
		{"I set {text} to {text}", "a setting of the account, by its name in the program; at first the user name is demo and the password is " + Password, `I set "sync-limit" to "10"`, w.set},
		{"I set these:", "names and values of several settings", "I set these:\n| tls      | implicit         |\n| tls-name | mail.example.org |", w.setThese},
		{"the settings are:", "names and values of some settings, as stored", "the settings are:\n| port       | 110 |\n| sync-limit | -1  |", w.settingsAre},
		{"the disk has {room}", "as the operating system reports it; plenty of room at first", `the disk has room for 100 KB`, w.hasRoom},
		{"I {handle} {list} in the {place}", "a message that was read is no longer unread; a removed one is removed from the store only; of a pruned one the header and the entry stay", `I read "Lunch" in the Inbox`, w.handle},
		{"I remove the folder {text}", "with everything in it, in the store", `I remove the folder "Bills"`, w.removesFolder},
		{"the {place} shows {list}", "exactly these messages are visible; mailbox means the account's entries", `the mailbox shows "Lunch" and "Photos"`, w.shows},
		{"the {flag} messages in the {place} are {list}", "exactly these visible messages have the flag", `the new messages in the mailbox are "Photos"`, w.flagged},
		{"{list} in the {place} show(s) sender, date and size", "the values of the messages, the size as on the wire", `"Lunch" in the mailbox shows sender, date and size`, w.showsDetails},
		{"the {place} shows these messages:", "exactly these messages, in any order; optional columns: subject, sender, date, " + strings.Join(traitNames(), ", ") + "; - means nothing",
			"the mailbox shows these messages:\n| subject | state       | carries      |\n| Lunch   | new, unread | -            |\n| Photos  | complete    | attachment   |", w.showsThese},
		{"the account is {state}", "the client reports this, and the account's entry has the flag", `the account is connected`, w.accountIs},
		{"the account counts {int} message(s) on the server", "as of the latest connect", `the account counts 3 messages on the server`, w.remoteCount},
	}
}

func (w *world) uses(ctx context.Context, login string) error {
	return w.change(ctx, func(p *account.POP3) {
		p.Auth = loginMethod(login)
		if p.Auth.Bearer() {
			p.Token.Literal = rightToken
		}
	})
}

func (w *world) wantsProtection(ctx context.Context, protection string) error {
	ca, err := w.authorityFile()
	if err != nil {
		return err
	}
	return w.change(ctx, func(p *account.POP3) {
		p.Security = account.Security{TLS: protections()[protection], CA: ca}
	})
}

func (w *world) showsExtent(ctx context.Context, extent string) error {
	limit := -1
	if extent != allMessages {
		limit = numberIn(extent)
	}
	return w.change(ctx, func(p *account.POP3) { p.SyncLimit = limit })
}

func (w *world) showsOffline(ctx context.Context) error {
	return w.change(ctx, func(p *account.POP3) { p.DisconnectedMode = true })
}

func (w *world) set(ctx context.Context, name, value string) error {
	return w.setAll(ctx, map[string]string{name: value})
}

func (w *world) setThese(ctx context.Context, table *godog.Table) error {
	changes := make(map[string]string)
	for _, row := range table.Rows {
		changes[row.Cells[0].Value] = row.Cells[1].Value
	}
	return w.setAll(ctx, changes)
}

func (w *world) setAll(ctx context.Context, changes map[string]string) error {
	if err := w.ready(ctx); err != nil {
		return err
	}
	values := w.settings.Map()
	maps.Copy(values, changes)
	settings, err := account.FromMap(values)
	if err != nil {
		err = &mtm.Error{Command: "set account", Code: mtm.ErrArgument, Err: err}
	} else {
		err = w.change(ctx, func(p *account.POP3) { *p = settings })
	}
	w.last = result{words: "set", refused: err}
	return nil
}

func (w *world) settingsAre(ctx context.Context, table *godog.Table) error {
	account, err := mtm.FindAccount(ctx, w.store, "demo")
	kept := account.POP3.Map()
	for _, row := range table.Rows {
		name, value := row.Cells[0].Value, row.Cells[1].Value
		w.Expect(kept).To(gomega.HaveKeyWithValue(name, value))
	}
	return err
}

func (w *world) hasRoom(room string) {
	w.free.Store(math.MaxInt64)
	if room != plentyOfRoom {
		w.free.Store(int64(numberIn(room)) << 10)
	}
}

// ids returns the ids of the entries with these subjects in a place.
func (w *world) ids(ctx context.Context, list, place string) []store.ID {
	entries := w.entries(ctx, place)
	var ids []store.ID
	for _, subject := range subjects(list) {
		e := find(entries, subject)
		w.Expect(e).NotTo(gomega.BeNil(), "no %q in the %s", subject, place)
		ids = append(ids, e.ID)
	}
	return ids
}

func (w *world) handle(ctx context.Context, handle, list, place string) error {
	ids := w.ids(ctx, list, place)
	b := w.store.NewBatch()
	switch handle {
	case "prune":
		_, err := mtm.Prune(ctx, w.store, ids...)
		return err
	case "read":
		b.SetFlags(ids, 0, store.Unread)
	default:
		b.Delete(ids...)
	}
	return b.Commit(ctx)
}

func (w *world) removesFolder(ctx context.Context, name string) error {
	b := w.store.NewBatch()
	b.Delete(w.place(ctx, fmt.Sprintf("folder %q", name)))
	return b.Commit(ctx)
}

// entries returns the visible messages of a {place}.
func (w *world) entries(ctx context.Context, place string) []store.Entry {
	children, err := w.store.Children(ctx, w.place(ctx, place))
	w.Expect(err).NotTo(gomega.HaveOccurred())
	var visible []store.Entry
	for _, e := range children {
		if !e.Flags.Has(store.Invisible) {
			visible = append(visible, e)
		}
	}
	return visible
}

func (w *world) place(ctx context.Context, place string) store.ID {
	w.Expect(w.ready(ctx)).To(gomega.Succeed())
	fixed := map[string]store.ID{"Inbox": store.Inbox, "Outbox": store.Outbox, "Drafts": store.Drafts, "Sent": store.Sent, "mailbox": w.account}
	if id, ok := fixed[place]; ok {
		return id
	}
	folders, err := w.store.Children(ctx, store.Local)
	w.Expect(err).NotTo(gomega.HaveOccurred())
	i := slices.IndexFunc(folders, func(f store.Entry) bool { return place == fmt.Sprintf("folder %q", f.Name) })
	w.Expect(i).NotTo(gomega.Equal(-1), "there is no such %s", place)
	return folders[i].ID
}

// expectEntries checks the subjects of the entries that have all these flags.
func (w *world) expectEntries(ctx context.Context, place, list string, flags store.Flags) {
	var found []string
	for _, e := range w.entries(ctx, place) {
		if e.Flags.Has(flags) {
			found = append(found, e.Description)
		}
	}
	w.Expect(found).To(gomega.ConsistOf(subjects(list)))
}

func (w *world) shows(ctx context.Context, place, list string) { w.expectEntries(ctx, place, list, 0) }

func (w *world) flagged(ctx context.Context, flag, place, list string) {
	flags := map[string]store.Flags{"new": store.New, "unread": store.Unread}
	w.expectEntries(ctx, place, list, flags[flag])
}

func (w *world) showsThese(ctx context.Context, place string, table *godog.Table) error {
	var got []string
	for _, e := range w.entries(ctx, place) {
		traits, err := w.traits(ctx, e)
		if err != nil {
			return err
		}
		got = append(got, rowText(table, traits))
	}
	w.Expect(got).To(gomega.ConsistOf(rowTexts(table)))
	return nil
}

func (w *world) showsDetails(ctx context.Context, list, place string) {
	entries := w.entries(ctx, place)
	for _, subject := range subjects(list) {
		e, l := find(entries, subject), w.letter(subject)
		w.Expect(e).NotTo(gomega.BeNil(), "no %q in the %s", subject, place)
		w.Expect(e.Details).To(gomega.Equal(l.sender))
		w.Expect(e.Date).To(gomega.BeTemporally("==", l.date))
		w.Expect(e.Size).To(gomega.Equal(l.Size()))
	}
}

func (w *world) accountIs(ctx context.Context, state string) error {
	service, err := w.store.Entry(ctx, w.place(ctx, "mailbox"))
	w.Expect(w.client.Connected()).To(gomega.Equal(state == "connected"), "what the client says")
	w.Expect(service.Flags.Has(store.Connected)).To(gomega.Equal(state == "connected"), "the account's flag")
	return err
}

func (w *world) remoteCount(ctx context.Context, count int) error {
	service, err := w.store.Entry(ctx, w.place(ctx, "mailbox"))
	w.Expect(service.RemoteCount).To(gomega.Equal(count))
	return err
}

// find returns the entry with a subject, or nil.
func find(entries []store.Entry, subject string) *store.Entry {
	for i := range entries {
		if entries[i].Description == subject {
			return &entries[i]
		}
	}
	return nil
}
