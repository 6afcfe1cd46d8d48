package store_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/store"
)

// salvaged recovers what is intact in dir into a new store.
func salvaged(dir string) (*store.Store, store.Salvaged, []string) {
	GinkgoHelper()
	to := open(newDir(), nil)
	var lost []string
	before := files(dir)
	how := store.Salvage{
		Describe: func(e *store.Entry, header []byte) { e.Description, _, _ = strings.Cut(string(header), "\r\n") },
		Mailbox: func(settings map[string]string) store.Mailbox {
			return store.Mailbox{Host: settings["host"], User: settings["user"]}
		},
		Account: func(m store.Mailbox) map[string]string { return map[string]string{"host": m.Host, "user": m.User} },
		Lost:    func(l store.Loss) { lost = append(lost, l.String()) },
	}
	sum, err := how.Into(context.Background(), dir, to)
	Expect(err).NotTo(HaveOccurred())
	Expect(sum.Lost).To(Equal(len(lost)))
	Expect(files(dir)).To(Equal(before), "the damaged store is left as it is")
	noProblems(to)
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "mtm-salvage-*"))
	Expect(left, err).To(BeEmpty())
	return to, sum, lost
}

// contents returns the bodies of all messages below an entry.
func contents(s *store.Store, parent store.ID) (list []string) {
	GinkgoHelper()
	Expect(s.Each(context.Background(), parent, func(e *store.Entry) error {
		if e.Type == store.TypeMessage {
			list = append(list, string(content(s, e.ID)))
		}
		return nil
	})).To(Succeed())
	return list
}

// bequest is a closed store with all kinds of messages, and a list of them.
type bequest struct {
	dir             string
	account, folder store.ID
}

// makeBequest makes a store with an account with a header and a populated message, a folder with a
// copy of that, two messages in the Inbox, a draft, and a message that was deleted.
func makeBequest() bequest {
	GinkgoHelper()
	ctx := context.Background()
	dir := newDir()
	s, err := store.Open(dir, &smallSegments)
	Expect(err).NotTo(HaveOccurred())
	account := &store.Entry{Parent: store.Root, Type: store.TypeService, Name: workMailbox.Name}
	folder := &store.Entry{Parent: store.Local, Type: store.TypeFolder, Name: "Bills"}
	b := s.NewBatch()
	b.Add(account)
	b.Add(folder)
	Expect(b.Commit(ctx)).To(Succeed())
	b = s.NewBatch()
	account.Service = account.ID
	b.Update(account)
	b.SetSettings(account.ID, map[string]string{"host": workMailbox.Host, "user": workMailbox.User, "password": "secret"})
	w := b.BodyOf(store.BodyHeader, store.Origin{Mailbox: workMailbox, UID: "h"})
	_, err = w.Write([]byte("Subject: head\r\n\r\n"))
	Expect(err).NotTo(HaveOccurred())
	head := &store.Entry{Parent: account.ID, Service: account.ID, Type: store.TypeMessage, UID: "h"}
	head.Body, err = w.Close()
	Expect(err).NotTo(HaveOccurred())
	b.Add(head)
	Expect(b.Commit(ctx)).To(Succeed())
	populated := fetched(s, account.ID, "p", []byte("populated"))
	b = s.NewBatch()
	b.Copy(&store.Copies{Into: folder.ID, Linked: true, Of: []store.Copied{{Source: populated.ID, Body: populated.Body}}})
	draft := message(b, store.Drafts, store.BodyWhole, []byte("draft"))
	draft.Sending = store.SendWaiting
	b.SetOutgoing(draft, store.Outgoing{From: "ada@example.org", Recipients: []store.Recipient{{Address: "ben@example.org"}}})
	Expect(b.Commit(ctx)).To(Succeed())
	fetched(s, store.Inbox, "1", []byte("one"))
	fetched(s, store.Inbox, "2", []byte("two"))
	remove(s, fetched(s, store.Inbox, "gone", []byte("deleted")).ID)
	Expect(s.Close()).To(Succeed())
	return bequest{dir, account.ID, folder.ID}
}

