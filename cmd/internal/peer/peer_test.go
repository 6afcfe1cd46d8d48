package peer_test

import (
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/cmd/internal/peer"
)

// mail is what Dovecot holds in these specs: it serves the LF of its files as CRLF.
var mail = []string{
	"From: a@example.org\nSubject: plain\n\nHello\n",
	"From: b@example.org\nSubject: dots\n\n.\n..\n.dot\n",
	"From: c@example.org\nSubject: quoting\n\nFrom here\n>From there\n",
	"From: d@example.org\nSubject: long\n\n" + strings.Repeat("x", 3000) + "\n" + strings.Repeat("y", 9000) + "\n",
	"Subject: eight bits \xe4\n\n\xff\xfe\n\n\n",
}

func served() [][]byte {
	var messages [][]byte
	for _, m := range mail {
		messages = append(messages, []byte(strings.ReplaceAll(m, "\n", "\r\n")))
	}
	return messages
}

func dovecot(ctx context.Context) *peer.Dovecot {
	var files [][]byte
	for _, m := range mail {
		files = append(files, []byte(m))
	}
	d, err := peer.StartDovecot(ctx, map[string]iter.Seq[[]byte]{"demo": slices.Values(files)}, nil)
	need(err)
	DeferCleanup(d.Stop)
	return d
}

// need skips a spec whose program is missing, where that is allowed.
func need(err error) {
	GinkgoHelper()
	peer.Need(GinkgoTB(), err)
}

var _ = Describe("A foreign client", Ordered, func() {
	var server *peer.Dovecot
	BeforeAll(func(ctx SpecContext) { server = dovecot(ctx) }, NodeTimeout(3*time.Minute))

	for _, client := range peer.Clients() {
		It(client.Name()+" stores what Dovecot serves, but for what it is known to alter", func(ctx SpecContext) {
			_, err := client.Version(ctx)
			need(err)
			dir := GinkgoT().TempDir()
			err = client.Fetch(ctx, server.Account("demo"), dir)
			if refused, ok := errors.AsType[peer.Refused](err); ok {
				Expect(client.Name()).To(Equal("poplib"))
				Expect(refused).To(Equal(peer.Refused{{Message: "4", Text: "line too long"}}))
			} else {
				need(err)
			}
			stored, err := client.Read(dir)
			Expect(err).NotTo(HaveOccurred())
			fetched := slices.DeleteFunc(served(), func(m []byte) bool { return client.Refuses(m) != "" })
			Expect(client.Check(ctx, fetched, stored)).To(Succeed())

			By("finding a single wrong octet, and a lost message")
			stored[1][len(stored[1])-3] ^= 1
			Expect(client.Check(ctx, fetched, stored)).To(MatchError(ContainSubstring("message 2 of those compared differs")))
			Expect(client.Check(ctx, fetched, stored[1:])).To(MatchError(ContainSubstring("stored")))
		}, SpecTimeout(3*time.Minute))

		It(client.Name()+" says that it cannot log in", func(ctx SpecContext) {
			account := server.Account("demo")
			account.Password = "wrong"
			err := client.Fetch(ctx, account, GinkgoT().TempDir())
			if errors.Is(err, peer.ErrMissing) {
				need(err)
			}
			Expect(err).To(HaveOccurred())
		}, SpecTimeout(3*time.Minute))
	}
})

var _ = Describe("A missing program", func() {
	It("is named together with its Debian package", func(ctx SpecContext) {
		GinkgoT().Setenv("PATH", GinkgoT().TempDir())
		for _, client := range peer.Clients() {
			err := client.Fetch(ctx, peer.Account{}, GinkgoT().TempDir())
			Expect(err).To(MatchError(peer.ErrMissing))
			Expect(err).To(MatchError(ContainSubstring("Debian has it in the package")))
		}
	})
})

var _ = Describe("A command line", func() {
	read := func(names ...string) []string {
		dir := GinkgoT().TempDir()
		Expect(os.Mkdir(filepath.Join(dir, "messages"), 0o700)).To(Succeed())
		for _, name := range names {
			Expect(os.WriteFile(filepath.Join(dir, "messages", name), []byte(name), 0o600)).To(Succeed())
		}
		stored, err := peer.CommandLine{}.Read(dir)
		Expect(err).NotTo(HaveOccurred())
		var order []string
		for _, m := range stored {
			order = append(order, string(m))
		}
		return order
	}

	It("reads files in the order of the numbers in their names", func() {
		Expect(read("10.eml", "9.eml", "1.eml", "2.eml")).To(Equal([]string{"1.eml", "2.eml", "9.eml", "10.eml"}))
		Expect(read("m-2-b", "m-10-a", "m-2-a", "m-02")).To(Equal([]string{"m-2-a", "m-2-b", "m-02", "m-10-a"}))
		Expect(read("99999999999999999999999", "100000000000000000000000", "b", "a")).To(Equal([]string{"99999999999999999999999", "100000000000000000000000", "a", "b"}))
	})

	DescribeTable("says at once when its program does not exist, where that can be known", func(ctx SpecContext, line string, exists bool) {
		_, err := peer.CommandLine{Title: "mine", Line: line}.Version(ctx)
		if exists {
			Expect(err).NotTo(HaveOccurred())
		} else {
			Expect(err).To(MatchError(HavePrefix("the command of mine: ./no-such-program does not exist")))
		}
	},
		Entry(nil, "./no-such-program {host}", false),
		Entry(nil, "A=1 ./no-such-program {host}", false),
		Entry(nil, ": {host}", true),
		Entry(nil, "sh -c true", true),
		Entry(nil, "(./no-such-program || true)", true),
		Entry(nil, "\"$HOME/x\" {host}", true),
	)
})

func TestNeedSkipsForAMissingProgramOnlyOutsideCI(t *testing.T) {
	t.Setenv("CI", "")
	skipped := true
	t.Run("skips", func(t *testing.T) {
		peer.Need(t, peer.ErrMissing)
		skipped = false
	})
	if !skipped {
		t.Error("Need went on after a missing program")
	}
}
