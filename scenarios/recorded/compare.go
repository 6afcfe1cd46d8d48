package recorded

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/notation"
	"pop3mtm/scenarios"
)

// maxRaw limits an answer that a rule holds unchanged, since scenario files are small.
const maxRaw = 16 << 10

// answer is a reply, either recorded or given by a correct server.
type answer struct {
	status []byte // with its line end
	sum    [sha256.Size]byte
	rows   int    // lines after the status line
	raw    []byte // the whole answer; nil when it is too long
}

func (a answer) ok() bool {
	return len(a.status) >= 3 && bytes.EqualFold(a.status[:3], []byte("+OK"))
}

// difference compares a recorded answer with the one that the scenario gives without rules.
type difference struct {
	*exchange
	recorded, right answer
	same            bool // the two answers are equal
}

// textOnly reports whether only the text of the status line differs.
func (d *difference) textOnly() bool {
	return d.plain() && d.recorded.ok() == d.right.ok() && d.recorded.sum == d.right.sum
}

// plain reports whether a rule with ok or refuse and a text can give the recorded status line.
func (d *difference) plain() bool {
	word, text, _ := bytes.Cut(d.recorded.status, []byte(" "))
	known := string(notation.Command(word)) == "+OK" || string(notation.Command(word)) == "-ERR"
	return known && bytes.HasSuffix(d.recorded.status, []byte("\r\n")) && oneLine(string(notation.Command(text)))
}

// compare sends the recorded commands to a server that plays the scenario, session by session, and
// returns a difference for each answer.
func (s *survey) compare(scenario *scenarios.Scenario) ([]*difference, error) {
	scenario.Settings.TLS = scenarios.NoTLS // the pipe needs none
	play, err := scenario.Server(&fakeserver.Options{IdleTimeout: time.Hour, TranscriptOctets: -1})
	if err != nil {
		return nil, err
	}
	var all []*difference
	for n, exchanges := range s.exchanges {
		near, far := net.Pipe()
		go play.ServeConn(far)
		t := &talk{survey: s, conn: near, in: bufio.NewReader(near)}
		found, talkErr := t.session(exchanges)
		near.Close()
		if talkErr != nil {
			s.note("session " + strconv.Itoa(n+1) + " continues in a way that the scenario cannot play")
		}
		all = append(all, found...)
		if err = ended(play); err != nil {
			break
		}
	}
	return all, errors.Join(err, play.Close())
}

// ended waits for the end of a session, so that the next session sees its changes.
func ended(play *scenarios.Play) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return play.Wait(ctx)
}

// talk is one session with the server that plays the scenario.
type talk struct {
	*survey
	conn net.Conn
	in   *bufio.Reader
}

func (t *talk) session(exchanges []exchange) ([]*difference, error) {
	var all []*difference
	for i := range exchanges {
		x := &exchanges[i]
		if !x.Replied() {
			continue
		}
		recorded, err := t.recorded(x)
		if err != nil {
			return all, err
		}
		right, err := t.ask(x, i == 0)
		if err != nil {
			return all, err
		}
		if right == nil {
			continue
		}
		d := &difference{exchange: x, recorded: recorded, right: *right}
		d.same = bytes.Equal(recorded.status, right.status) && recorded.sum == right.sum
		if i == 0 && d.right.ok() {
			d.same = greets(recorded.status, right.status)
		}
		all = append(all, d)
		if x.verb == "QUIT" {
			break
		}
	}
	return all, nil
}

// greets reports whether two greetings are equal except for the timestamp.
func greets(a, b []byte) bool {
	one, stampA := timestamp(string(notation.Command(a)))
	two, stampB := timestamp(string(notation.Command(b)))
	return one == two && stampA == stampB
}

// ask sends a command, with the scenario's password in place of the recorded one, and returns the
// answer. It returns nil when the answers cannot be compared.
func (t *talk) ask(x *exchange, greeting bool) (*answer, error) {
	command := string(x.Command)
	switch {
	case greeting:
		return t.reply(false)
	case x.login != "" && x.verb != "PASS":
		if _, err := t.command("USER "+x.login, false); err != nil {
			return nil, err
		}
		return t.command("PASS "+Password, false)
	case x.verb == "STLS" || x.verb == "RESPONSE" || x.verb == "AUTH" && x.args != "" || x.verb == "APOP":
		return nil, nil // the recording does not have what the client sent
	case x.verb == "USER" && strings.Contains(x.args, notation.Masked):
		command = "USER " + scenarios.DefaultUser
	case x.verb == "PASS" && x.login != "":
		command = "PASS " + Password
	case strings.Contains(command, notation.Masked):
		command = strings.ReplaceAll(command, notation.Masked, "not-"+Password)
	}
	return t.command(command, x.Multiline())
}

// patience limits the time that a correct server may take for one command. So a command that the
// two sides understand differently ends the session and does not wait for ever.
const patience = 10 * time.Second

func (t *talk) command(line string, multi bool) (*answer, error) {
	if err := t.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	if _, err := io.WriteString(t.conn, line+"\r\n"); err != nil {
		return nil, err
	}
	return t.reply(multi)
}

func (t *talk) reply(multi bool) (*answer, error) {
	var w answerWriter
	status, err := t.in.ReadBytes('\n')
	w.take(status)
	for err == nil && multi && w.ok() && w.last != ".\r\n" {
		var line []byte
		line, err = t.in.ReadBytes('\n')
		w.take(line)
	}
	a := w.done()
	return &a, err
}

// recorded returns the answer in the recording.
func (t *talk) recorded(x *exchange) (answer, error) {
	var w answerWriter
	lines := lineWriter{take: w.take}
	_, err := t.recording.WriteReply(x.Turn, &lines)
	lines.flush()
	return w.done(), err
}

// answerWriter builds an answer from lines.
type answerWriter struct {
	answer
	rest hash.Hash
	last string // line, when it is short
	long bool
}

func (w *answerWriter) take(line []byte) {
	if w.rest == nil {
		w.rest = sha256.New()
		w.status = bytes.Clone(line)
	} else {
		w.rest.Write(line)
		w.rows++
	}
	if w.long = w.long || len(w.raw)+len(line) > maxRaw; !w.long {
		w.raw = append(w.raw, line...)
	}
	w.last = string(line[:min(len(line), 4)])
}

func (w *answerWriter) done() answer {
	if w.rest != nil {
		w.rest.Sum(w.sum[:0])
	}
	if w.long {
		w.raw = nil
	}
	return w.answer
}

// lineWriter is a writer that splits the octets into lines.
type lineWriter struct {
	take func([]byte)
	line []byte
}

// longestLine limits the part of a line that is kept.
const longestLine = 64 << 10

func (l *lineWriter) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\n') + 1
		if i == 0 {
			l.line = append(l.line, p...)
			if len(l.line) > longestLine {
				l.flush()
			}
			break
		}
		l.line = append(l.line, p[:i]...)
		l.flush()
		p = p[i:]
	}
	return n, nil
}

func (l *lineWriter) flush() {
	if len(l.line) > 0 {
		l.take(l.line)
		l.line = l.line[:0]
	}
}
