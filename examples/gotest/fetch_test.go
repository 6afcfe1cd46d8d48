// Package gotest shows a Go test of a POP3 client: each case of a scenario is a subtest with a
// server of its own, and the server judges the client at the end.
package gotest

import (
	"fmt"
	"io"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fixtures"
	"pop3mtm/scenarios"
)

func TestTheClientLosesNothingWhenTheConnectionDrops(t *testing.T) {
	scenarios.Each(t, "retr-drop", func(t *testing.T, server *scenarios.Play) {
		dir := t.TempDir()
		if err := fetch(server.Addr(), dir); err == nil {
			t.Error("the client does not notice that the connection has dropped")
		}
		if err := fetch(server.Addr(), dir); err != nil {
			t.Error(err)
		}
	})
}

func TestTheClientCopesWithARefusal(t *testing.T) {
	server := fakeserver.Start(t, fakeserver.NewMaildrop(fixtures.Mail("plain", "html")...), nil)
	server.On(fakeserver.Match{Verb: "RETR", Args: "2"}, fakeserver.Auto.With(edit.Refuse("try later"))).Once().Must()
	dir := t.TempDir()
	if err := fetch(server.Addr(), dir); err == nil {
		t.Error("the client does not report the refusal")
	}
	if err := fetch(server.Addr(), dir); err != nil {
		t.Error(err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 2 {
		t.Errorf("%d files, %v", len(files), err)
	}
}

// fetch is the client under test. It copies messages that it does not have yet.
func fetch(address, dir string) error {
	c, err := textproto.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer c.Close()
	if err = ask(c, ""); err != nil { // the greeting
		return err
	}
	for _, command := range []string{"USER demo", "PASS demo", "UIDL"} {
		if err = ask(c, command); err != nil {
			return err
		}
	}
	rows, err := c.ReadDotLines()
	if err != nil {
		return err
	}
	for _, row := range rows {
		number, uid, _ := strings.Cut(row, " ")
		path := filepath.Join(dir, uid+".eml")
		if _, err = os.Stat(path); err == nil {
			continue
		}
		if err = ask(c, "RETR "+number); err != nil {
			return err
		}
		text, err := io.ReadAll(c.DotReader())
		if err != nil {
			return err
		}
		if err = os.WriteFile(path, text, 0o600); err != nil {
			return err
		}
	}
	return ask(c, "QUIT")
}

// ask sends a command and reads the reply.
func ask(c *textproto.Conn, command string) error {
	if command != "" {
		if err := c.PrintfLine("%s", command); err != nil {
			return err
		}
	}
	reply, err := c.ReadLine()
	if err == nil && !strings.HasPrefix(reply, "+OK") {
		err = fmt.Errorf("%s: %s", command, reply)
	}
	return err
}
