package main_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/cmd/internal/peer"
	"pop3mtm/fixtures"
	"pop3mtm/mtm/store"
)

var _ = Describe("Sessions with a real Dovecot", func() {
	var (
		u      *user
		server *peer.Dovecot
		sent   [][]byte // what was delivered, as Dovecot serves it, in its order
	)

	// starts serves these files and adds the account to the user's store.
	starts := func(ctx context.Context, files [][]byte, flags ...string) {
		GinkgoHelper()
		var err error
		server, err = peer.StartDovecot(ctx, map[string]iter.Seq[[]byte]{"demo": slices.Values(files)}, nil)
		peer.Need(GinkgoTB(), err)
		DeferCleanup(server.Stop)
		sent = nil
		for _, file := range files {
			sent = append(sent, dovecotForm(file))
		}
		u = newUser()
		u.addDovecot(server, flags...)
	}
	delivers := func(files ...[]byte) {
		GinkgoHelper()
		Expect(server.Deliver("demo", files...)).To(Succeed())
		for _, file := range files {
			sent = append(sent, dovecotForm(file))
		}
	}
	kept := func() int {
		GinkgoHelper()
		n, err := server.Kept("demo")
		Expect(err).NotTo(HaveOccurred())
		return n
	}

	It("populates every message octet for octet, and deletes the chosen ones", func(ctx SpecContext) {
		files, _ := octets(append(fixtures.Mail(), fixtures.Nasty()...))
		starts(ctx, slices.DeleteFunc(files, dovecotSpoils))
		u.succeeds("populate", "work")
		list := u.lists("work")
		Expect(list).To(HaveEach(And(HaveField("Body", "whole"), HaveField("Complete", true), HaveField("PartialDownload", false))))
		bodies := u.bodies(list)
		sameOctets(bodies, sent)
		for i, m := range list {
			// Dovecot does not count the line end that it adds to a message without one.
			Expect(m.Size).To(BeNumerically("~", len(bodies[i]), 2))
		}
		Expect(u.lists("Inbox")).To(BeEmpty())
		Expect(kept()).To(Equal(len(sent)))
		Expect(u.succeeds("populate", "work", "--which", "all")).To(Equal(fmt.Sprintf("0 messages, %d already there\n", len(sent))))

		args := []string{"delete", "work"}
		for _, m := range list[:10] {
			args = append(args, number(m.ID))
		}
		Expect(u.succeeds(args...)).To(Equal("10 messages deleted on the server\n"))
		Expect(kept()).To(Equal(len(sent) - 10))
		u.succeeds("get", "work", "--headers-only")
		Expect(ids(u.lists("work"))).To(Equal(ids(list[10:])), "the entries of the others stay")
		u.succeeds("get", "work", "--which", "all")
		sameOctets(u.bodies(u.lists("Inbox")), bodies[10:])
		u.succeeds("check-store")
	}, SpecTimeout(5*time.Minute))

	It("populates the first lines, says what is left, and gets the rest later", func(ctx SpecContext) {
		files, _ := octets(fixtures.Mail())
		files = append(files, []byte("Subject: long\n\n"+strings.Repeat("A line of the long letter.\n", 5000)))
		starts(ctx, files, "--population-limit", "12")
		u.succeeds("populate", "work")
		list := u.lists("work")
		bodies := u.bodies(list)
		sameOctets(bodies, apply(sent, func(m []byte) []byte { return top(m, 12) }))
		notices := 0
		for i, m := range list {
			partial := m.Size > int64(len(bodies[i]))
			Expect(m).To(And(HaveField("PartialDownload", partial), HaveField("Complete", true), HaveField("Stored", int64(len(bodies[i])))))
			var v struct {
				Notice string `json:"partial_notice"`
				Left   int64  `json:"left_on_server"`
			}
			fromJSON(u.succeeds("show", number(m.ID), "--json", "--peek"), &v)
			Expect(v.Left > 0).To(Equal(partial), m.Subject)
			if v.Notice == "" {
				continue
			}
			notices++
			Expect(partial).To(BeTrue(), m.Subject)
			Expect(v.Notice).To(Equal(fmt.Sprintf("[%d KB of this message are still on the server]", max(1, v.Left/1024))))
			Expect(u.succeeds("show", number(m.ID), "--peek")).To(ContainSubstring("\n" + v.Notice + "\n"))
		}
		Expect(notices).To(BeNumerically(">", 3))
		u.succeeds("populate", "work", "--which", "all", "--lines", "-1")
		sameOctets(u.bodies(u.lists("work")), sent)
		u.succeeds("check-store")
	}, SpecTimeout(5*time.Minute))

	It("lists the newest messages within a sync limit while the mailbox changes under it", func(ctx SpecContext) {
		var files [][]byte
		for i := range 14 {
			files = append(files, fmt.Appendf(nil, "From: a@example.org\nSubject: letter %02d\n\nThis is letter %d.\n", i, i))
		}
		starts(ctx, files[:10], "--sync-limit", "4", "--disconnected-mode")
		subjects := func() []string {
			GinkgoHelper()
			u.succeeds("get", "work", "--headers-only")
			var all []string
			for _, m := range u.lists("work") {
				all = append(all, m.Subject)
			}
			slices.Sort(all)
			return all
		}
		Expect(subjects()).To(Equal(letterNames(6, 7, 8, 9)))
		first := u.lists("work", "--sort", "id")
		delivers(files[10:13]...)
		Expect(subjects()).To(Equal(letterNames(9, 10, 11, 12)))
		Expect(ids(u.lists("work"))).To(ContainElement(first[0].ID), "the entry of letter 9, whose number has changed")

		// Somebody else deletes letters 10 and 12, which Dovecot tells us in its next session.
		other := newUser()
		other.addDovecot(server)
		other.succeeds("get", "work", "--headers-only")
		args := []string{"delete", "work"}
		for _, m := range other.lists("work") {
			if m.Subject == "letter 10" || m.Subject == "letter 12" {
				args = append(args, number(m.ID))
			}
		}
		Expect(other.succeeds(args...)).To(Equal("2 messages deleted on the server\n"))
		sent = slices.Delete(slices.Delete(sent, 12, 13), 10, 11)
		Expect(subjects()).To(Equal(letterNames(7, 8, 9, 11)), "older ones move up into the limit")

		// A populated message outlives the limit.
		for _, m := range u.lists("work") {
			if m.Subject == "letter 07" {
				u.succeeds("populate", "work", number(m.ID))
			}
		}
		delivers(files[13])
		Expect(subjects()).To(Equal(letterNames(7, 8, 9, 11, 13)))
		u.succeeds("account", "set", "work", "--sync-limit", "2")
		Expect(subjects()).To(Equal(letterNames(7, 11, 13)))
		u.succeeds("account", "set", "work", "--sync-limit", "0")
		Expect(subjects()).To(Equal(letterNames(7, 11, 13)), "0 refreshes nothing")
		u.succeeds("account", "set", "work", "--sync-limit", "-1")
		Expect(subjects()).To(HaveLen(len(sent)))
		u.succeeds("get", "work", "--which", "all")
		sameOctets(u.bodies(u.lists("Inbox")), sent)
		u.succeeds("check-store")
	}, SpecTimeout(5*time.Minute))

	It("moves what was there, and next time what came meanwhile; a queued delete goes with the session", func(ctx SpecContext) {
		files, _ := octets(fixtures.Mail())
		starts(ctx, files[:10])
		u.succeeds("get", "work", "--take", "move")
		Expect(kept()).To(BeZero())
		delivers(files[10:14]...)
		u.succeeds("get", "work", "--take", "move")
		Expect(kept()).To(BeZero())
		sameOctets(u.bodies(u.lists("Inbox")), sent)
		Expect(u.lists("work")).To(BeEmpty())

		u.succeeds("account", "set", "work", "--disconnected-mode")
		delivers(files[14:]...)
		u.succeeds("get", "work", "--headers-only")
		list := u.lists("work")
		u.succeeds("delete", "work", number(list[0].ID), number(list[1].ID))
		Expect(kept()).To(Equal(4))
		u.succeeds("cancel-offline", "work", number(list[1].ID))
		u.succeeds("get", "work", "--headers-only")
		Expect(kept()).To(Equal(3))
		Expect(ids(u.lists("work"))).To(Equal(ids(list[1:])))
	}, SpecTimeout(5*time.Minute))
})

