package features

import (
	"bytes"
	"context"
	"fmt"
	"mime"
	netmail "net/mail"
	"os"
	"path/filepath"
	"slices"

	"github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm/account"
	"pop3mtm/scenarios"
)

// stage creates the server that plays a scenario, and the settings of an account for it.
func (w *world) stage(s *scenarios.Scenario) (err error) {
	w.options.TLS = w.serverTLS()
	if w.play, err = s.Server(&w.options); err != nil {
		return err
	}
	w.drop = w.play.Maildrop
	for _, m := range w.drop.Messages() {
		if err := w.know(m, slices.Contains(s.MTM.Altered, m.UID())); err != nil {
			return err
		}
	}
	return w.settingsFor(s)
}

// know adds a message of a scenario to the letters, by its subject.
func (w *world) know(m maildrop.Message, altered bool) error {
	raw, err := maildrop.Read(m)
	if err != nil {
		return err
	}
	subject := ""
	if head, err := netmail.ReadMessage(bytes.NewReader(raw)); err == nil {
		subject = head.Header.Get("Subject")
	}
	if decoded, err := new(mime.WordDecoder).DecodeHeader(subject); err == nil {
		subject = decoded
	}
	if _, taken := w.letters[subject]; taken {
		return fmt.Errorf("two messages of the scenario have the subject %q; a feature needs different subjects", subject)
	}
	w.letters[subject] = letter{Message: m, altered: altered}
	return nil
}

// settingsFor sets the account up to log in as the scenario's first user, with TLS if the scenario
// has it.
func (w *world) settingsFor(s *scenarios.Scenario) error {
	if len(s.Users) > 0 {
		w.settings.LoginName, w.settings.Password.Literal = s.Users[0].Name, s.Users[0].Password
	}
	if w.play.Authority == nil {
		return nil
	}
	w.settings.Security = account.Security{TLS: account.STLS, CA: filepath.Join(w.dir, "scenario.pem")}
	if w.play.ImplicitTLS() {
		w.settings.Security.TLS = account.Implicit
	}
	return os.WriteFile(w.settings.Security.CA, w.play.Authority.PEM(), 0o600)
}

// makeServer returns the server: the one that plays the scenario, or a correct one.
func (w *world) makeServer() *fakeserver.Server {
	if w.play != nil {
		return w.play.Server // its own expectations count what is sent
	}
	w.options.TLS = w.serverTLS()
	server := fakeserver.New(w.drop, &w.options)
	w.sent.watch(server, w.drop)
	return server
}

// expectationsMet judges the sessions so far.
func (w *world) expectationsMet(ctx context.Context) error {
	w.Expect(w.play).NotTo(gomega.BeNil(), "no step before this one plays a scenario")
	if err := w.settled(ctx); err != nil {
		return err
	}
	return w.judge(ctx)
}

// judge checks the expectations of the scenario that the server plays.
func (w *world) judge(ctx context.Context) error {
	if w.play == nil {
		return nil
	}
	return w.play.Check(ctx)
}
