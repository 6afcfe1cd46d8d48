package scenarios_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pop3mtm/scenarios"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// What the real servers said to a list of commands was recorded by 'pop3sim record'. The profile of
// the same name, with the same mail, has to say the same to them.
func TestAProfileSaysWhatItsServerSaid(t *testing.T) {
	t.Parallel()
	recordings, err := filepath.Glob("testdata/profiles/*.txt")
	if err != nil || len(recordings) < 4 {
		t.Fatal("the recordings are not there", err)
	}
	for _, file := range recordings {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { compare(t, file) })
		})
	}
}

// A mailbox that another session holds, as Dovecot 2.3.19.1 with pop3_lock_session
// answered when it was run.
func TestTheProfileOfDovecotRefusesALockedMailboxAsDovecotDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all, err := parse("profile: dovecot", "mailbox: [{text: \"A: b\\n\\nc\\n\", uidl: a1}]")
		if err != nil {
			t.Fatal(err)
		}
		p, err := all[0].Server(nil)
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		say := func(commands string) (io.Reader, net.Conn) {
			here, there := net.Pipe()
			go p.ServeConn(there)
			go func() { _, _ = io.WriteString(here, commands) }()
			return here, here
		}
		holder, line := say("USER demo\r\nPASS demo\r\n")
		for r, n := bufio.NewReader(holder), 0; n < 3; n++ {
			if _, err := r.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
		}
		for _, login := range []string{"USER demo\r\nPASS demo\r\n", "AUTH PLAIN AGRlbW8AZGVtbw==\r\n", "AUTH PLAIN\r\nAGRlbW8AZGVtbw==\r\n"} {
			refused, _ := say(login)
			said, err := io.ReadAll(refused)
			if err != nil || !bytes.HasSuffix(said, []byte("\r\n-ERR [IN-USE] Mailbox is locked by another POP3 session.\r\n")) &&
				!bytes.HasSuffix(said, []byte("\r\n+ \r\n-ERR [IN-USE] Mailbox is locked by another POP3 session.\r\n")) {
				t.Errorf("%q: got %q, %v", login, said, err)
			}
		}
		if took := time.Since(begin); took != 30*time.Second {
			t.Errorf("three refusals took %v, and each ten seconds", took)
		}
		if err := errors.Join(line.Close(), p.Close()); err != nil {
			t.Error(err)
		}
	})
}

// What no recording has: the lines that a client sends when it does not know what it does.
var _ = Describe("a profile", func() {
	DescribeTable("is as odd as its server", func(profile string, sent []string, want string) {
		all, err := parse("profile: "+profile, "mailbox: [{text: \"A: b\\n\\nc\\n\", uidl: a1}]")
		Expect(err).NotTo(HaveOccurred())
		p, err := all[0].Server(nil)
		Expect(err).NotTo(HaveOccurred())
		here, there := net.Pipe()
		go p.ServeConn(there)
		go func() { _, _ = io.WriteString(here, strings.Join(sent, "\r\n")+"\r\n") }() // the server may close before all is read
		said, err := io.ReadAll(here)
		Expect(err).NotTo(HaveOccurred())
		_, said, _ = bytes.Cut(said, []byte("\r\n"))
		Expect(string(said)).To(Equal(strings.ReplaceAll(want, "\n", "\r\n")))
		Expect(p.Close()).To(Succeed())
	},
		Entry("Mailpit hangs up after the fifth wrong password", "mailpit", slices.Repeat([]string{"USER demo", "PASS x"}, 6),
			strings.Repeat("+OK\n-ERR invalid password\n", 5)),
		Entry("Mailpit knows no empty line", "mailpit", []string{"", "QUIT"}, "-ERR unknown command\n+OK goodbye\n"),
		Entry("Mailpit looks for the message before it looks at the lines that TOP shall show", "mailpit",
			[]string{"USER demo", "PASS demo", "TOP 1 x", "TOP 7 x", "TOP 7", "TOP", "TOP 1 30", "QUIT"},
			"+OK\n+OK signed in\n-ERR TOP requires two arguments\n-ERR no such message\n-ERR no such message\n-ERR TOP requires two arguments\n"+
				"+OK top of message follows\nA: b\n\n\nc\n\n.\n+OK goodbye\n"),
		Entry("Inbucket wants more than an empty line", "inbucket", []string{"", "QUIT"}, "-ERR Speak up\n+OK Goodnight and good luck\n"),
		Entry("Inbucket takes any digest", "inbucket", []string{"APOP demo 0123", "QUIT"}, "+OK Found 1 messages for demo\n+OK We will process your deletes\n"),
		Entry("GreenMail hangs up at an empty line", "greenmail", []string{"NOOP", "", "QUIT"}, "+OK noop rimes with poop\n"),
		Entry("smtp4dev hangs up at a line of blanks", "smtp4dev", []string{"RSET", "  ", "QUIT"}, "+OK Reset state\n"),
	)
})

func compare(t *testing.T, file string) {
	recorded, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s, err := scenarios.Load(strings.TrimSuffix(file, ".txt") + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Server(nil)
	if err != nil {
		t.Fatal(err)
	}
	sessions := strings.Split(string(recorded), "[session ")[1:]
	for _, session := range sessions {
		said := strings.Split(strings.TrimSpace(session), "\n")[1:]
		repeat(t, p, said)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	for i, session := range sessions {
		want, got := strings.Split(strings.TrimSpace(session), "\n")[1:], withoutRemarks(p.Transcript(i+1).Lines)
		for n := range max(len(want), len(got)) {
			w, g := "(no more)", "(no more)"
			if n < len(want) {
				w = steady(want[n])
			}
			if n < len(got) {
				g = steady(got[n])
			}
			if w != g {
				t.Fatalf("session %d, line %d:\nrecorded %s\n     got %s", i+1, n+1, w, g)
			}
		}
	}
}

// repeat sends what the client has sent in a session. A password was right when
// the server liked it.
func repeat(t *testing.T, p *scenarios.Play, said []string) {
	here, there := net.Pipe()
	go p.ServeConn(there)
	go func() {
		_, _ = io.Copy(io.Discard, bufio.NewReader(here)) // it ends when the server closes, or we do
	}()
	for i, line := range said {
		command, sent := strings.CutPrefix(line, "C: ")
		if !sent {
			continue
		}
		if command == "PASS ********" {
			command = "PASS wrong"
			if strings.HasPrefix(said[i+1], "S: +OK") {
				command = "PASS demo"
			}
		}
		if _, err := io.WriteString(here, command+"\r\n"); err != nil {
			t.Fatal(command, err)
		}
		synctest.Wait()
	}
	if err := here.Close(); err != nil {
		t.Error(err)
	}
	synctest.Wait()
}

// withoutRemarks returns the lines of a transcript but for those in brackets.
func withoutRemarks(lines []string) []string {
	var all []string
	for _, l := range lines {
		if !strings.HasPrefix(l, "[") {
			all = append(all, l)
		}
	}
	return all
}

var unique = regexp.MustCompile(`<[^ >]*>`)

// steady leaves out what is another one each time: timestamps and session ids.
func steady(line string) string {
	if strings.HasPrefix(line, "S: +OK ") {
		return unique.ReplaceAllString(line, "<>")
	}
	return line
}
