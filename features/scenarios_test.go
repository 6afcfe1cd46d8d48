package features_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
	"pop3mtm/scenarios"
)

// The MTM plays each case of each built-in scenario on each axis of fragmentation: what it is said
// to do there is asserted, and that nothing is lost, nothing comes twice and the store is sound.
// The clock is a bubble's, so that waiting takes no time. The cases of a file share a store, each
// with an account of its own, since making a store takes longer than a session.
func TestTheMTMInEveryScenario(t *testing.T) {
	skipUpdate(t)
	t.Parallel()
	for _, name := range scenarios.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all, err := scenarios.LoadAll(name)
			if err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) { performAll(t, all) })
		})
	}
}

func performAll(t *testing.T, all []*scenarios.Scenario) {
	st, err := store.Open(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		for _, axis := range fakeserver.Fragments() {
			perform(t, st, s, axis.String(), &fakeserver.Options{Fragment: axis})
		}
	}
	_, err = st.Check(t.Context(), func(problem store.Problem) { t.Errorf("the store: %s", problem) })
	if err = errors.Join(err, st.Close()); err != nil {
		t.Error(err)
	}
}

// performance is a scenario with an MTM in it.
type performance struct {
	play  *scenarios.Play
	store *store.Store
	box   *mtm.Client
	sent  map[string][][]byte // what the mailbox has had, by unique-id: an id may name one message after the other
	slow  time.Duration       // that the client takes before each command
}

func perform(t *testing.T, st *store.Store, s *scenarios.Scenario, axis string, o *fakeserver.Options) {
	play, err := s.Server(o)
	if err != nil {
		t.Fatal(err)
	}
	p := &performance{play: play, store: st, sent: map[string][][]byte{}}
	if err := p.learn(); err != nil {
		t.Fatal(err)
	}
	if err := p.open(t, s, axis); err != nil {
		t.Fatal(err)
	}
	var found []error
	runs := s.MTM.Runs
	if runs == nil {
		runs = make([]scenarios.Run, 2)
	}
	for i, r := range runs {
		if err := p.run(t.Context(), s, r); err != nil {
			found = append(found, fmt.Errorf("get mail %d: %w", i+1, err))
		}
	}
	if err := errors.Join(append(found, p.box.Close(), play.Check(t.Context()), play.CheckMTM(), play.Close())...); err != nil {
		t.Errorf("%s, %s:\n%v", s.Name(), axis, err)
		for _, transcript := range play.Transcripts() {
			t.Logf("session %d:\n%s", transcript.Session, transcript)
		}
	}
}

// open makes the account. Its line is a pipe to the server.
func (p *performance) open(t *testing.T, s *scenarios.Scenario, axis string) error {
	settings := account.Defaults()
	settings.Host, settings.LoginName, settings.Password.Literal = "localhost", scenarios.DefaultUser, scenarios.DefaultPassword
	if len(s.Users) > 0 {
		settings.LoginName, settings.Password.Literal, settings.Token.Literal = s.Users[0].Name, s.Users[0].Password, s.Users[0].Token
	}
	if s.MTM.Password != "" || s.MTM.EmptyPassword {
		settings.Password.Literal = s.MTM.Password
	}
	settings.Auth, settings.AuthUnlisted = account.UserPass, s.MTM.AuthUnlisted
	if s.MTM.Auth != "" {
		settings.Auth = account.Auth(s.MTM.Auth)
	}
	serve := p.play.ServeConn
	if p.play.Authority != nil {
		settings.Security = account.Security{TLS: account.STLS, CA: filepath.Join(t.TempDir(), "ca.pem")}
		if err := os.WriteFile(settings.Security.CA, p.play.Authority.PEM(), 0o600); err != nil {
			return err
		}
	}
	if p.play.ImplicitTLS() {
		settings.Security.TLS, serve = account.Implicit, p.play.ServeTLSConn
	}
	id, err := mtm.AddAccount(t.Context(), p.store, s.Name()+" "+axis, settings)
	if err != nil {
		return err
	}
	p.box, err = mtm.Open(p.store, id, &mtm.Options{Dial: func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		go serve(there)
		return newRoomyLine(here, p.slow), nil
	}})
	return err
}

// learn reads the mail that is new in the mailbox: of a message that changes what it was first.
func (p *performance) learn() error {
	for _, m := range p.play.Maildrop.Messages() {
		raw, err := maildrop.Read(m)
		if err != nil {
			return err
		}
		one := func(sent []byte) bool { return messageID(sent) == messageID(raw) }
		if !slices.ContainsFunc(p.sent[m.UID()], one) {
			p.sent[m.UID()] = append(p.sent[m.UID()], raw)
		}
	}
	return nil
}

// messageID returns the line with the Message-ID.
func messageID(raw []byte) string {
	header, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	for line := range bytes.Lines(header) {
		if bytes.HasPrefix(bytes.ToLower(line), []byte("message-id:")) {
			return string(line)
		}
	}
	return ""
}

// had reports whether the mailbox had these octets under a unique-id.
func (p *performance) had(uid string, raw []byte) bool {
	return slices.ContainsFunc(p.sent[uid], func(sent []byte) bool { return bytes.Equal(sent, raw) })
}

