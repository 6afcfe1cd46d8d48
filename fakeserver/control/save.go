package control

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/fixtures"
	"pop3mtm/scenarios"
)

// SaveSession returns a scenario file that plays a session again. It has the mailbox at login, the
// rules of the user, and, as expectations, what the client has read and deleted. The author must
// decide whether a good client does that.
func (s *Service) SaveSession(_ context.Context, user string, number int) ([]byte, error) {
	t, err := s.find(user)
	if err != nil {
		return nil, err
	}
	done, err := t.transcript(number)
	if err != nil {
		return nil, err
	}
	if done.Before == nil {
		return nil, problem(http.StatusConflict, "the client has not logged in in session %d: there is no mailbox to save", number)
	}
	if len(done.Before.UIDs) < done.Before.Messages {
		return nil, problem(http.StatusConflict, "the mailbox has %d messages; a session is saved with at most %d", done.Before.Messages, fakeserver.SnapshotMessages)
	}
	out := &scenarios.Scenario{Title: fmt.Sprintf("Session %d of %s", number, user)}
	if out.Mailbox, err = t.known().words(done.Before); err != nil {
		return nil, err
	}
	t.mu.Lock()
	for _, r := range t.rules {
		out.Rules = append(out.Rules, r.words)
	}
	t.mu.Unlock()
	out.Expect = observed(done)
	text, err := out.Text("Saved from a session. The expectations are what this client did: change them to what a good client does.")
	if err != nil {
		return nil, err
	}
	if len(text) > scenarios.MaxFile {
		return nil, problem(http.StatusConflict, "the mail of the session has too many octets for one file, which has at most %d", scenarios.MaxFile)
	}
	if _, err := scenarios.Parse("saved", text, nil); err != nil {
		return nil, wrongWords(err)
	}
	return text, nil
}

// words returns the messages of a snapshot in the format of a scenario's mailbox.
func (c catalogue) words(s *fakeserver.Snapshot) ([]scenarios.Mail, error) {
	var all []scenarios.Mail
	octets := int64(0)
	for _, uid := range s.UIDs {
		m := c[uid]
		if m == nil {
			return nil, problem(http.StatusConflict, "the message %q is no longer known", clip(uid))
		}
		if octets += m.Size(); octets > 4*scenarios.MaxFile {
			return nil, problem(http.StatusConflict, "the mail of the session has too many octets for one file, which has at most %d", scenarios.MaxFile)
		}
		raw, err := content(m)
		if err != nil {
			return nil, problem(http.StatusConflict, "the message %q cannot be read: %v", clip(uid), err)
		}
		one := scenarios.Mail{UIDL: uid}
		if name := fixture(raw); name != "" {
			one.File = name + ".eml"
		} else {
			one.Raw = scenarios.Octets(raw)
		}
		all = append(all, one)
	}
	return all, nil
}

func content(m maildrop.Message) ([]byte, error) {
	body, err := m.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }() // it was only read
	return io.ReadAll(body)
}

// fixture returns the name of the built-in message with these octets, or "".
func fixture(raw []byte) string {
	for _, name := range fixtures.Names() {
		if string(fixtures.Raw(name)) == string(raw) {
			return name
		}
	}
	return ""
}

// observed returns expectations that describe what the client did.
func observed(t *fakeserver.Transcript) scenarios.Expect {
	e := scenarios.Expect{Sessions: scenarios.CountOf(1), Exactly: map[string][]scenarios.Arguments{}}
	for _, c := range t.Commands {
		verb := strings.ToUpper(c.Verb)
		if verb == "RETR" || verb == "DELE" {
			e.Exactly[verb] = append(e.Exactly[verb], scenarios.Arguments(c.Args))
		}
	}
	if e.Exactly["DELE"] == nil {
		e.Never = []string{"DELE"}
	}
	if t.After != nil && len(t.After.UIDs) == t.After.Messages {
		e.Kept = append([]string{}, t.After.UIDs...)
	}
	if slices.ContainsFunc(t.Commands, func(c fakeserver.Command) bool { return strings.EqualFold(c.Verb, "QUIT") }) {
		e.Received = []string{"QUIT"}
	}
	return e
}
