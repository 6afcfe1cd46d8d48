package recorded_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver/record"
	"pop3mtm/scenarios"
	"pop3mtm/scenarios/recorded"
)

func TestRecorded(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "recorded")
}

// transcript is of a server with words of its own, and a fault.
const transcript = `
S: +OK Mercury ready <1@example.org>
C: CAPA
S: +OK Capability list:
S: TOP
S: UIDL
S: SASL PLAIN
S: X-BEFORE
S: .
C: USER ann
S: +OK and now the password
C: PASS ********
S: -ERR no such luck
C: USER ann
S: +OK and now the password
C: PASS ********
S: +OK 3 messages for you
C: CAPA
S: +OK Capability list:
S: TOP
S: UIDL
S: SASL PLAIN
S: .
C: STAT
S: +OK 3 1231
C: UIDL
S: +OK here
S: 1 a1
S: 2 a2
S: 3 a3
S: .
C: LIST
S: +OK 3 of them
S: 1 31
S: 2 300
S: 3 900
S: .
C: RETR 1
S: +OK mail follows
S: Subject: dots
S:
S: ..
S: ..a\xe9
S: last
S: .
C: TOP 2 1
S: +OK top follows
S: Subject: long
S:
S: first line
S: .
C: RETR 9
S: -ERR what?
C: DELE 1
S: +OK gone
C: STAT
S: +OK 2 1200
C: RSET
S: +OK back
C: NOOP
S: +OK\n
C: XFOO
S: -ERR eh?
C: RERT 1
S: -ERR no RERT
C: QUIT
S: +OK so long
[the server closed the connection]
`

// write makes the scenario of a transcript.
func write(transcript string) (path string, notes []string, err error) {
	GinkgoHelper()
	r, err := record.Read(strings.NewReader(transcript), int64(len(transcript)))
	Expect(err).NotTo(HaveOccurred())
	path = filepath.Join(GinkgoT().TempDir(), "mercury.yaml")
	notes, err = recorded.Write(r, path, "mail.example.org:110")
	return path, notes, err
}

// talk sends commands to the scenario, one by one, and gives the replies.
func talk(path string, commands ...string) []string {
	GinkgoHelper()
	s, err := scenarios.Load(path)
	Expect(err).NotTo(HaveOccurred())
	play, err := s.Server(nil)
	Expect(err).NotTo(HaveOccurred())
	near, far := net.Pipe()
	go play.ServeConn(far)
	Expect(near.SetDeadline(time.Now().Add(time.Minute))).To(Succeed())
	in := bufio.NewReader(near)
	line := func() string {
		l, err := in.ReadString('\n')
		Expect(err).NotTo(HaveOccurred())
		return l
	}
	replies := []string{line()}
	for _, c := range commands {
		_, err := io.WriteString(near, c+"\r\n")
		Expect(err).NotTo(HaveOccurred())
		reply := line()
		verb, _, more := strings.Cut(c, " ")
		long := verb == "CAPA" || verb == "RETR" || verb == "TOP" || !more && (verb == "LIST" || verb == "UIDL")
		for l := reply; long && strings.HasPrefix(reply, "+OK") && l != ".\r\n"; reply += l {
			l = line()
		}
		replies = append(replies, reply)
	}
	near.Close()
	Expect(play.Close()).To(Succeed())
	return replies
}

