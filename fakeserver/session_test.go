package fakeserver_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("a session", func() {
	It("knows which commands belong to AUTHORIZATION", func() {
		p, greeting := connect(start(three(), nil))
		Expect(greeting).To(MatchRegexp(`^\+OK .* <[^<> ]+@[^<> ]+>$`))
		for _, c := range []string{"STAT", "LIST", "RETR 1", "DELE 1", "NOOP", "RSET", "TOP 1 0", "UIDL"} {
			Expect(p.ask(c)).To(HavePrefix("-ERR"), c)
		}
		Expect(p.ask("QUIT")).To(HavePrefix("+OK"))
		Expect(p.rest()).To(BeEmpty())
	})

	It("refuses the commands of AUTHORIZATION after login", func() {
		p := login(start(three(), nil))
		for _, c := range []string{"USER demo", "PASS demo", "APOP demo 0"} {
			Expect(p.ask(c)).To(HavePrefix("-ERR"), c)
		}
		Expect(p.ask("NOOP")).To(HavePrefix("+OK"))
	})

	It("takes verbs in any case, and a bare LF as line end", func() {
		p, _ := connect(start(three(), nil))
		Expect(p.ask("uSeR demo")).To(HavePrefix("+OK"))
		p.say("pass demo\nstat\n")
		Expect(p.line()).To(HavePrefix("+OK"))
		Expect(p.line()).To(Equal("+OK 3 42"))
	})

	It("goes on after nonsense", func() {
		p := login(start(three(), nil))
		for _, c := range []string{"", " ", "XYZZY", "AUTH", "CONNECT", "\x00\xff", "STAT 1", "NOOP x", "\tSTAT", "LIST\t1"} {
			Expect(p.ask(c)).To(HavePrefix("-ERR"), "%q", c)
		}
		Expect(p.ask("STAT")).To(Equal("+OK 3 42"))
	})

	DescribeTable("refuses a message number that names nothing",
		func(number string) {
			p := login(start(three(), nil))
			Expect(p.ask("DELE 2")).To(HavePrefix("+OK"))
			for _, verb := range []string{"LIST %s", "UIDL %s", "RETR %s", "DELE %s", "TOP %s 1"} {
				Expect(p.ask(fmt.Sprintf(verb, number))).To(HavePrefix("-ERR"), verb)
			}
			Expect(p.ask("STAT")).To(Equal("+OK 2 20"))
		},
		Entry("deleted", "2"), Entry("zero", "0"), Entry("negative", "-1"), Entry("signed", "+1"),
		Entry("absent", "4"), Entry("above 32 bits", "4294967297"), Entry("huge", strings.Repeat("9", 60)),
		Entry("hexadecimal", "0x1"), Entry("a word", "one"), Entry("two numbers", "1 1 1"))

	It("refuses RETR, DELE and TOP without a number, and TOP without or with a negative count", func() {
		p := login(start(three(), nil))
		for _, c := range []string{"RETR", "DELE", "TOP", "TOP 1", "TOP 1 -1", "TOP 1 x"} {
			Expect(p.ask(c)).To(HavePrefix("-ERR"), c)
		}
	})

	It("lists what is there and skips what is deleted", func() {
		p := login(start(three(), nil))
		Expect(p.ask("STAT")).To(Equal("+OK 3 42"))
		Expect(p.ask("LIST 2")).To(Equal("+OK 2 22"))
		Expect(p.ask("UIDL 2")).To(Equal("+OK 2 b"))
		Expect(p.ask("DELE 2")).To(HavePrefix("+OK"))
		_, rows := p.multi("LIST")
		Expect(rows).To(Equal("1 10\r\n3 10\r\n"))
		_, rows = p.multi("UIDL")
		Expect(rows).To(Equal("1 a\r\n3 c\r\n"))
		Expect(p.ask("STAT")).To(Equal("+OK 2 20"))
		Expect(p.ask("RSET")).To(HavePrefix("+OK"))
		Expect(p.ask("STAT")).To(Equal("+OK 3 42"))
		_, rows = p.multi("UIDL")
		Expect(rows).To(Equal("1 a\r\n2 b\r\n3 c\r\n"))
	})

	It("answers an empty maildrop with empty listings", func() {
		p := login(start(nil, nil))
		Expect(p.ask("STAT")).To(Equal("+OK 0 0"))
		_, rows := p.multi("LIST")
		Expect(rows).To(BeEmpty())
		_, rows = p.multi("UIDL")
		Expect(rows).To(BeEmpty())
	})

	It("tells its capabilities in both states", func() {
		srv := start(three(), nil)
		p, _ := connect(srv)
		_, before := p.multi("CAPA")
		_, after := login(srv).multi("CAPA")
		Expect(before).To(Equal(after))
		Expect(strings.Split(before, "\r\n")).To(ConsistOf("TOP", "USER", "SASL SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 PLAIN LOGIN", "UIDL", "PIPELINING",
			"RESP-CODES", "AUTH-RESP-CODE", "LANG", "EXPIRE NEVER", HavePrefix("IMPLEMENTATION "), ""))
	})

	It("lacks what the options take away", func() {
		srv := start(three(), &fakeserver.Options{Without: []string{"uidl", "APOP", "PIPELINING", "auth"}, Implementation: "x"})
		p, greeting := connect(srv)
		Expect(greeting).NotTo(ContainSubstring("<"))
		Expect(p.ask("APOP demo x")).To(HavePrefix("-ERR unknown"))
		_, capa := p.multi("CAPA")
		Expect(capa).To(Equal("TOP\r\nUSER\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nLANG\r\nEXPIRE NEVER\r\nIMPLEMENTATION x\r\n"))
		Expect(login(srv).ask("UIDL")).To(HavePrefix("-ERR unknown"))
	})

	It("lists the capabilities of the options, whatever works", func() {
		srv := start(three(), &fakeserver.Options{Capabilities: []string{"top", "X Y Z"}})
		p, _ := connect(srv)
		_, capa := p.multi("CAPA")
		Expect(capa).To(Equal("top\r\nX Y Z\r\n"))
	})

	It("answers pipelined commands in order", func() {
		p, _ := connect(start(three(), nil))
		p.say("USER demo\r\nPASS demo\r\nSTAT\r\nNOPE\r\nUIDL 1\r\nLIST 3\r\nDELE 1\r\nSTAT\r\nQUIT\r\nNOOP\r\n")
		Expect(strings.Split(strings.TrimSuffix(p.rest(), "\r\n"), "\r\n")).To(HaveExactElements(HavePrefix("+OK"), HavePrefix("+OK"), Equal("+OK 3 42"), HavePrefix("-ERR"),
			Equal("+OK 1 a"), Equal("+OK 3 10"), HavePrefix("+OK"), Equal("+OK 2 32"), HavePrefix("+OK")))
	})

	It("understands commands that come an octet at a time", func() {
		p, _ := connect(start(three(), nil))
		for _, c := range "USER demo\r\nPASS demo\r\nSTAT\r\n" {
			p.say(string(c))
		}
		Expect(p.line()).To(HavePrefix("+OK"))
		Expect(p.line()).To(HavePrefix("+OK"))
		Expect(p.line()).To(Equal("+OK 3 42"))
	})

	It("takes 255 octets as a command and throws longer ones away", func() {
		p := login(start(three(), nil))
		Expect(p.ask("NOOP" + strings.Repeat(" ", 249))).To(HavePrefix("+OK"))
		Expect(p.ask("NOOP" + strings.Repeat(" ", 250))).To(HavePrefix("-ERR"))
		Expect(p.ask(strings.Repeat("x", 1<<20))).To(HavePrefix("-ERR"))
		Expect(p.ask("STAT")).To(Equal("+OK 3 42"))
	})

	It("accepts longer commands when the options allow them", func() {
		p := login(start(three(), &fakeserver.Options{MaxLine: 10_000}))
		Expect(p.ask("NOOP" + strings.Repeat(" ", 9_994))).To(HavePrefix("+OK"))
		Expect(p.ask("NOOP" + strings.Repeat(" ", 9_995))).To(HavePrefix("-ERR"))
	})

	It("closes after too many bad commands in a row", func() {
		srv := start(three(), &fakeserver.Options{MaxBadCommands: 3})
		p, _ := connect(srv)
		p.say("A\r\nB\r\nCAPA\r\nA\r\nB\r\nC\r\nCAPA\r\n")
		Expect(strings.Count(p.rest(), "-ERR")).To(Equal(5))
	})

	It("closes after too many refused logins of any kind, with the answer", func() {
		srv := start(three(), &fakeserver.Options{MaxBadLogins: 3})
		p, _ := connect(srv)
		p.say("USER demo\r\nPASS x\r\nNOOP\r\nAPOP demo x\r\nAUTH PLAIN\r\n*\r\nCAPA\r\n")
		said := p.rest()
		Expect(said).To(ContainSubstring("not in the AUTHORIZATION state\r\n-ERR [AUTH] "))
		Expect(strings.Count(said, "-ERR")).To(Equal(4))
		Expect(said).NotTo(ContainSubstring("STAT"))
		Expect(strings.HasSuffix(said, "+ \r\n")).To(BeFalse(), said)
	})

	It("says that an empty line is not a command", func() {
		p, _ := connect(start(three(), nil))
		Expect(p.ask(" ")).To(Equal("-ERR unknown command: the line is empty"))
	})

	It("keeps reply lines within 512 octets", func() {
		Expect(edit.OK(strings.Repeat("x", 600))[0].Bytes).To(HaveLen(512))
		Expect(string(edit.Err(strings.Repeat("x", 600))[0].Bytes)).To(HaveSuffix("x\r\n"))
	})

	It("runs on any connection", func() {
		srv := fakeserver.New(three(), nil)
		client, server := net.Pipe()
		ended := make(chan struct{})
		go func() { defer close(ended); srv.ServeConn(server) }()
		p := &peer{Conn: client}
		go func() { _, _ = io.WriteString(client, "USER demo\r\nPASS demo\r\nSTAT\r\nQUIT\r\n") }()
		b, err := io.ReadAll(p.Conn)
		Expect(err).NotTo(HaveOccurred())
		Expect(string(b)).To(ContainSubstring("+OK 3 42\r\n"))
		<-ended
		Expect(srv.Close()).To(Succeed())
	})

	It("refuses connections and listeners once it is closed", func() {
		srv := fakeserver.New(nil, nil)
		Expect(srv.Close()).To(Succeed())
		client, server := net.Pipe()
		srv.ServeConn(server)
		_, err := client.Read(make([]byte, 1))
		Expect(err).To(MatchError(io.EOF))
		var listen net.ListenConfig
		l, err := listen.Listen(context.Background(), "tcp", "127.0.0.1:0")
		Expect(err).NotTo(HaveOccurred())
		Expect(srv.Serve(l)).To(MatchError(fakeserver.ErrClosed))
	})

	It("ends when the server is closed, and deletes nothing", func() {
		drop := three()
		srv := start(drop, nil)
		p := login(srv)
		Expect(p.ask("DELE 1")).To(HavePrefix("+OK"))
		Expect(srv.Close()).To(Succeed())
		Expect(p.rest()).To(BeEmpty())
		Expect(drop.UIDs()).To(Equal([]string{"a", "b", "c"}))
	})

	It("serves a mailbox of a million messages without holding one", func() {
		source, err := maildrop.Synthetic(maildrop.SyntheticOptions{Count: 1_000_000, Size: 1000, Seed: 7})
		Expect(err).NotTo(HaveOccurred())
		p := login(start(fakeserver.MaildropOf(source), nil))
		Expect(p.ask("STAT")).To(Equal("+OK 1000000 1000000000"))
		Expect(p.ask("UIDL 999999")).To(Equal("+OK 999999 7-999999"))
		_, body := p.multi("RETR 999999")
		Expect(unstuff(body)).To(Equal(string(maildrop.SyntheticMessage(7, 999_999, 1000))))
	})
})
