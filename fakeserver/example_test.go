package fakeserver_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
)

// mailbox returns a maildrop of two messages.
func mailbox() *fakeserver.Maildrop {
	return fakeserver.NewMaildrop(
		maildrop.Bytes("a1", []byte("Subject: one\r\n\r\nHello.\r\n")),
		maildrop.Bytes("a2", []byte("Subject: two\r\n\r\n.dots\r\n")))
}

// talk is a client: it logs in, sends the commands, each when the one before is answered, and
// prints the answers.
func talk(srv *fakeserver.Server, commands ...string) {
	client, server := net.Pipe()
	go srv.ServeConn(server)
	in := bufio.NewReader(client)
	for i, c := range append([]string{"", "USER demo", "PASS demo"}, commands...) {
		if c != "" {
			_, _ = io.WriteString(client, c+"\r\n")
		}
		many := c == "UIDL" || strings.HasPrefix(c, "RETR")
		for more := true; more; {
			line, err := in.ReadString('\n')
			if err != nil {
				line = "(no more)\r\n"
			}
			if i > 2 {
				fmt.Print(strings.TrimRight(line, "\r\n"), "\n")
			}
			more = many && err == nil && line != ".\r\n" && !strings.HasPrefix(line, "-ERR")
		}
	}
	_ = client.Close()
	if err := srv.WaitFor(context.Background(), fakeserver.Ended(srv.Sessions())); err != nil {
		fmt.Println(err)
	}
}

func ExampleServer_On() {
	srv := fakeserver.New(mailbox(), nil)
	srv.On(fakeserver.Match{Verb: "DELE", Args: "1"}, fakeserver.Auto.With(edit.Refuse("not today"))).Once().Must()
	talk(srv, "DELE 1", "DELE 1")
	fmt.Println(srv.Close())
	// Output:
	// -ERR not today
	// +OK message 1 deleted
	// <nil>
}

func ExampleRule_Must() {
	srv := fakeserver.New(mailbox(), nil)
	srv.On(fakeserver.Match{Verb: "RETR", Args: "2", Nth: 3}, fakeserver.Auto.With(edit.CutAfter(20, edit.Reset))).Must()
	talk(srv, "STAT")
	fmt.Println(srv.Close())
	// Output:
	// +OK 2 47
	// rules that never fired: RETR 2, number 3
}

func ExampleRule_Goto() {
	srv := fakeserver.New(mailbox(), nil)
	srv.On(fakeserver.Match{Verb: "RETR"}, fakeserver.Auto.With(edit.Refuse("wait"))).Goto("tried")
	srv.On(fakeserver.Match{Verb: "STAT", When: "tried"}, fakeserver.Auto.With(edit.StatusText("0 0")))
	talk(srv, "STAT", "RETR 1")
	talk(srv, "STAT")
	// Output:
	// +OK 2 47
	// -ERR wait
	// +OK 0 0
}

func ExampleHandler_With() {
	srv := fakeserver.New(mailbox(), nil)
	srv.On(fakeserver.Match{Verb: "UIDL"}, fakeserver.Auto.With(
		edit.InsertRow(3, "3"),
		edit.DropRow(1),
		edit.StatusText("")))
	talk(srv, "UIDL")
	// Output:
	// +OK
	// 2 a2
	// 3
	// .
}

func ExampleHandler_Before() {
	srv := fakeserver.New(mailbox(), nil)
	srv.On(fakeserver.Match{Verb: "NOOP"}, fakeserver.Auto.Before(
		fakeserver.ChangeMail(fakeserver.RenewUIDs("-new")), fakeserver.Reload))
	talk(srv, "UIDL 1", "NOOP", "UIDL 1")
	// Output:
	// +OK 1 a1
	// +OK still here
	// +OK 1 a1-new
}

func ExampleAs() {
	srv := fakeserver.New(mailbox(), nil)
	srv.On(fakeserver.Match{Verb: "LIST", Args: "*"}, fakeserver.As("LIST 2"))
	talk(srv, "LIST 1")
	// Output:
	// +OK 2 23
}

func ExampleRows() {
	number := func(n int, row string) []string { return []string{fmt.Sprintf("+OK %s", row)} }
	srv := fakeserver.New(mailbox(), nil)
	srv.On(fakeserver.Match{Verb: "UIDL"}, fakeserver.Auto.With(edit.Rows(number)))
	talk(srv, "UIDL")
	// Output:
	// +OK 2 messages (47 octets)
	// +OK 1 a1
	// +OK 2 a2
	// .
}

func ExampleTakeEffect() {
	srv := fakeserver.New(mailbox(), nil)
	srv.On(fakeserver.Match{Verb: "QUIT"}, fakeserver.Auto.With(edit.TakeEffect(), edit.CutAfter(0, edit.Close)))
	talk(srv, "DELE 1", "QUIT")
	matched, err := fakeserver.HaveKept("a2").Match(srv)
	fmt.Println(matched, err)
	// Output:
	// +OK message 1 deleted
	// (no more)
	// true <nil>
}

