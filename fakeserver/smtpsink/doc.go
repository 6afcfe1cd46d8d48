// Package smtpsink is an SMTP server for tests (RFC 5321): it keeps the messages that it receives,
// or delivers them into maildrops that a fakeserver.Server serves over POP3.
//
//	sink := smtpsink.Start(t, nil)
//	sink.On(fakeserver.Match{Verb: "RCPT", Args: "TO:<eve@example.org>"}, fakeserver.Auto.With(
//		smtpsink.Refuse(550, "no such user"))).Must()
//	... send mail to sink.Addr() ...
//	fmt.Println(sink.Messages()[0].Recipients)
//
// By default it behaves correctly; rules add faults. Rules, edits and transcripts are those of
// fakeserver. The verbs of a Match are CONNECT (the greeting), TLS, EHLO, HELO, STARTTLS, AUTH,
// RESPONSE, MAIL, RCPT, DATA (the reply before the body), "." (the reply after it), RSET, NOOP,
// VRFY and QUIT; Args is the unchanged text after the verb. A command takes effect when its reply
// is still a success after all edits: a recipient refused by RCPT gets nothing, and a message
// refused after the dot is not delivered. LoseReply delivers the message without a reply.
//
// SMTP itself is done by go-smtp. Its answers pass through a fakeserver session, one for each
// connection, so that rules can change the greeting, EHLO and QUIT too. CHUNKING is not supported.
package smtpsink
