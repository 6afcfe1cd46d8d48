package scenarios_test

import (
	"bufio"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"pop3mtm/scenarios"
)

// What the real servers said to a list of commands was recorded by 'pop3sim record'. The profile of the same name, with
// the same mail, has to say the same to them.
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

// repeat sends what the client has sent in a session. A password was right when the server liked it.
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

// withoutRemarks are the lines of a transcript but for those in brackets.
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
