package smtpsink_test

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/smtpsink"
)

// FuzzSession sends any octets. The server has to end the session with QUIT or the connection, and
// to say only lines that begin with a code.
func FuzzSession(f *testing.F) {
	for _, seed := range []string{
		"", "\r\n", ".\r\n", "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nhi\r\n..\r\n.\r\n",
		"HELO x\r\nAUTH PLAIN AGEAYQ==\r\nAUTH LOGIN\r\n*\r\nBDAT 3 LAST\r\nabc\r\nRSET\r\n", "CONNECT\r\nRESPONSE\r\nTLS\r\nSTARTTLS\r\n",
		"x\r\nx\r\nx\r\nx\r\nx\r\n", "EHLO x\r\nEHLO y\r\nMAIL FROM:<>\r\nMAIL FROM:<>\r\nDATA\r\nRCPT TO:<\xff@\x00>\r\n",
		"EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n\r\r\n.\r\n\n.\r\n.\r", "EHLO x\r\nQUIT\r\nNOOP\r\n",
	} {
		f.Add([]byte(seed))
	}
	o := &smtpsink.Options{Users: map[string]fakeserver.User{"a": {Password: "a"}}, MaxMessage: 1 << 10}
	f.Fuzz(func(t *testing.T, input []byte) {
		sink := smtpsink.New(o)
		client, server := net.Pipe()
		if err := client.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		go sink.ServeConn(server)
		go func() {
			_, _ = client.Write(input) // fails when the session ends before
			_, _ = io.WriteString(client, "\r\n\r\n.\r\nQUIT\r\nQUIT\r\n")
		}()
		said, err := io.ReadAll(client)
		if err != nil {
			t.Fatalf("the session does not end: %v", err)
		}
		if err := sink.Close(); err != nil {
			t.Fatal(err)
		}
		for l := range bytes.Lines(said) {
			if len(l) < 6 || l[0] < '2' || l[0] > '5' || l[3] != ' ' && l[3] != '-' || !bytes.HasSuffix(l, []byte("\r\n")) {
				t.Fatalf("the server said %q", l)
			}
		}
	})
}