var _ = Describe("The scenario of a recording", func() {
	It("gives the recorded answers to the same commands in another order", func() {
		path, notes, err := write(transcript)
		Expect(err).NotTo(HaveOccurred())
		Expect(notes).To(ConsistOf("the scenario does not have the server's answer to RERT"), "a rule that looks like a slip")
		got := talk(path, "USER ann", "PASS no", "USER ann", "PASS demo", "NOOP", "XFOO", "TOP 2 1", "RETR 9", "RETR 1", "LIST", "UIDL", "CAPA", "DELE 1", "LIST 2", "RETR 1", "RSET", "LIST 1", "QUIT")
		Expect(got[0]).To(MatchRegexp(`^\+OK Mercury ready <.*>\r\n$`))
		Expect(got[1:]).To(Equal([]string{
			"+OK and now the password\r\n", "-ERR no such luck\r\n", "+OK and now the password\r\n", "+OK 3 messages for you\r\n",
			"+OK\n",
			"-ERR eh?\r\n",
			"+OK top follows\r\nSubject: long\r\n\r\nfirst line\r\n.\r\n",
			"-ERR what?\r\n",
			"+OK mail follows\r\nSubject: dots\r\n\r\n..\r\n..a\xE9\r\nlast\r\n.\r\n",
			"+OK 3 of them\r\n1 31\r\n2 300\r\n3 900\r\n.\r\n",
			"+OK here\r\n1 a1\r\n2 a2\r\n3 a3\r\n.\r\n",
			"+OK Capability list:\r\nTOP\r\nUIDL\r\nSASL PLAIN\r\n.\r\n",
			"+OK gone\r\n",
			"+OK 2 300\r\n",
			"-ERR what?\r\n",
			"+OK back\r\n",
			"+OK 1 31\r\n",
			"+OK so long\r\n",
		}))
		Expect(talk(path, "CAPA")[1]).To(ContainSubstring("X-BEFORE"))
		mail, err := os.ReadFile(filepath.Join(recorded.Folder(path), "0001.eml"))
		Expect(err).NotTo(HaveOccurred())
		Expect(string(mail)).To(Equal("Subject: dots\r\n\r\n.\r\n.a\xE9\r\nlast\r\n"))
		source, err := os.ReadFile(path)
		Expect(err).NotTo(HaveOccurred())
		Expect(string(source)).To(ContainSubstring("mailbox:\n  - {file: mercury-mail/0001.eml, uidl: a1}\n"))
	})

	It("tells a verb alone from the same with arguments, and has what was said of logins", func() {
		path, notes, err := write(`
S: +OK
C: AUTH LOGIN
S: + VXNlcm5hbWU6
C: ********
S: + UGFzc3dvcmQ6
C: ********
S: -ERR who are you?
C: AUTH LOGIN
S: + VXNlcm5hbWU6
C: ********
S: + UGFzc3dvcmQ6
C: ********
S: +OK come in
C: LIST
S: +OK all of them
S: 1 40
S: .
C: LIST 7
S: -ERR no 7
C: LIST 8
S: -ERR no 8
C: RETR
S: -ERR which one?
C: RETR 9
S: -ERR no such thing
C: QUIT
S: +OK
`)
		Expect(err).NotTo(HaveOccurred())
		Expect(notes).To(BeEmpty())
		got := talk(path, "AUTH LOGIN", "ZGVtbw==", "bm8=", "AUTH LOGIN", "ZGVtbw==", "ZGVtbw==", "LIST 8", "LIST 1", "LIST", "LIST 7", "RETR 9", "RETR")
		Expect(got[3:]).To(Equal([]string{"-ERR who are you?\r\n", "+ VXNlcm5hbWU6\r\n", "+ UGFzc3dvcmQ6\r\n", "+OK come in\r\n",
			"-ERR no 8\r\n", "+OK 1 40\r\n", "+OK all of them\r\n1 40\r\n.\r\n", "-ERR no 7\r\n", "-ERR no such thing\r\n", "-ERR which one?\r\n"}))
	})

	It("has the mail that came between sessions, and what was deleted in one is gone in the next", func() {
		path, notes, err := write(`
S: +OK
C: USER a
S: +OK
C: PASS ********
S: +OK
C: UIDL
S: +OK
S: 1 u1
S: 2 u2
S: .
C: DELE 1
S: +OK
C: QUIT
S: +OK
[session 2]
S: +OK
C: USER a
S: +OK
C: PASS ********
S: +OK
C: UIDL
S: +OK
S: 1 u2
S: 2 u3
S: .
C: RETR 2
S: +OK
S: Subject: new
S:
S: .
C: QUIT
S: +OK
`)
		Expect(err).NotTo(HaveOccurred())
		Expect(notes).To(ConsistOf("mail that came between two sessions is there from the start in the scenario"))
		got := talk(path, "USER a", "PASS demo", "UIDL", "RETR 3")
		Expect(got[3]).To(Equal("+OK\r\n1 u1\r\n2 u2\r\n3 u3\r\n.\r\n"))
		Expect(got[4]).To(Equal("+OK\r\nSubject: new\r\n\r\n.\r\n"))
	})

	It("follows TLS, and gives each user mail of their own", func() {
		path, _, err := write(`
S: +OK x
C: CAPA
S: +OK
S: STLS
S: SASL
S: .
C: STLS
S: +OK go
[TLS 1.3]
C: CAPA
S: +OK
S: SASL PLAIN
S: .
C: USER ann
S: +OK
C: PASS ********
S: +OK
C: STAT
S: +OK 1 600
C: QUIT
S: +OK
[session 2]
S: +OK x
C: USER bob
S: +OK
C: PASS ********
S: +OK
C: LIST
S: +OK
S: 1 700
S: .
C: QUIT
S: +OK
`)
		Expect(err).NotTo(HaveOccurred())
		s, err := scenarios.Load(path)
		Expect(err).NotTo(HaveOccurred())
		Expect(s.Settings.TLS).To(Equal(scenarios.STLS))
		Expect(s.Users).To(HaveLen(2))
		Expect(s.Users[1].Mailbox).To(HaveLen(1))
		Expect(talk(path, "USER bob", "PASS demo", "LIST")[3]).To(Equal("+OK\r\n1 700\r\n.\r\n"))
		Expect(talk(path, "CAPA")[1]).To(Equal("+OK\r\nSTLS\r\nSASL\r\n.\r\n"))
	})

	It("names as many messages as a file may, whatever the server claims", func() {
		var claims strings.Builder
		for n := range 30 {
			fmt.Fprintf(&claims, "[session %d]\nS: +OK\nC: USER u%d\nS: +OK\nC: PASS ********\nS: +OK\nC: STAT\nS: +OK 9999 9999\n", n+1, n)
			fmt.Fprintf(&claims, "C: UIDL 9999\nS: +OK 9999 x%d\nC: QUIT\nS: +OK\n", n)
		}
		path, notes, err := write(claims.String())
		Expect(err).NotTo(HaveOccurred())
		Expect(notes).To(ContainElements(ContainSubstring("more than 10000 messages"), MatchRegexp("it has only the first [0-9]+$")))
		s, err := scenarios.Load(path)
		Expect(err).NotTo(HaveOccurred())
		Expect(len(s.Users[0].Mailbox)).To(BeNumerically(">", 1000))
	})

	It("is not written over anything", func() {
		path, _, err := write(transcript)
		Expect(err).NotTo(HaveOccurred())
		Expect(recorded.Check(path)).To(MatchError(ContainSubstring("already exists")))
		Expect(recorded.Check("x.txt")).To(MatchError("the name of a scenario file must end in .yaml, and x.txt does not"))
		Expect(recorded.Check(filepath.Join(filepath.Dir(path), "no", "x.yaml"))).To(MatchError(ContainSubstring("does not exist")))
	})
})