func ExampleView() {
	srv := fakeserver.New(mailbox(), &fakeserver.Options{
		Views: []fakeserver.View{fakeserver.Newest(1), fakeserver.Sized(fakeserver.RoundedTo(1024))},
	})
	talk(srv, "STAT", "UIDL")
	// Output:
	// +OK 1 1024
	// +OK 1 messages (1024 octets)
	// 1 a2
	// .
}

func ExampleDeleteRead() {
	drop := mailbox()
	srv := fakeserver.New(drop, &fakeserver.Options{Deletes: fakeserver.DeleteRead})
	talk(srv, "RETR 1", "QUIT")
	fmt.Println(drop.UIDs())
	// Output:
	// +OK 24 octets
	// Subject: one
	//
	// Hello.
	// .
	// +OK bye
	// [a2]
}

func ExampleFragment() {
	for _, fragment := range fakeserver.Fragments() {
		srv := fakeserver.New(mailbox(), &fakeserver.Options{Fragment: fragment})
		fmt.Print(fragment, ": ")
		talk(srv, "STAT")
	}
	// Output:
	// whole: +OK 2 47
	// by line: +OK 2 47
	// by octet: +OK 2 47
}

func ExampleServer_SetUser() {
	srv := fakeserver.New(nil, &fakeserver.Options{Users: map[string]fakeserver.User{}})
	srv.SetUser("demo", fakeserver.User{Password: "demo", Maildrop: mailbox(), Without: []string{"UIDL"}})
	srv.On(fakeserver.Match{Verb: "STAT", User: "demo"}, fakeserver.Auto.With(edit.Count(edit.By(1))))
	talk(srv, "STAT", "LIST 1", "UIDL 1")
	// Output:
	// +OK 3 47
	// +OK 1 24
	// -ERR unknown command
}

func ExampleServer_WaitFor() {
	srv := fakeserver.New(mailbox(), nil)
	var client sync.WaitGroup
	client.Go(func() { talk(srv, "DELE 2", "QUIT") })
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	fmt.Println(srv.WaitFor(ctx, fakeserver.Received(fakeserver.Match{Verb: "DELE", Args: "2"})))
	fmt.Println(srv.WaitFor(ctx, fakeserver.Ended(1)))
	client.Wait() // it may still print the last reply
	// Unordered output:
	// +OK message 2 deleted
	// +OK bye
	// <nil>
	// <nil>
}

func ExampleServer_Transcript() {
	srv := fakeserver.New(mailbox(), &fakeserver.Options{Without: []string{"APOP"}})
	talk(srv, "DELE 1")
	fmt.Println(srv.Transcript(1))
	for _, c := range srv.Transcript(1).Commands {
		fmt.Println(c.State, c.User, c)
	}
	// Output:
	// +OK message 1 deleted
	// S: +OK POP3 server ready
	// C: USER demo
	// S: +OK send PASS
	// C: PASS ********
	// S: +OK maildrop locked and ready
	// C: DELE 1
	// S: +OK message 1 deleted
	// [closed by the client]
	// AUTHORIZATION demo USER demo
	// AUTHORIZATION demo PASS ********
	// TRANSACTION demo DELE 1
}

func ExampleHaveReceived() {
	srv := fakeserver.New(mailbox(), nil)
	talk(srv, "DELE 1")
	never := fakeserver.HaveReceived("DELE 2")
	matched, err := never.Match(srv)
	fmt.Println(matched, err)
	fmt.Println(never.FailureMessage(srv))
	// Output:
	// +OK message 1 deleted
	// false <nil>
	// Expected the server to have received DELE 2
	// The nearest of its commands:
	//   session 1, TRANSACTION: DELE 1
	//   session 1, AUTHORIZATION: USER demo
	//   session 1, AUTHORIZATION: PASS ********
}

func ExampleHaveKept() {
	drop := mailbox()
	srv := fakeserver.New(drop, nil)
	talk(srv, "DELE 1", "QUIT")
	kept := fakeserver.HaveKept("a1", "a2")
	matched, err := kept.Match(drop)
	fmt.Println(matched, err)
	fmt.Println(kept.FailureMessage(drop))
	// Output:
	// +OK message 1 deleted
	// +OK bye
	// false <nil>
	// Expected the maildrop to have kept ["a1" "a2"]
	// Missing: ["a1"]
}

func ExampleOptions_strict() {
	srv := fakeserver.New(mailbox(), &fakeserver.Options{Strict: true})
	talk(srv, "XSENDER 1")
	fmt.Println(srv.Close())
	// Output:
	// -ERR unknown command
	// invalid commands: session 1: XSENDER 1
}

func ExampleHandler_Telling() {
	srv := fakeserver.New(mailbox(), nil)
	srv.On(fakeserver.Match{Verb: "PASS"}, fakeserver.Auto.With(edit.StatusText("{messages} messages for {user}")).Telling())
	srv.On(fakeserver.Match{Verb: "NOOP"}, fakeserver.Auto.With(edit.StatusText("{octets} octets")).Telling())
	talk(srv, "NOOP", "DELE 1", "NOOP")
	// Output:
	// +OK 47 octets
	// +OK message 1 deleted
	// +OK 23 octets
}
