// Package smtpsink is an SMTP server for tests (RFC 5321): it keeps what it is sent, or delivers it into maildrops that a
// fakeserver.Server gives out over POP3.
//
//	sink := smtpsink.Start(t, nil)
//	sink.On(fakeserver.Match{Verb: "RCPT", Args: "TO:<eve@example.org>"}, fakeserver.Auto.With(
//		smtpsink.Refuse(550, "no such user"))).Must()
//	... send mail to sink.Addr() ...
//	fmt.Println(sink.Messages()[0].Recipients)
//
// It is right by default and wrong exactly as told: rules, edits and transcripts are those of fakeserver. Verbs of a Match
// are CONNECT (the greeting), TLS, EHLO, HELO, STARTTLS, AUTH, RESPONSE, MAIL, RCPT, DATA (the reply that lets the body
// come), "." (the reply after it), RSET, NOOP, VRFY and QUIT; Args is all that follows the verb, as it came. A command
// takes effect when its reply is still a success after all edits: what RCPT refuses is not delivered to, and what is
// refused after the dot is not delivered at all. LoseReply delivers, and the client cannot know.
//
// The SMTP itself is go-smtp's. Its answers pass through a fakeserver session, one session a connection, which is what
// lets rules reach the greeting, EHLO and QUIT too. CHUNKING is left out.
package smtpsink
