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
		protectionStep:             w.wantsProtection,
	}
}

const protectionStep = "the account wants a line that is protected {protection}"

// aboutTheMTM are steps about the server that other clients cannot have.
func aboutTheMTM() []string {
	return []string{"another program {visit} the account", "nobody {absence}", "the password {could} be read on the way",
		"the line breaks while nothing happens"}
}

// instead returns what a step does with another client. A scenario that has a step which does not
// fit the client does not begin.
func (w *world) instead(s step) any {
	if run, known := w.otherSteps()[s.pattern]; known {
		return run
	}
	return s.run
}

// fit returns the reason why a scenario is not for another client, that of its first step that does
// not fit. It is asked before the first step, since half a scenario proves nothing.
func (w *world) fit(ctx context.Context, scenario *godog.Scenario) error {
	for _, tag := range scenario.Tags {
		if tag.Name == "@mtm" { // its steps fit, but not its order of fetching or its sessions
			return skipped{reason: "the scenario has the tag @mtm"}
		}
	}
	steps, server := w.steps(), len(w.serverSteps())
	for _, line := range scenario.Steps {
		for i, expression := range expressions() {
			values := expression.FindStringSubmatch(line.Text)
			if values == nil {
				continue
			}
			if err := w.fitStep(ctx, steps[i].pattern, i < server, values[1:]); err != nil {
				return err
			}
		}
	}
	return nil
}

// fitStep returns the reason why a step is not for another client.
func (w *world) fitStep(ctx context.Context, pattern string, server bool, values []string) error {
	_, known := w.otherSteps()[pattern]
	switch {
	case !known && (!server || slices.Contains(aboutTheMTM(), pattern)):
		return skipped{reason: fmt.Sprintf("the step %q is about the MTM", pattern)}
	case pattern == "I {command}":
		return w.fitVisit(ctx, values[0])
	case pattern == "{who} succeeds" && values[0] != it:
		return skipped{reason: "its visits are over when a step ends"}
	case pattern == "the {place} shows {list}" && values[0] != "Inbox":
		return skipped{reason: "it has no " + values[0]}
	case pattern == protectionStep:
		_, err := w.mode(protections()[values[0]])
		return err
	}
	return nil
}

// skipped is the reason why a scenario is not for another client.
type skipped struct {
	reason string
	cause  error // instead of a reason, when it has nothing to do with the client
}

func (s skipped) Error() string {
	if s.cause != nil {
		return s.cause.Error()
	}
	return "not for this client: " + s.reason
}

func (s skipped) Unwrap() error { return godog.ErrSkip }

// visits are the commands that every client knows, as a regular expression: one visit that fetches
// what is new.
var visits = regexp.MustCompile(`^(?:connect|(copy|move) (?:new|all) messages, then disconnecting)$`)

// fitVisit returns the reason why a client cannot do what a {command} says.
func (w *world) fitVisit(ctx context.Context, words string) error {
	if words == "disconnect" {
		return nil
	}
	form := visits.FindStringSubmatch(words)
	if form == nil {
		return skipped{reason: fmt.Sprintf("only the MTM can be told to %q", words)}
	}
	moves, err := w.other.moves(ctx)
	if err == nil && (form[1] == "copy" && moves || form[1] == "move" && !moves) {
		return skipped{reason: fmt.Sprintf("as it is set it does not %s messages", form[1])}
	}
	return err
}

// visit lets the client fetch its mail once.
func (w *world) visit(ctx context.Context, words string) error {
	if words == "disconnect" { // a client has left after its visit
		return nil
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
	mode, err := w.mode(w.settings.Security.TLS)
	if err != nil {
		return check.Endpoint{}, err
	}
	at := w.accepted.Addr().(*net.TCPAddr)
	return check.Endpoint{Case: "feature", Host: "127.0.0.1", Port: at.Port, User: w.settings.LoginName,
		Password: w.settings.Password.Literal, CA: w.settings.Security.CA, TLS: mode}, nil
}

// mode returns the client's setting of TLS for that of an account.
func (w *world) mode(tls account.TLS) (check.TLS, error) {
	mode, secure := map[account.TLS]check.TLS{account.STLS: check.UseSTLS, account.Implicit: check.UseImplicit}[tls]
	if !secure {
		mode = check.PlainLine
	}
	if !slices.Contains(w.other.drive.Modes(), mode) {
		return mode, skipped{reason: fmt.Sprintf("it cannot be told the mode %q of TLS", mode)}
	}
	return mode, nil
}

func (w *world) visitSucceeds(string) error {
	w.Expect(w.other.ended).NotTo(gomega.BeNil(), "no step before this one lets the client fetch mail")
	end := *w.other.ended
	w.Expect(end.Status == 0 && end.Hung == "" && end.Signal == "").To(gomega.BeTrue(), "exit status %d %s%s: %s", end.Status, end.Signal, end.Hung, end.Output)
	return nil
}

// hasStored compares what the client has stored with the messages that the Inbox is to show.
func (w *world) hasStored(_, list string) error {
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
