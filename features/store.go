package features

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/onsi/gomega"

	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
)

// storeSteps are about settings, and about entries and flags as a person sees them.
func (w *world) storeSteps() []step {
	return []step{
		{"the account has the {setting} {text}", "the right ones are demo", `the account has the password "wrong"`, w.has},
		{"the account uses the secure login", "one that does not show the password to listeners", `the account uses the secure login`, w.secureLogin},
		{"the account shows the newest {int} message(s)", "the rest stays on the server unseen; counts from the next connect", `the account shows the newest 2 messages`, w.showsNewest},
		{"the account shows all messages", "as it is from the start; counts from the next connect", `the account shows all messages`, w.showsAll},
		{"the account shows its mailbox offline too", "the disconnected mode of the original", `the account shows its mailbox offline too`, w.showsOffline},
		{"the disk has room for {int} KB", "as the operating system tells", `the disk has room for 100 KB`, w.roomFor},
		{"the disk has plenty of room", "as it is from the start", `the disk has plenty of room`, w.plentyOfRoom},
		{"I read {list} in the {place}", "it is not unread any more", `I read "Lunch" in the Inbox`, w.read},
		{"I delete {list} from the {place}", "here only; the server is not touched", `I delete "Lunch" from the Inbox`, w.remove},
		{"the {place} shows {list}", "exactly these can be seen there; mailbox means the account's entries", `the mailbox shows "Lunch" and "Photos"`, w.shows},
		{"the {flag} messages in the {place} are {list}", "exactly these are flagged so, of those that can be seen", `the new messages in the mailbox are "Photos"`, w.flagged},
		{"{list} in the {place} show(s) sender, date and size", "as the messages say, the size as on the wire", `"Lunch" in the mailbox shows sender, date and size`, w.showsDetails},
		{"the account is {state}", "the client says so and the account's entry is flagged so", `the account is connected`, w.accountIs},
		{"the account counts {int} message(s) on the server", "as of the newest connect", `the account counts 3 messages on the server`, w.remoteCount},
	}
}

func (w *world) has(ctx context.Context, setting, text string) error {
	return w.change(ctx, func(p *account.POP3) {
		if setting == "password" {
			p.Password.Literal = text
		} else {
			p.LoginName = text
		}
	})
}

func (w *world) secureLogin(ctx context.Context) error {
	return w.change(ctx, func(p *account.POP3) { p.Auth = account.APOP })
}

func (w *world) showsNewest(ctx context.Context, limit int) error {
	return w.change(ctx, func(p *account.POP3) { p.SyncLimit = limit })
}

func (w *world) showsAll(ctx context.Context) error { return w.showsNewest(ctx, -1) }

func (w *world) showsOffline(ctx context.Context) error {
	return w.change(ctx, func(p *account.POP3) { p.DisconnectedMode = true })
}

func (w *world) roomFor(kilobytes int) { w.free.Store(int64(kilobytes) << 10) }

func (w *world) plentyOfRoom() { w.free.Store(math.MaxInt64) }

// ids finds the entries with these subjects in a place.
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

func (w *world) read(ctx context.Context, list, place string) error {
	b := w.store.NewBatch()
	b.SetFlags(w.ids(ctx, list, place), 0, store.Unread)
	return b.Commit(ctx)
}

func (w *world) remove(ctx context.Context, list, place string) error {
	b := w.store.NewBatch()
	b.Delete(w.ids(ctx, list, place)...)
	return b.Commit(ctx)
}

// entries are the visible messages of a {place}.
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
	switch place {
	case "Inbox":
		return store.Inbox
	case "mailbox":
		return w.account
	}
	folders, err := w.store.Children(ctx, store.Local)
	w.Expect(err).NotTo(gomega.HaveOccurred())
	i := slices.IndexFunc(folders, func(f store.Entry) bool { return place == fmt.Sprintf("folder %q", f.Name) })
	w.Expect(i).NotTo(gomega.Equal(-1), "there is no such %s", place)
	return folders[i].ID
}

// expectEntries compares the subjects of the entries that have all these flags.
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
