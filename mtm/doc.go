// Package mtm is the client MTM: the message type module that fetches mail from
// a POP3 mailbox into a message store, after the POP3 MTM of Symbian.
//
// # Words
//
//   - MTM: message type module, Symbian's name for the code that handles one kind of mail.
//   - Entry: a node of the message store's tree: a service, a folder or a message.
//   - Service: the entry of an account; its settings hang on it. An account that sends
//     has two, POP3 and SMTP.
//   - Mailbox: the children of a POP3 service entry, one for each message on the
//     server, with its header.
//   - Populate: fetch the rest of a message into its mailbox entry. Partial: only its first lines.
//   - Copy, move: put a message into a folder; a move deletes it on the server afterwards.
//   - Ghost, placeholder: an entry in a folder for a message that an offline operation will
//     fetch; it has no body yet.
//   - Pending: asked for by a command that has not finished with it; the next
//     get mail takes it too.
//   - New: arrived since the last connection, or pending.
//   - Arrival: a new message that a get mail fetches whole at once, without
//     asking for its header first.
//   - Settled: of a message that a command handles: stored, counted as failed, or left out.
//   - Offline operation: a command given without a connection; the queue of them is
//     run after the next login.
//   - Holder: the one client, of any process, that has the mailbox between connect and disconnect.
//   - Outbox, lease: messages that wait to be sent, and the mark of the program
//     that is sending one.
//
// # The pieces
//
// A store ([pop3mtm/mtm/store]) holds a tree of entries: the root, the local
// service with its folders Inbox, Outbox, Drafts and Sent, and one service entry
// for each account. The children of a service entry are "the mailbox": one entry
// for each message that the server holds, with the header. Copies with the whole
// message live in folders.
//
// A [Client] works on one service. It takes a [Command] through [Client.InvokeAsync] and returns an
// [Operation] that runs in one goroutine, reports its progress, and ends with nil or an [*Error]
// with command, step and cause:
//
//	st, err := store.Open("mail.store", nil)
//	account, err := mtm.FindAccount(ctx, st, "work")
//	box, err := mtm.Open(st, account.ID, nil)
//	op, err := box.InvokeAsync(ctx, mtm.GetMail{
//		Which: mtm.New, Take: mtm.Copy, Link: mtm.ThenDisconnect, Into: store.Inbox,
//	})
//	for range op.Changed() {
//		fmt.Println(op.Progress())
//	}
//	err = op.Wait()
//
// # In a module of your own
//
// There is no address to download this module from. Clone it beside yours, and run there:
//
//	go mod edit -require pop3mtm@v0.0.0 -replace pop3mtm=../pop3mtm
//	go mod tidy
//
// A first test, which go test runs after that; the server is package pop3mtm/fakeserver:
//
//	package mine
//
//	import (
//		"net"
//		"strconv"
//		"testing"
//
//		"pop3mtm/fakeserver"
//		"pop3mtm/fakeserver/maildrop"
//		"pop3mtm/mtm"
//		"pop3mtm/mtm/account"
//		"pop3mtm/mtm/store"
//	)
//
//	func TestGetMailStoresTheMessage(t *testing.T) {
//		mail := maildrop.Bytes("a1", []byte("Subject: one\r\n\r\nHello.\r\n"))
//		server := fakeserver.Start(t, fakeserver.NewMaildrop(mail), nil)
//		settings := account.Defaults()
//		host, port, _ := net.SplitHostPort(server.Addr())
//		settings.Host, settings.LoginName = host, "demo"
//		settings.Password = account.Password{Literal: "demo"}
//		settings.Port, _ = strconv.Atoi(port)
//
//		st, err := store.Open(t.TempDir(), nil)
//		if err != nil {
//			t.Fatal(err)
//		}
//		defer st.Close()
//		id, err := mtm.AddAccount(t.Context(), st, "work", settings)
//		if err != nil {
//			t.Fatal(err)
//		}
//		box, err := mtm.Open(st, id, nil)
//		if err != nil {
//			t.Fatal(err)
//		}
//		defer box.Close()
//		op, err := box.InvokeAsync(t.Context(), mtm.GetMail{
//			Which: mtm.New, Take: mtm.Copy, Link: mtm.ThenDisconnect, Into: store.Inbox,
//		})
//		if err != nil {
//			t.Fatal(err)
//		}
//		if err := op.Wait(); err != nil {
//			t.Fatal(err)
//		}
//		if list, err := st.Children(t.Context(), store.Inbox); err != nil || len(list) != 1 || list[0].Description != "one" {
//			t.Error(list, err)
//		}
//	}
//
// # What it promises
//
// A message is stored byte for byte as the server sent it, and is visible only when it is whole and
// synced to disk. A move sends DELE only after that. When the connection breaks, or the operation
// is cancelled, no QUIT is sent, so that the server forgets the deletes; the next get mail fetches
// exactly what is missing. No message is lost and none is stored twice. A message that the server
// refuses is counted as failed, and the others are fetched.
//
// Only one client, in whatever process, is connected to a service's mailbox at a time. The others
// get [ErrInUse] at once, or after [Connect].Wait, and [Status] reports which client it is
// (package [pop3mtm/mtm/hold]).
//
// An account in disconnected mode queues copies, moves, populates and deletes that need a
// connection for the next session, one record per operation in the store. The commit that carries
// out an operation removes its record, so that a kill at any point loses no operation and repeats
// none, and no delete is sent before its copy is stored.
//
// # Where to read on
//
// getmail.go joins connect, transfer and disconnect; internal/servermtm runs each
// of them: connect.go, refresh.go, queuerun.go, transfer.go, quit.go; pop3/retr.go is the wire.
package mtm