// run gets mail once and compares how that ended with what the scenario says.
func (p *performance) run(ctx context.Context, s *scenarios.Scenario, want scenarios.Run) error {
	if want.After > 0 {
		<-time.After(time.Duration(want.After))
	}
	p.slow = time.Duration(want.Slow)
	failed := p.get(ctx, s.MTM, time.Duration(want.Stays))
	found := []error{p.learn()}
	if code := mtm.Code(failed); code != want.Code {
		found = append(found, fmt.Errorf("the error is %d, not %d: %v", code, want.Code, failed))
	}
	var uids []string
	if e, ok := errors.AsType[*mtm.Error](failed); ok {
		for _, f := range e.Failed {
			uids = append(uids, f.UID)
		}
	}
	if !same(uids, want.Failed) {
		found = append(found, fmt.Errorf("the messages %q failed, not %q", uids, want.Failed))
	}
	stored := want.Stored
	if stored == nil {
		stored = p.play.UIDs()
	}
	if s.MTM.Take == scenarios.Headers {
		return errors.Join(append(found, p.listed(ctx, stored))...)
	}
	return errors.Join(append(found, p.inbox(ctx, s, stored))...)
}

// get gets mail, and stays connected for so long without a command.
func (p *performance) get(ctx context.Context, how scenarios.MTM, stays time.Duration) error {
	// The scenarios count messages as they are listed.
	get := mtm.GetMail{Which: mtm.New, Link: mtm.StayOnline, Into: store.Inbox, Order: mtm.OldestFirst}
	if how.Take == scenarios.Move {
		get.Take = mtm.Move
	}
	if stays == 0 {
		get.Link = mtm.ThenDisconnect
	}
	var err error
	switch {
	case how.Take == scenarios.Headers:
		err = p.box.InvokeSync(ctx, mtm.Connect{})
	case how.HeadersFirst:
		err = p.box.InvokeSync(ctx, mtm.Connect{})
		if get.Link = mtm.WhileConnected; p.box.Connected() {
			err = errors.Join(err, p.box.InvokeSync(ctx, get))
		}
	default:
		err = p.box.InvokeSync(ctx, get)
	}
	if stays > 0 {
		<-time.After(stays)
		err = errors.Join(err, p.box.Err())
	}
	return errors.Join(err, p.box.InvokeSync(ctx, mtm.Disconnect{}))
}

// listed wants exactly these messages in the mailbox, each once, with the header that it has.
func (p *performance) listed(ctx context.Context, want []string) error {
	entries, err := p.store.Children(ctx, p.box.Service())
	if err != nil {
		return err
	}
	var found []error
	var got []string
	for _, e := range entries {
		raw, err := p.body(ctx, e)
		got = append(got, e.UID)
		switch {
		case err != nil:
			found = append(found, err)
		case e.Body.Kind != store.BodyHeader || len(raw) == 0 || !slices.ContainsFunc(p.sent[e.UID], func(sent []byte) bool { return bytes.HasPrefix(sent, raw) }):
			found = append(found, fmt.Errorf("%s is listed with a %s of %d octets", e.UID, e.Body.Kind, len(raw)))
		}
	}
	if !same(got, want) {
		found = append(found, fmt.Errorf("the mailbox lists %q, not %q", got, want))
	}
	return errors.Join(found...)
}

// inbox wants exactly these messages there, each once and octet for octet.
func (p *performance) inbox(ctx context.Context, s *scenarios.Scenario, want []string) error {
	entries, err := p.store.Children(ctx, store.Inbox)
	if err != nil {
		return err
	}
	var found []error
	var got []string
	for _, e := range entries {
		if e.Service != p.box.Service() {
			continue
		}
		raw, err := p.body(ctx, e)
		e.UID = p.known(e.UID, raw)
		got = append(got, e.UID)
		switch equal := p.had(e.UID, raw); {
		case err != nil:
			found = append(found, err)
		case e.Body.Kind != store.BodyWhole || !e.Flags.Has(store.Complete) || e.Flags.Has(store.Invisible):
			found = append(found, fmt.Errorf("%s is stored as %s, %s", e.UID, e.Body.Kind, e.Flags))
		case equal == slices.Contains(s.MTM.Altered, e.UID):
			found = append(found, fmt.Errorf("%s is stored with %d octets; those of the mailbox are equal: %v", e.UID, len(raw), equal))
		}
	}
	if !same(got, want) {
		found = append(found, fmt.Errorf("the Inbox has %q, not %q", got, want))
	}
	return errors.Join(found...)
}

// known returns the unique-id that the scenario has for a message, whatever the server has told.
func (p *performance) known(uid string, raw []byte) string {
	if p.had(uid, raw) {
		return uid
	}
	for other := range p.sent {
		if p.had(other, raw) {
			return other
		}
	}
	return uid
}

func (p *performance) body(ctx context.Context, e store.Entry) ([]byte, error) {
	body, err := p.store.Body(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(body)
	return raw, errors.Join(err, body.Close())
}

// same compares without order.
func same(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}
