package pop3_test

import (
	"context"
	"fmt"
	"net"
	"strings"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm/pop3"
)

func Example() {
	client, server := net.Pipe()
	drop := fakeserver.NewMaildrop(maildrop.Bytes("a1", []byte("Subject: hello\r\n\r\nGood morning.\r\n")))
	go fakeserver.New(drop, nil).ServeConn(server)

	ctx := context.Background()
	s, err := pop3.NewSession(ctx, client, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := s.User(ctx, "demo"); err != nil {
		fmt.Println(err)
	}
	if err := s.Pass(ctx, "demo"); err != nil {
		fmt.Println(err)
	}
	uids, err := s.Uidl(ctx)
	fmt.Println(uids, err)
	var message strings.Builder
	octets, err := s.Retr(ctx, 1, &message)
	fmt.Printf("%q %d %v\n", message.String(), octets, err)
	fmt.Println(s.Quit(ctx))
	// Output:
	// [{1 a1}] <nil>
	// "Subject: hello\r\n\r\nGood morning.\r\n" 33 <nil>
	// <nil>
}