// addDovecot adds the account "work".
func (u *user) addDovecot(d *peer.Dovecot, flags ...string) {
	GinkgoHelper()
	a := d.Account("demo")
	u.succeeds(append([]string{"account", "add", "work", "--pop3", fmt.Sprintf("%s:%d", a.Host, a.Port),
		"--user", a.User, "--password", a.Password}, flags...)...)
}

// bodies reads what is stored of the messages, in their order.
func (u *user) bodies(list []message) [][]byte {
	GinkgoHelper()
	ctx := context.Background()
	st, err := store.Open(u.path("mail.store"), &store.Options{MustExist: true, ReadOnly: true})
	Expect(err).NotTo(HaveOccurred())
	defer func() { Expect(st.Close()).To(Succeed()) }()
	all := make([][]byte, len(list))
	for i, m := range list {
		r, err := st.Body(ctx, store.ID(m.ID))
		Expect(err).NotTo(HaveOccurred())
		all[i], err = io.ReadAll(r)
		Expect(errors.Join(err, r.Close())).To(Succeed())
	}
	return all
}

// sameOctets compares two sets of messages.
func sameOctets(got, want [][]byte) {
	GinkgoHelper()
	got, want = slices.SortedFunc(slices.Values(got), bytes.Compare), slices.SortedFunc(slices.Values(want), bytes.Compare)
	Expect(got).To(HaveLen(len(want)))
	for i := range want {
		if !bytes.Equal(got[i], want[i]) {
			Fail(fmt.Sprintf("%d octets in place of %d:\n%.300q\n%.300q", len(got[i]), len(want[i]), got[i], want[i]))
		}
	}
}

func apply(all [][]byte, f func([]byte) []byte) [][]byte {
	var out [][]byte
	for _, m := range all {
		out = append(out, f(m))
	}
	return out
}

// top returns the answer to TOP: the header, the empty line, and so many lines
// (RFC 1939 section 7).
func top(m []byte, lines int) []byte {
	end := bytes.Index(m, []byte("\r\n\r\n"))
	if end < 0 {
		return m
	}
	end += 4
	for range lines {
		next := bytes.Index(m[end:], []byte("\r\n"))
		if next < 0 {
			return m
		}
		end += next + 2
	}
	return m[:end]
}

func letterNames(numbers ...int) []string {
	var names []string
	for _, n := range numbers {
		names = append(names, fmt.Sprintf("letter %02d", n))
	}
	return names
}