// FuzzMake makes a scenario of any transcript: one that is right, or an error.
func FuzzMake(f *testing.F) {
	f.Add(transcript)
	f.Add("S: +OK\nC: USER x\nS: +OK\nC: PASS y\nS: +OK\nC: UIDL\nS: +OK\nS: 1 a\nS: 1 a\nS: 99999 b\nS: .\nC: RETR 1\nS: +OK\nS: x\n")
	f.Add("S: -ERR\\xff\n[session 2]\nS: x\nC: CAPA\nS: .\nC: LIST\nS: +OK \\x00\nS: -1 -1\nS: .\n")
	f.Add("S: +OK\nC: AUTH PLAIN x\nS: +OK hi\nC: LIST *\nS: -ERR a\nC: STLS\nS: +OK\n[TLS]\nC: QUIT\nS: +OK\n")
	f.Fuzz(func(t *testing.T, transcript string) {
		r, err := record.Read(strings.NewReader(transcript), int64(len(transcript)))
		if err != nil || len(r.Sessions) > 20 {
			return
		}
		made, err := recorded.Make(r, "x.yaml", "x")
		if err != nil {
			return
		}
		if _, err = scenarios.Parse("x.yaml", made.Source, made.Mail); err != nil {
			t.Fatal(err)
		}
	})
}
