package features

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/cucumber/godog"
	"github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm/account"
	"pop3mtm/scenarios/check"
	"pop3mtm/scenarios/check/process"
	"pop3mtm/scenarios/check/stored"
)

// otherSteps returns what steps do that are not about the server, with another client. A step that
// is missing here is about the MTM.
func (w *world) otherSteps() map[string]any {
	return map[string]any{
		"I {command}":              w.visit,
		"I restart the program":    func() {}, // each visit starts it
		"{who} succeeds":           w.visitSucceeds,
		"the {place} shows {list}": w.hasStored,
		"the account wants a line that is protected {protection}": w.wantsProtection,
	}
}

// aboutTheMTM are steps about the server that other clients cannot have.
func aboutTheMTM() []string {
	return []string{"another program {visit} the account", "nobody {absence}", "the password {could} be read on the way"}
}

// instead returns what a step does with another client.
func (w *world) instead(s step, server bool) any {
	run, known := w.otherSteps()[s.pattern]
	switch {
	case known:
		return run
	case server && !slices.Contains(aboutTheMTM(), s.pattern):
		return s.run
	}
	var reason error = skipped{fmt.Sprintf("the step %q is about the MTM", s.pattern)}
	return reflect.MakeFunc(withError(reflect.TypeOf(s.run)), func([]reflect.Value) []reflect.Value {
		return []reflect.Value{reflect.ValueOf(&reason).Elem()}
	}).Interface()
}

// withError returns the type of a function that takes the same, and returns an error.
func withError(f reflect.Type) reflect.Type {
	var in []reflect.Type
	for t := range f.Ins() {
		in = append(in, t)
	}
	return reflect.FuncOf(in, []reflect.Type{reflect.TypeFor[error]()}, false)
}

// skipped is the reason why a scenario is not for another client.
type skipped struct{ reason string }

func (s skipped) Error() string { return "not for this client: " + s.reason }
func (s skipped) Unwrap() error { return godog.ErrSkip }

// visits are the commands that every client knows, as a regular expression: one visit that fetches
// what is new.
var visits = regexp.MustCompile(`^(?:connect|(copy|move) (?:new|all) messages, then disconnecting)$`)

// visit lets the client fetch its mail once.
func (w *world) visit(ctx context.Context, words string) error {
	form := visits.FindStringSubmatch(words)
	if form == nil && words != "disconnect" { // a client has left after its visit
		return skipped{fmt.Sprintf("only the MTM can be told to %q", words)}
	}
	if form == nil {
		return nil
	}
	moves, err := w.other.moves(ctx)
	if err != nil {
		return err
	}
	if form[1] == "copy" && moves || form[1] == "move" && !moves {
		return skipped{fmt.Sprintf("as it is set it does not %s messages", form[1])}
	}
	if err := errors.Join(w.ready(ctx), w.settled(ctx)); err != nil {
		return err
	}
	w.lines.goDown(false)
	if err := w.startOther(); err != nil {
		return err
	}
	end := w.other.client.Visit(ctx, newPulse(w.server).line, unattended)
	if w.silence != nil {
		w.silence.end()
	}
	w.other.ended = &end
	return errors.Join(end.Err, w.settled(ctx))
}

// startOther prepares the client before its first visit.
func (w *world) startOther() (err error) {
	if w.other.client != nil {
		return nil
	}
	at, err := w.endpoint()
	if err != nil {
		return err
	}
	dir := filepath.Join(w.dir, "client")
	if err = os.Mkdir(dir, 0o700); err == nil {
		w.other.client, err = w.other.drive.Start(dir, at)
	}
	return err
}

// endpoint describes the server of the scenario for the client.
func (w *world) endpoint() (check.Endpoint, error) {
	told := map[account.TLS]check.TLS{account.STLS: check.UseSTLS, account.Implicit: check.UseImplicit}
	mode, secure := told[w.settings.Security.TLS]
	if !secure {
		mode = check.PlainLine
	}
	if !slices.Contains(w.other.drive.Modes(), mode) {
		return check.Endpoint{}, skipped{fmt.Sprintf("it cannot be told the mode %q of TLS", mode)}
	}
	at := w.accepted.Addr().(*net.TCPAddr)
	return check.Endpoint{Case: "feature", Host: "127.0.0.1", Port: at.Port, User: w.settings.LoginName,
		Password: w.settings.Password.Literal, CA: w.settings.Security.CA, TLS: mode}, nil
}

func (w *world) visitSucceeds(who string) error {
	if who != it {
		return skipped{"its visits are over when a step ends"}
	}
	w.Expect(w.other.ended).NotTo(gomega.BeNil(), "no step before this one lets the client fetch mail")
	end := *w.other.ended
	w.Expect(end.Status == 0 && end.Hung == "" && end.Signal == "").To(gomega.BeTrue(), "exit status %d %s%s: %s", end.Status, end.Signal, end.Hung, end.Output)
	return nil
}

