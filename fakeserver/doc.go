// Package fakeserver is a POP3 server for testing POP3 clients. By default it behaves correctly
// (RFC 1939, 2449, 2595, 3206, 5034, 6856, 8314); rules add the faults that a test needs.
//
// A reply is data: a Handler returns it, Edits change it, and one function writes it without
// any checks, so that any octets can be sent. Auto is the handler of a correct server; rules
// assign other handlers to commands:
//
//	srv := fakeserver.Start(t, fakeserver.NewMaildrop(mail...), nil)
//	srv.On(fakeserver.Match{Verb: "RETR", Args: "2"},
//		fakeserver.Auto.With(edit.CutAfter(1200, edit.Reset))).Once().Must()
//
// Its files form layers. At the bottom are replies (package edit), mail (package maildrop and
// Maildrop), users and SASL mechanisms. Server, session, exchange and rules handle lines, timers
// and TLS for any protocol. POP3 is a Protocol: each verb has a file and a row in verbs.go. At the
// top is the interface for tests: Start, WaitFor, matchers.
package fakeserver
