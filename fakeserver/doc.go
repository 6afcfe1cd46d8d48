// Package fakeserver is a POP3 server for testing POP3 clients: exactly right
// by default (RFC 1939, 2449, 2595, 3206, 5034, 6856, 8314), and wrong exactly as told.
//
// A reply is data: a Handler makes it, Edits change it, and one function writes
// it without checking anything, so that any octet can be sent. Rules say which
// commands get another handler than Auto, what a correct server does:
//
//	srv := fakeserver.Start(t, fakeserver.NewMaildrop(mail...), nil)
//	srv.On(fakeserver.Match{Verb: "RETR", Args: "2"},
//		fakeserver.Auto.With(edit.CutAfter(1200, edit.Reset))).Once().Must()
//
// Its files form floors. At the bottom stand replies (package edit), mail (package maildrop and Maildrop), users and SASL
// mechanisms; then server, session, exchange and rules, which know lines, timers and TLS, and no protocol; then POP3 as a
// Protocol, a verb a file and a row in verbs.go; at the top what tests use: Start, WaitFor, matchers.
package fakeserver