var _ = Describe("Salvage", func() {
	ctx := context.Background()
	var dir string
	var account, folder store.ID

	BeforeEach(func() {
		b := makeBequest()
		dir, account, folder = b.dir, b.account, b.folder
	})

	use := func(f func(s *store.Store)) {
		GinkgoHelper()
		s, err := store.Open(dir, &smallSegments)
		Expect(err).NotTo(HaveOccurred())
		f(s)
		Expect(s.Close()).To(Succeed())
	}
	damage := func(name string, f func(data []byte) []byte) {
		GinkgoHelper()
		path := filepath.Join(dir, name)
		data, err := os.ReadFile(path)
		Expect(err).NotTo(HaveOccurred())
		Expect(os.WriteFile(path, f(data), 0o600)).To(Succeed())
	}

	It("recovers an undamaged store completely", func() {
		to, sum, lost := salvaged(dir)
		Expect(lost).To(BeEmpty())
		Expect(sum).To(Equal(store.Salvaged{Accounts: 1, Folders: 1, Messages: 6}))
		was, err := store.Open(dir, &store.Options{ReadOnly: true})
		Expect(err).NotTo(HaveOccurred())
		Expect(dump(to)).To(Equal(dump(was)))
		Expect(to.Settings(ctx, account)).To(HaveKeyWithValue("password", "secret"))
		Expect(was.Close()).To(Succeed())
	})

	It("reports each queued operation, which it does not recover", func() {
		use(func(s *store.Store) {
			children, err := s.Children(ctx, account)
			Expect(err).NotTo(HaveOccurred())
			b := s.NewBatch()
			b.Queue(store.Queued{Entry: children[0].ID, Kind: store.QueueDelete}, nil)
			Expect(b.Commit(ctx)).To(Succeed())
		})
		_, _, lost := salvaged(dir)
		Expect(lost).To(ConsistOf(ContainSubstring("the delete that waited for the next connection: ask for it again")))
	})

	It("recovers every message without the index, but no deleted one", func() {
		Expect(os.Remove(filepath.Join(dir, "index.db"))).To(Succeed())
		_, err := store.Open(dir, nil)
		Expect(err).To(MatchError(store.ErrCorrupt))
		Expect(err).To(MatchError(ContainSubstring("salvage")))
		to, sum, lost := salvaged(dir)
		Expect(lost).To(HaveLen(2))
		Expect(sum).To(Equal(store.Salvaged{Accounts: 1, Found: 5, Drafts: 1, Lost: 2}))
		Expect(contents(to, store.Inbox)).To(ConsistOf("populated", "one", "two"))
		Expect(contents(to, store.Drafts)).To(ConsistOf("draft"))
		list, err := to.Children(ctx, store.Root)
		Expect(err).NotTo(HaveOccurred())
		Expect(list[1]).To(HaveField("Name", "work"))
		Expect(to.Settings(ctx, list[1].ID)).To(Equal(map[string]string{"host": workMailbox.Host, "user": workMailbox.User}))
		Expect(contents(to, list[1].ID)).To(ConsistOf("Subject: head\r\n\r\n"))
		inbox, err := to.Children(ctx, store.Inbox)
		Expect(err).NotTo(HaveOccurred())
		Expect(inbox).To(HaveEach(And(HaveField("Service", list[1].ID), HaveField("UID", Not(BeEmpty())),
			HaveField("Date.Unix()", BeNumerically(">", 0)))))
	})

	It("treats an index that is not a database as missing", func() {
		damage("index.db", func(data []byte) []byte { return bytes.Repeat([]byte("x"), len(data)) })
		_, err := store.Open(dir, nil)
		Expect(err).To(MatchError(store.ErrCorrupt))
		to, _, _ := salvaged(dir)
		Expect(contents(to, store.Inbox)).To(ConsistOf("populated", "one", "two"))
	})

	It("recovers messages that an older index does not know, but not those deleted later", func() {
		older := copyStore(dir)
		use(func(s *store.Store) {
			list, err := s.Children(ctx, store.Inbox)
			Expect(err).NotTo(HaveOccurred())
			remove(s, list[0].ID)
			fetched(s, folder, "3", []byte("three"))
			fetched(s, store.Inbox, "3", []byte("three"))
		})
		putBack(dir, older)
		to, sum, lost := salvaged(dir)
		Expect(lost).To(BeEmpty())
		Expect(sum).To(Equal(store.Salvaged{Accounts: 1, Folders: 1, Messages: 5, Found: 1}))
		Expect(contents(to, store.Inbox)).To(ConsistOf("two", "three"))
	})

	It("finds bodies that a reclaim has moved later", func() {
		var many []*store.Entry
		use(func(s *store.Store) {
			for i := range 30 {
				many = append(many, fetched(s, store.Inbox, fmt.Sprint(100+i), bytes.Repeat([]byte{byte(i)}, 20_000)))
			}
		})
		older := copyStore(dir)
		use(func(s *store.Store) {
			remove(s, ids(many[1:])...)
			Expect(s.Reclaim(ctx)).To(HaveField("Segments", 3))
		})
		putBack(dir, older)
		to, _, lost := salvaged(dir)
		Expect(lost).To(HaveLen(3+29), "three segments, and what was deleted in them")
		Expect(contents(to, store.Inbox)).To(ConsistOf("one", "two", string(bytes.Repeat([]byte{0}, 20_000))))
	})

	It("lists messages with damaged octets, and recovers the others", func() {
		damage("bodies/00000001.seg", func(data []byte) []byte {
			data[bytes.Index(data, []byte("populated"))]++
			return data
		})
		to, sum, lost := salvaged(dir)
		Expect(lost).To(ConsistOf(ContainSubstring("a body of 9 octets is damaged"),
			ContainSubstring(`entry 10, segment 1 at`), ContainSubstring(`message "about p"`)))
		Expect(sum.Messages).To(Equal(4))
		Expect(contents(to, store.Inbox)).To(ConsistOf("one", "two"))
	})

	It("puts messages of a lost folder into the Inbox", func() {
		sqlite(dir, "UPDATE entries SET name = 'Gills' WHERE id = "+fmt.Sprint(folder))
		to, sum, lost := salvaged(dir)
		Expect(lost).To(HaveLen(2))
		Expect(sum.Folders).To(BeZero())
		Expect(contents(to, store.Inbox)).To(ConsistOf("one", "two", "populated"))
	})

	It("ignores records inside a message", func() {
		var evil *store.Entry
		use(func(s *store.Store) {
			list, err := s.Children(ctx, store.Inbox)
			Expect(err).NotTo(HaveOccurred())
			records := append(store.NoteDeletingForTest(list[0].Body), store.RecordOf(store.Body{Kind: store.BodyWhole})...)
			evil = fetched(s, store.Inbox, "evil", append([]byte("evil"), records...))
		})
		damage("bodies/00000001.seg", func(data []byte) []byte {
			data[evil.Body.Offset+9]++ // damages the length, so that the octets after it are searched for records
			return data
		})
		Expect(os.Remove(filepath.Join(dir, "index.db"))).To(Succeed())
		to, _, _ := salvaged(dir)
		Expect(contents(to, store.Inbox)).To(ConsistOf("populated", "one", "two"))
	})

	It("reads a segment whose beginning is damaged", func() {
		damage("bodies/00000001.seg", func(data []byte) []byte { clear(data[:40]); return data })
		s := open(copyStore(dir), nil)
		Expect(contents(s, store.Inbox)).To(ConsistOf("one", "two"))
		to, _, _ := salvaged(dir)
		Expect(contents(to, store.Inbox)).To(ConsistOf("one", "two"))
		Expect(os.Remove(filepath.Join(dir, "index.db"))).To(Succeed())
		to, _, _ = salvaged(dir)
		Expect(contents(to, store.Inbox)).To(ConsistOf("populated", "one", "two"))
	})
})
