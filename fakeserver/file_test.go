package fakeserver_test

import (
	"bufio"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("mail in files that change while a session is open", func() {
	const large = 8 << 20 // more than anything between the file and the client holds
	var (
		client net.Conn
		in     *bufio.Reader
		path   string
	)
	say := func(line string) string {
		GinkgoHelper()
		_, err := io.WriteString(client, line+"\r\n")
		Expect(err).NotTo(HaveOccurred())
		reply, err := in.ReadString('\n')
		Expect(err).NotTo(HaveOccurred())
		return reply
	}
	begin := func(text string) {
		GinkgoHelper()
		dir := GinkgoT().TempDir()
		path = filepath.Join(dir, "a.eml")
		Expect(os.WriteFile(path, []byte(text), 0o600)).To(Succeed())
		Expect(os.WriteFile(filepath.Join(dir, "b.eml"), []byte("B\n"), 0o600)).To(Succeed())
		source, err := maildrop.OpenEML(dir)
		Expect(err).NotTo(HaveOccurred())
		srv := fakeserver.New(fakeserver.MaildropOf(source), nil)
		DeferCleanup(srv.Close)
		var server net.Conn
		client, server = net.Pipe()
		go srv.ServeConn(server)
		in = bufio.NewReader(client)
		_, err = in.ReadString('\n')
		Expect(err).NotTo(HaveOccurred())
		Expect(say("USER demo")).To(HavePrefix("+OK"))
		Expect(say("PASS demo")).To(HavePrefix("+OK"))
	}

	It("refuses a changed message and serves the others", func() {
		for _, change := range []func() error{
			func() error { return os.Truncate(path, 1) },
			func() error { return os.WriteFile(path, []byte("longer than it was\n"), 0o600) },
			func() error { return os.Remove(path) },
		} {
			begin("A: b\n\nx\n")
			Expect(change()).To(Succeed())
			Expect(say("RETR 1")).To(HavePrefix("-ERR [SYS/TEMP]"))
			Expect(say("TOP 1 0")).To(HavePrefix("-ERR [SYS/TEMP]"))
			Expect(say("RETR 2")).To(HavePrefix("+OK"))
			Expect(client.Close()).To(Succeed())
		}
	})

	It("cuts the connection within a large message that changes, before its end", func() {
		for _, change := range []func() error{
			func() error { return os.Truncate(path, large/2) },
			func() error { return os.WriteFile(path, []byte(strings.Repeat("z", large+1)), 0o600) },
		} {
			begin(strings.Repeat("y", large))
			Expect(say("RETR 1")).To(HavePrefix("+OK"))
			Expect(change()).To(Succeed())
			rest, err := io.ReadAll(in)
			Expect(err).NotTo(HaveOccurred())
			Expect(len(rest)).To(BeNumerically("<=", large))
			Expect(strings.HasSuffix(string(rest), "\r\n")).To(BeFalse())
		}
	})
})