// hasStored compares what the client has stored with the messages that the Inbox is to show.
func (w *world) hasStored(place, list string) error {
	if place != "Inbox" {
		return skipped{"it has no " + place}
	}
	found, err := w.storedByOther()
	w.Expect(found).To(gomega.ConsistOf(subjects(list)))
	return err
}

// storedByOther returns what the client has as messages: the subjects of whole ones, and for others
// what is wrong with them.
func (w *world) storedByOther() ([]string, error) {
	if w.other.client == nil {
		return nil, nil
	}
	messages, err := w.other.client.Stored()
	if err != nil {
		return nil, err
	}
	found, kinds := []string{}, map[string]bool{}
	var rest []stored.Message
	for _, m := range messages {
		if subject := w.whole(m); subject != "" {
			found, kinds[path.Ext(m.Name)] = append(found, subject), true
		} else {
			rest = append(rest, m)
		}
	}
	for _, m := range rest {
		if !m.Loose || len(kinds) == 0 || kinds[path.Ext(m.Name)] { // else a file of the client's own
			found = append(found, w.broken(m))
		}
	}
	return found, nil
}

// whole returns the subject of the letter that m is a complete copy of, or "" when there is no such
// letter.
func (w *world) whole(m stored.Message) string {
	text := stored.Prepare(m.Octets, w.other.deviations()...)
	for subject, l := range w.letters {
		if sent, err := maildrop.Read(l); err == nil && text.Holds(stored.Prepare(sent, w.other.deviations()...)) {
			return subject
		}
	}
	return ""
}

// broken describes a stored message that is not a complete copy of any letter.
func (w *world) broken(m stored.Message) string {
	for subject := range w.letters {
		if bytes.Contains(m.Octets, []byte("Subject: "+subject)) {
			return "a part of " + subject
		}
	}
	return "something else: " + m.Name
}

// checkOther reports messages that the client stored twice or in part, even when the scenario has
// no step about them.
func (w *world) checkOther() error {
	if w.other == nil || w.other.client == nil {
		return nil
	}
	found, err := w.storedByOther()
	var problems []error
	for i, what := range found {
		if _, known := w.letters[what]; !known {
			problems = append(problems, errors.New("the client has stored "+what))
		} else if slices.Contains(found[:i], what) {
			problems = append(problems, fmt.Errorf("the client has stored %q twice", what))
		}
	}
	return errors.Join(append(problems, err, w.other.client.Close())...)
}

func (o *other) deviations() []string {
	if x, ok := o.drive.(check.Exec); ok {
		return x.Program.Deviations
	}
	return nil
}

// moves reports whether the client deletes what it fetches. The first call lets it visit a server
// of its own.
func (o *other) moves(ctx context.Context) (bool, error) {
	h := o.habit
	h.once.Do(func() { h.moves, h.err = tryOut(ctx, o.drive) })
	return h.moves, h.err
}

// pulse says when something has passed between a client and a server, so that a client that hangs
// can be found.
type pulse struct {
	server *fakeserver.Server
	seen   [3]int64
	last   time.Time
}

func newPulse(server *fakeserver.Server) *pulse { return &pulse{server: server, last: time.Now()} }

func (p *pulse) line() process.Line {
	s := p.server.Stats()
	if now := [3]int64{s.Sent, s.Received, s.Sessions + s.Open}; now != p.seen {
		p.seen, p.last = now, time.Now()
	}
	return process.Line{Last: p.last, Open: s.Open > 0, Count: int(s.Sessions)}
}

// tryOut lets a client fetch one message from a correct server, and reports whether it deletes it.
func tryOut(ctx context.Context, drive check.Drive) (moves bool, err error) {
	dir, err := os.MkdirTemp("", "pop3mtm-client-")
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return false, err
	}
	drop := fakeserver.NewMaildrop(maildrop.Bytes("first", []byte("Subject: First\r\n\r\nThe first message.\r\n")))
	server, served := fakeserver.New(drop, nil), make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	client, err := drive.Start(dir, check.Endpoint{Case: "first", Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port,
		User: "demo", Password: "demo", TLS: check.PlainLine})
	if err == nil {
		end := client.Visit(ctx, newPulse(server).line, unattended)
		if has, _ := client.Stored(); end.Err == nil && len(has) == 0 {
			end.Err = fmt.Errorf("the client cannot be driven: from a correct server it fetches nothing; exit status %d: %s", end.Status, strings.TrimSpace(end.Output))
		}
		err = errors.Join(end.Err, client.Close())
	}
	waiting, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	err = errors.Join(err, server.Wait(waiting), server.Close())
	if ended := <-served; !errors.Is(ended, fakeserver.ErrClosed) {
		err = errors.Join(err, ended)
	}
	return len(drop.UIDs()) == 0, err
}

// unattended is nobody who waits with the client.
func unattended(_, _ time.Duration) {}
