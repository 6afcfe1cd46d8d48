package check_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pop3mtm/scenarios/check"
)

// person operates a client as the check says, and looks at its inbox. It is both ends of the
// terminal.
type person struct {
	t      *testing.T
	client check.Func
	dir    string
	said   bytes.Buffer // by the check, since the last answer
	e      check.Endpoint
	reply  bytes.Buffer
	// forgets is a subject that the client never shows.
	forgets string
}

var setUp = regexp.MustCompile(`server (\S+), port (\d+), user (\S+), password (\S+),`)
var listed = regexp.MustCompile(`(?m)^    (\d+)  (.*)$`)

func (p *person) Write(text []byte) (int, error) { return p.said.Write(text) }

func (p *person) Read(into []byte) (int, error) {
	if p.reply.Len() == 0 {
		p.answer(p.said.String())
		p.said.Reset()
	}
	return p.reply.Read(into)
}

// answer does what the check asks for.
func (p *person) answer(said string) {
	if found := setUp.FindStringSubmatch(said); found != nil {
		port, err := strconv.Atoi(found[2])
		if err != nil {
			p.t.Error(err)
		}
		p.e = check.Endpoint{Host: found[1], Port: port, User: found[3], Password: found[4]}
		p.dir = p.t.TempDir()
	}
	if strings.Contains(said, "Press Get Mail") {
		_ = p.client(context.Background(), p.e, p.dir) // it shows what it has, whatever happened
		_, _ = io.WriteString(&p.reply, "\n")
		return
	}
	var shown []string
	files, err := filepath.Glob(filepath.Join(p.dir, "*.eml"))
	if err != nil {
		p.t.Error(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			p.t.Error(err)
		}
		for _, l := range listed.FindAllStringSubmatch(said, -1) {
			if strings.Contains(string(text), "Subject: "+l[2]) && l[2] != p.forgets {
				shown = append(shown, l[1])
			}
		}
	}
	if shown == nil {
		shown = []string{"0"}
	}
	_, _ = fmt.Fprintln(&p.reply, strings.Join(shown, " "))
}

// A person who operates a right client gets it a pass, and one who sees no message gets it accused.
func TestAClientThatAPersonOperatesIsJudgedByWhatThePersonSees(t *testing.T) {
	port, err := check.ListenOn(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = port.Close() }()
	p := &person{t: t, client: right{}.fetch}
	for _, o := range play(t, &check.Attend{OnePort: port, Asker: &check.Terminal{Out: p, In: p}}, "retr-octets@dots", "retr-octets@eight-bit", "dele-drop@2") {
		if o.Result != check.Pass {
			t.Errorf("%s: %s %s: %s; %s", o.Case.ID, o.Result, o.Class, o.Why, o.Detail)
		}
	}
	for _, o := range play(t, &check.Attend{OnePort: port, Asker: &check.Terminal{Out: p, In: p}}, "killed-at-dele@1") {
		if o.Result != check.Skipped {
			t.Errorf("%s: %s %s: %s; %s", o.Case.ID, o.Result, o.Class, o.Why, o.Detail)
		}
	}
	p.forgets = "Dots"
	for _, o := range play(t, &check.Attend{OnePort: port, Asker: &check.Terminal{Out: p, In: p}}, "retr-octets@dots") {
		if o.Class != check.Lost {
			t.Errorf("%s: %s %s: %s; %s", o.Case.ID, o.Result, o.Class, o.Why, o.Detail)
		}
	}
}

// scripted answers each question about fetching mail with the next word, and says that the inbox is
// right.
type scripted struct {
	client check.Func
	t      *testing.T
	dir    string
	words  []string
	asked  []check.Question
}

func (s *scripted) Ask(ctx context.Context, q check.Question) (string, error) {
	s.asked = append(s.asked, q)
	if q.Fetched {
		var all []string
		for i := range q.Inbox {
			all = append(all, strconv.Itoa(i+1))
		}
		return strings.Join(all, " "), nil
	}
	if q.Visit == 1 {
		s.dir = s.t.TempDir()
	}
	word := check.AnswerDone
	if q.Skips && q.Visit == 1 && len(s.words) > 0 {
		word, s.words = s.words[0], s.words[1:]
	}
	if word == check.AnswerDone {
		_ = s.client(ctx, q.Endpoint, s.dir) // the verdict says what came of it
	}
	return word, nil
}

// The person skips a case, mistypes an answer, and stops at the third case.
func TestAPersonSkipsACaseAndStopsTheCheck(t *testing.T) {
	port, err := check.ListenOn(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = port.Close() }()
	s := &scripted{client: right{}.fetch, t: t, words: []string{"s", "what?", "", "q"}}
	r := &check.Runner{Drive: &check.Attend{OnePort: port, Asker: s}}
	defer func() { _ = r.Close() }()
	if err = r.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	cases, err := check.Choice{Only: []string{"retr-octets@blanks", "retr-octets@dots", "retr-octets@eight-bit"}}.Choose(named(t))
	if err != nil {
		t.Fatal(err)
	}
	outcomes, err := r.Run(t.Context(), cases)
	if !errors.Is(err, check.ErrStopped) || len(outcomes) != 2 || outcomes[0].Result != check.Skipped || outcomes[1].Result != check.Pass {
		t.Errorf("the run ends with %v after %v", err, outcomes)
	}
	if learned := r.Learned()[0].String(); strings.Contains(learned, "stores as") {
		t.Errorf("nobody knows how it stores mail, but the probe says %q", learned)
	}
	if !slices.ContainsFunc(s.asked, func(q check.Question) bool { return q.Invalid == "what?" && q.Title != "" }) {
		t.Errorf("nobody asked again after a wrong answer: %v", s.asked)
	}
}
