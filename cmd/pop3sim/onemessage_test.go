package main_test

import (
	"errors"
	"net"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"pop3mtm/mtm/pop3"
	"pop3mtm/scenarios"
)

// The MTM never asks for one message alone, so the client below it plays what servers do wrong
// there (QUIRK 54, 55): it takes what cannot be mistaken, and is spoiled by the rest.
func TestTheClientAsksForOneMessage(t *testing.T) {
	t.Parallel()
	all, err := scenarios.LoadAll("uidl-one-wrong")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		for _, s := range all {
			got, err := askForOne(t, s)
			var nonsense *pop3.ProtocolError
			right := errors.As(err, &nonsense) && nonsense.Number == 1
			if strings.Contains(s.Name(), "no-number") {
				right = err == nil && got == "4096"
			}
			if !right {
				t.Errorf("%s: %q, %v", s.Name(), got, err)
			}
		}
	})
}

// askForOne returns the unique-id or the size of message 1 in the server's reply.
func askForOne(t *testing.T, s *scenarios.Scenario) (string, error) {
	ctx := t.Context()
	play, err := s.Server(nil)
	if err != nil {
		t.Fatal(err)
	}
	here, there := net.Pipe()
	go play.ServeConn(there)
	session, err := pop3.NewSession(ctx, here, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := errors.Join(session.Close(), play.Close()); err != nil {
			t.Error(err)
		}
	}()
	if err = errors.Join(session.User(ctx, scenarios.DefaultUser), session.Pass(ctx, scenarios.DefaultPassword)); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(s.Name(), "UIDL") {
		one, err := session.UidlOne(ctx, 1)
		return one.UID, err
	}
	one, err := session.ListOne(ctx, 1)
	return strconv.FormatInt(one.Octets, 10), err
}
