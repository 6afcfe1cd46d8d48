package peer_test

import (
	"bytes"
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/cmd/internal/peer"
)

var _ = Describe("A command line of one's own", func() {
	here := peer.Account{Host: "127.0.0.1", Port: 110, User: "it's", Password: "$(me) \"x\""}

	It("gets its values quoted for the shell", func(ctx SpecContext) {
		dir := GinkgoT().TempDir()
		c := peer.CommandLine{Title: "mine", Line: `printf '%s\n' {host}:{port} {user} {password} >{dir}/1`}
		Expect(c.Fetch(ctx, here, dir)).To(Succeed())
		Expect(c.Read(dir)).To(Equal([][]byte{[]byte("127.0.0.1:110\nit's\n$(me) \"x\"\n")}))
	})

	It("shows the last line of its output when it fails", func(ctx SpecContext) {
		c := peer.CommandLine{Title: "mine", Line: `echo "no {port} for you" >&2; exit 4`}
		Expect(c.Fetch(ctx, here, GinkgoT().TempDir())).To(MatchError(ContainSubstring("exit status 4: no 110 for you")))
	})

	It("may store messages in any order, with LF, or in an mbox, but must store each", func(ctx SpecContext) {
		c := peer.CommandLine{Title: "mine"}
		lf := func(m []byte) []byte { return bytes.ReplaceAll(m, []byte("\r\n"), []byte("\n")) }
		mail := served()
		Expect(c.Check(ctx, mail, [][]byte{mail[1], mail[0], mail[4], mail[3], mail[2]})).To(Succeed())
		Expect(c.Check(ctx, mail[:2], [][]byte{lf(mail[1]), lf(mail[0])})).To(Succeed())
		Expect(c.Check(ctx, mail[:2], [][]byte{mail[0], mail[0]})).To(MatchError(ContainSubstring("not every message is among those stored")))
		Expect(c.Check(ctx, mail[:2], [][]byte{mail[0], lf(mail[1])})).To(MatchError(ContainSubstring("some messages are stored with CRLF and some with LF")))
		Expect(c.Check(ctx, mail[:2], mail[:1])).To(MatchError(ContainSubstring("2 messages were served and 1 stored")))

		dir := GinkgoT().TempDir()
		Expect(os.Mkdir(filepath.Join(dir, "messages"), 0o700)).To(Succeed())
		box := "From a\n" + string(lf(mail[0])) + "\nFrom b\n" + "From: c@example.org\nSubject: quoting\n\n>From here\n>>From there\n" + "\n"
		Expect(os.WriteFile(filepath.Join(dir, "messages", "mbox"), []byte(box), 0o600)).To(Succeed())
		stored, err := c.Read(dir)
		Expect(err).NotTo(HaveOccurred())
		Expect(c.Check(ctx, [][]byte{mail[0], mail[2]}, stored)).To(Succeed())
	})

	It("must say where to fetch from and where to store", func() {
		Expect(peer.CommandLine{Title: "mine", Line: "x {host} {port} {dir}"}.Validate()).To(Succeed())
		Expect(peer.CommandLine{Title: "mine", Line: "x {host} {port}"}.Validate()).To(MatchError(ContainSubstring("mine lacks {dir}")))
	})
})
