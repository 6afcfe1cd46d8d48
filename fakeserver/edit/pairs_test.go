package edit_test

import (
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
)

// Every edit after every other one, on mail, to a client that reads
// a while: the session ends with the client or before, and without a panic.
func TestEveryEditComposesWithEveryOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := fakeserver.New(nil, &fakeserver.Options{TranscriptOctets: -1})
		all, mail := samples(), replies()["mail"]
		var pair []edit.Edit
		srv.On(fakeserver.Match{Verb: "NOOP"}, func(x *fakeserver.Exchange) edit.Reply {
			return fakeserver.Handler(func(*fakeserver.Exchange) edit.Reply { return mail }).With(pair...)(x)
		})
		for _, first := range names() {
			for _, second := range names() {
				pair = []edit.Edit{all[first].edit, all[second].edit}
				if err := readAWhile(srv); err != nil {
					t.Errorf("%s, then %s: %v", first, second, err)
				}
			}
		}
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	})
}

// readAWhile says NOOP and reads what comes for an hour, 4 KiB at most.
func readAWhile(srv *fakeserver.Server) error {
	client, server := net.Pipe()
	ended := make(chan struct{})
	go func() {
		srv.ServeConn(server)
		close(ended)
	}()
	if err := client.SetDeadline(time.Now().Add(time.Hour)); err != nil {
		return err
	}
	go func() { _, _ = io.WriteString(client, "NOOP\r\n") }()
	said := make([]byte, 4<<10)
	n, err := io.ReadFull(client, said)
	if n == 0 && errors.Is(err, io.EOF) {
		return errors.New("the server said nothing at all, not even a greeting")
	}
	_ = client.Close()
	<-ended
	return nil
}
