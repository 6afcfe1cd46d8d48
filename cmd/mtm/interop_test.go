package main_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/cmd/internal/peer"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/fixtures"
)

var _ = Describe("A mailbox of 1,000 messages, nasty ones among them", func() {
	It("is what mtm exports after it fetched from Dovecot, and a move leaves nothing there", func(ctx SpecContext) {
		files, _ := octets(fixtures.Thousand())
		files = slices.DeleteFunc(files, dovecotSpoils)
		server, err := peer.StartDovecot(ctx, map[string]iter.Seq[[]byte]{"demo": slices.Values(files)}, nil)
		peer.Need(GinkgoTB(), err)
		DeferCleanup(server.Stop)
		var want [][]byte
		for _, m := range files {
			want = append(want, dovecotForm(m))
		}
		account := server.Account("demo")
		fetchesAndMoves(fmt.Sprintf("%s:%d", account.Host, account.Port), want)
		Expect(server.Kept("demo")).To(BeZero(), "messages in the Maildir after a move")
	}, SpecTimeout(5*time.Minute))

	It("is what mtm exports after it fetched from pop3sim, and a move leaves nothing there", func() {
		mail := fixtures.Thousand()
		files, want := octets(mail)
		dir := GinkgoT().TempDir()
		for i, m := range files {
			Expect(os.WriteFile(filepath.Join(dir, fmt.Sprintf("%04d.eml", i+1)), m, 0o600)).To(Succeed())
		}
		fetchesAndMoves(startPOP3Sim("--eml", dir), want)
		Expect(filepath.Glob(filepath.Join(dir, "*"))).To(BeEmpty())
	})
})

// octets returns the messages as files, and as a client gets them from a server
// that changes nothing.
func octets(mail []maildrop.Message) (files, served [][]byte) {
	GinkgoHelper()
	for _, m := range mail {
		r, err := m.Open()
		Expect(err).NotTo(HaveOccurred())
		file, err := io.ReadAll(r)
		Expect(errors.Join(err, r.Close())).To(Succeed())
		octets, err := maildrop.Read(m)
		Expect(err).NotTo(HaveOccurred())
		files, served = append(files, file), append(served, octets)
	}
	return files, served
}

// dovecotSpoils names what no client can fetch from Dovecot 2.3: it does not stuff a dot
// that is the first octet of a message (QUIRK 74), so that "only-dots" and
// "starts-with-dot-line" end at once.
func dovecotSpoils(m []byte) bool { return bytes.HasPrefix(m, []byte(".")) }

// dovecotForm returns how Dovecot serves a file: each bare LF as CRLF, and with a line end at the
// end, in an empty one too.
func dovecotForm(m []byte) []byte {
	out := bytes.ReplaceAll(bytes.ReplaceAll(m, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
	if !bytes.HasSuffix(out, []byte("\r\n")) {
		out = append(out, "\r\n"...)
	}
	return out
}

// fetchesAndMoves copies everything, exports and compares it, finds nothing new, then moves
// everything in a second store, and finds the server empty.
func fetchesAndMoves(address string, want [][]byte) {
	GinkgoHelper()
	for _, take := range []string{"copy", "move"} {
		u := newUser()
		u.succeeds("account", "add", "work", "--pop3", address, "--user", "demo", "--password", "demo")
		u.succeeds("get", "work", "--take", take)
		u.exports(want)
		u.succeeds("get", "work", "--which", "all")
		Expect(u.lists("Inbox")).To(HaveLen(len(want)), "nothing twice")
		u.succeeds("check-store")
	}
	u := newUser()
	u.succeeds("account", "add", "work", "--pop3", address, "--user", "demo", "--password", "demo")
	u.succeeds("get", "work")
	Expect(u.lists("Inbox")).To(BeEmpty(), "the server is empty after the move")
}

// exports compares the Inbox, exported as .eml files and as a Maildir, with what is wanted: every
// octet, whatever the order.
func (u *user) exports(want [][]byte) {
	GinkgoHelper()
	u.succeeds("export", "Inbox", "--format", "eml", "--out", "eml")
	u.succeeds("export", "Inbox", "--format", "maildir", "--out", "maildir")
	for _, pattern := range []string{"eml/*", "maildir/*/*"} {
		names, err := filepath.Glob(u.path(pattern))
		Expect(err).NotTo(HaveOccurred())
		Expect(names).To(HaveLen(len(want)), pattern)
		got := make([][]byte, len(names))
		for i, name := range names {
			got[i], err = os.ReadFile(name)
			Expect(err).NotTo(HaveOccurred())
		}
		want = slices.SortedFunc(slices.Values(want), bytes.Compare)
		slices.SortFunc(got, bytes.Compare)
		for i := range want {
			if !bytes.Equal(got[i], want[i]) {
				Fail(fmt.Sprintf("%s: %d octets in place of %d", pattern, len(got[i]), len(want[i])))
			}
		}
	}
}

// startPOP3Sim runs "pop3sim serve" and returns its address; the end of the spec stops it.
func startPOP3Sim(args ...string) string {
	GinkgoHelper()
	server := simulate(append([]string{"serve"}, args...)...)
	DeferCleanup(func() {
		stop := os.Interrupt
		if runtime.GOOS == "windows" {
			stop = os.Kill
		}
		Expect(server.command.Process.Signal(stop)).To(Succeed())
		Expect(server.command.Wait()).To(Succeed())
	})
	return server.POP3
}
