package fakeserver_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/fixtures"
)

// FuzzSession sends any octets before and after login. The server has to end
// the session by itself or with the connection, and to say only lines that
// begin as RFC 1939 has it when no body was asked for.
func FuzzSession(f *testing.F) {
	for _, seed := range []string{
		"", "\r\n", "\n\n\n", "USER demo\r\nPASS demo\r\nQUIT\r\n", "APOP demo \r\n", "APOP  x\r\nCAPA\r\n",
		"STAT\r\nLIST\r\nUIDL\r\nRETR 1\r\nTOP 1 0\r\nDELE 1\r\nRSET\r\nNOOP\r\nQUIT\r\nSTAT\r\n",
		"TOP 99999999999999999999 1\r\nTOP 1 99999999999999999999\r\nRETR -1\r\nDELE 1\r\nDELE 1\r\nQUIT",
		"CONNECT\r\nUSER \xff\r\nPASS \x00\r\nretr\t1\r\n", strings.Repeat("x", 10_000) + "\r\nNOOP\r\n",
		strings.Repeat("A\r\n", 200),
		"AUTH PLAIN\r\nAGRlbW8AZGVtbw==\r\nSTAT\r\n", "AUTH PLAIN =\r\nAUTH LOGIN\r\nZGVtbw==\r\n*\r\nAUTH CRAM-MD5\r\nZGVtbyB4\r\n",
		"AUTH SCRAM-SHA-1 biwsbj1kZW1vLHI9eA==\r\nYz1iaXdz\r\n", "AUTH OAUTHBEARER\r\nbiwsAQE=\r\n\r\nAUTH XOAUTH2 AQEB\r\n\r\n",
		"AUTH PLAIN\r\n" + strings.Repeat("A", 20_000) + "\r\nAUTH LOGIN\r\n\r\n\r\n", "AUTH PLAIN\r\nAGR\rlbW8=\r\nSTLS\r\nNOOP\r\n",
	} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	fuzzed := &fakeserver.Options{
		LockWait: -1, TLS: fixtures.NewCA().Server(),
		Users: map[string]fakeserver.User{"demo": {Password: "demo", Token: "demo"}},
	}
	f.Fuzz(func(t *testing.T, input []byte, loggedIn bool) {
		srv := fakeserver.New(fakeserver.NewMaildrop(
			maildrop.Bytes("a", []byte("A: b\r\n\r\n.\nx")), maildrop.Bytes("b", nil)), fuzzed)
		if loggedIn {
			input = append([]byte("USER demo\r\nPASS demo\r\n"), input...)
		}
		client, server := net.Pipe()
		if err := client.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		go srv.ServeConn(server)
		go func() {
			_, _ = client.Write(input) // fails when the session ends before
			_, _ = io.WriteString(client, "\r\nQUIT\r\nQUIT\r\n")
		}()
		said, err := io.ReadAll(client)
		if err != nil {
			t.Fatalf("the session does not end: %v", err)
		}
		if err := srv.Close(); err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(said, []byte("+OK ")) || !bytes.HasSuffix(said, []byte("\r\n")) {
			t.Fatalf("the server said %q", said)
		}
	})
}

// FuzzAuth puts any responses into an exchange of each mechanism. Nobody who does not know the
// password gets in, and a session that has ended its exchange takes commands.
func FuzzAuth(f *testing.F) {
	names := []string{"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "XOAUTH2", "OAUTHBEARER"}
	for i := range names {
		for _, seed := range []string{"", "\x00ann\x00ann", "ann", "ann 00", "n,,n=ann,r=x", "y,a=ann,n=a=2Cn,r=", "p=tls-exporter,,n=ann,r=x",
			"c=biws,r=x,p=AAAA", "user=ann\x01auth=Bearer x\x01\x01", "n,a=ann,\x01host=h\x01port=x\x01auth=Bearer x\x01\x01", "n,,\x01auth\x01", "\x01"} {
			f.Add(i, []byte(seed), []byte(seed), true)
			f.Add(i, []byte(seed), []byte("c=biws,r=x,p=AAAA"), false)
		}
	}
	secret := rand.Text()
	o := &fakeserver.Options{LockWait: -1, Users: map[string]fakeserver.User{"ann": {Password: secret, Token: secret}}}
	f.Fuzz(func(t *testing.T, mechanism int, first, second []byte, initial bool) {
		drop := fakeserver.NewMaildrop()
		srv := fakeserver.New(drop, o)
		text := "AUTH " + names[uint(mechanism)%uint(len(names))]
		if initial {
			text += " "
		} else {
			text += "\r\n"
		}
		for _, response := range [][]byte{first, second, second, []byte("end")} {
			text += base64.StdEncoding.EncodeToString(response) + "\r\n"
		}
		client, server := net.Pipe()
		if err := client.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		go srv.ServeConn(server)
		go func() { _, _ = io.WriteString(client, text+"*\r\nSTAT\r\nQUIT\r\n") }()
		said, err := io.ReadAll(client)
		if err != nil {
			t.Fatalf("the session does not end: %v", err)
		}
		if err := srv.Close(); err != nil {
			t.Fatal(err)
		}
		if !bytes.HasSuffix(said, []byte("-ERR not in the AUTHORIZATION state\r\n+OK bye\r\n")) {
			t.Fatalf("the server said %q", said)
		}
	})
}

// FuzzStuff holds the stuffing, fed in pieces of any size, against the plain
// reading, and takes it away again.
func FuzzStuff(f *testing.F) {
	for _, seed := range []string{"", ".", "..\r\n.", "a\n.b\r\n", "\r.\r\n", "a\r\n\r\n.\r\n", ".\n.\n.", "\r", "\n", "x\r\n"} {
		f.Add([]byte(seed), 1)
		f.Add([]byte(seed), 3)
	}
	f.Fuzz(func(t *testing.T, raw []byte, piece int) {
		piece = 1 + max(piece, 0)%100
		got := string(fakeserver.Stuffed(raw, piece))
		if want := stuffed(string(raw)); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
		whole, err := maildrop.Read(maildrop.Bytes("u", raw))
		if err != nil {
			t.Fatal(err)
		}
		if unstuff(got) != string(whole) {
			t.Fatalf("un-stuffed %q, want %q", unstuff(got), whole)
		}
	})
}
