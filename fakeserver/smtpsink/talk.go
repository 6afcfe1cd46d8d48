package smtpsink

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"strings"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/internal/dots"
)

// protocol implements SMTP as a fakeserver.Protocol.
type protocol struct{ sink *Server }

// Verbs implements fakeserver.Protocol.
func (protocol) Verbs() []fakeserver.Verb { return Verbs() }

// Verbs returns the table of SMTP verbs, sorted by name. go-smtp answers them, except STARTTLS.
func Verbs() []fakeserver.Verb {
	return []fakeserver.Verb{
		{Name: "AUTH", Args: true, Secret: fakeserver.TailSecret, SASL: true, RFC: "4954/4"},
		{Name: "DATA", RFC: "5321/4.1.1.4"},
		{Name: "EHLO", Args: true, Lines: fakeserver.ManyLines, RFC: "5321/4.1.1.1"},
		{Name: "EXPN", Args: true, RFC: "5321/4.1.1.7"},
		{Name: "HELO", Args: true, RFC: "5321/4.1.1.1"},
		{Name: "HELP", Args: true, RFC: "5321/4.1.1.8"},
		{Name: "MAIL", Args: true, RFC: "5321/4.1.1.2"},
		{Name: "NOOP", Args: true, RFC: "5321/4.1.1.9"},
		{Name: "QUIT", RFC: "5321/4.1.1.10"},
		{Name: "RCPT", Args: true, RFC: "5321/4.1.1.3"},
		{Name: "RSET", RFC: "5321/4.1.1.5"},
		{Name: "STARTTLS", RFC: "3207/4"},
		{Name: "VRFY", Args: true, RFC: "5321/4.1.1.6"},
	}
}

// Busy implements fakeserver.Protocol. RFC 5321 section 3.8: 421 may replace the greeting.
func (protocol) Busy() string { return "421 4.3.2 Too many sessions, try again later\r\n" }

// Begin implements fakeserver.Protocol.
func (p protocol) Begin(s *fakeserver.Session) fakeserver.Talk {
	p.sink.serve()
	t := &talk{sink: p.sink, session: s}
	t.transaction.talk = t
	return t
}

// talk passes the lines of one session to go-smtp, and the answers back. It belongs to the
// session's goroutine; the goroutine of go-smtp runs only while the session waits for an answer.
type talk struct {
	sink        *Server
	session     *fakeserver.Session
	transaction transaction

	line  net.Conn // to go-smtp; nil while not connected
	in    *bufio.Reader
	hello []byte // the EHLO that succeeded
	user  string // who has logged in
	dot   dots.Seeker

	bodyRead bool // a body has arrived and has no reply yet
}

// Answer implements fakeserver.Talk.
func (t *talk) Answer(x *fakeserver.Exchange) fakeserver.Answer {
	if x.Pseudo() && x.Verb == "CONNECT" {
		return answer(t.begin())
	}
	if t.bodyRead {
		t.bodyRead = false
		a := answer(t.read())
		a.Took, a.Lost = t.deliver, t.transaction.forget
		return a
	}
	switch x.Verb {
	case "":
		return answer("500 5.5.2 Line too long\r\n")
	case "BDAT":
		return answer("502 5.5.1 CHUNKING is not offered\r\n")
	case "STARTTLS":
		return t.startTLS(x)
	case "DATA":
		if t.transaction.forsaken() {
			return answer("554 5.5.1 No valid recipients\r\n")
		}
	}
	line := bytes.Clone(x.Line)
	a := answer(t.ask(line))
	switch x.Verb {
	case "EHLO", "HELO":
		a.Reply = t.extensions(a.Reply)
		a.Took = then(func() { t.hello = line })
		a.Lost = func() { t.hello = nil; t.restart() }
	case "AUTH", "RESPONSE":
		if starts(a.Reply, "334") {
			a.Next = fakeserver.NextResponse
		} else {
			a.User = t.user
		}
		a.Lost = func() { t.user = ""; t.restart() }
	case "MAIL":
		a.Lost = t.restart
	case "RCPT":
		a.Lost = t.transaction.dropRecipient
	case "DATA":
		a.Next = fakeserver.NextBody
		a.Took = then(func() { t.dot = dots.Seeker{CRHidesLineEnd: true} })
		a.Lost = func() {
			t.ask([]byte("."))
			t.transaction.forget()
		}
	case "QUIT":
		a.Next = fakeserver.NextEnd
		a.Lost = t.restart
	}
	return a
}

func answer(reply string) fakeserver.Answer {
	c := edit.Chunk{Bytes: []byte(reply)}
	if reply == gone {
		c.End = edit.Close
	}
	return fakeserver.Answer{Reply: edit.Reply{c}}
}

func starts(r edit.Reply, prefix string) bool {
	return len(r) > 0 && bytes.HasPrefix(r[0].Bytes, []byte(prefix))
}

// then returns do in the form of Answer.Took.
func then(do func()) func() edit.Reply {
	return func() edit.Reply {
		do()
		return nil
	}
}

// startTLS answers STARTTLS, which go-smtp cannot do over a pipe.
func (t *talk) startTLS(x *fakeserver.Exchange) fakeserver.Answer {
	switch {
	case t.sink.o.TLS == nil:
		return answer("502 5.5.1 TLS is not offered\r\n")
	case t.session.TLS() != nil:
		return answer("503 5.5.1 TLS is active already\r\n")
	case strings.TrimSpace(x.Args) != "":
		return answer("501 5.5.4 STARTTLS takes no argument\r\n")
	}
	a := answer("220 2.0.0 Ready to start TLS\r\n")
	a.Next = fakeserver.NextTLS
	a.Took = then(func() { // RFC 3207 section 4.2: the server forgets what it learned before
		t.hello, t.user = nil, ""
		t.restart()
	})
	return a
}

// extensions changes the reply of go-smtp to EHLO to list the extensions of this server.
func (t *talk) extensions(r edit.Reply) edit.Reply {
	lines := strings.Split(strings.TrimSuffix(string(r[0].Bytes), "\r\n"), "\r\n")
	if !starts(r, "250") || len(lines) < 2 {
		return r
	}
	var texts []string
	for _, l := range lines {
		if text := l[min(4, len(l)):]; text != "CHUNKING" {
			texts = append(texts, text)
		}
	}
	if t.sink.o.TLS != nil && t.session.TLS() == nil {
		texts = append(texts, "STARTTLS")
	}
	var b strings.Builder
	for i, text := range texts {
		sep := "-"
		if i == len(texts)-1 {
			sep = " "
		}
		b.WriteString("250" + sep + text + "\r\n")
	}
	return edit.Reply{{Bytes: []byte(b.String())}}
}

// deliver delivers the message, whose reply is a success.
func (t *talk) deliver() edit.Reply {
	m := t.transaction.take()
	if m == nil {
		return nil
	}
	defer m.body.Release() // each maildrop has its own hold
	m.Session, m.User, m.TLS = t.session.Number(), t.user, t.session.TLS() != nil
	if err := t.sink.deliver(m); err != nil {
		return edit.Reply{{Bytes: fmt.Appendf(nil, "451 4.3.0 %s\r\n", strings.ToValidUTF8(err.Error(), "?"))}}
	}
	return nil
}

// Heard implements fakeserver.Talk.
func (*talk) Heard(*fakeserver.Exchange) {}

// Sent implements fakeserver.Talk. A greeting other than 220 ends the session.
func (t *talk) Sent(x *fakeserver.Exchange, reply edit.Reply) fakeserver.Outcome {
	failed := reply.Bearing() < edit.Success
	login := x.Verb == "AUTH" || x.Pseudo() && x.Verb == "RESPONSE"
	return fakeserver.Outcome{
		BadLogin: failed && login && t.session.User() == "",
		End:      failed && x.Pseudo() && x.Verb == "CONNECT",
	}
}

// Enough implements fakeserver.Talk.
func (*talk) Enough() edit.Reply { return edit.Reply{{Bytes: []byte(gone)}} }

// User implements fakeserver.Talk.
func (t *talk) User(*fakeserver.Exchange) string { return t.session.User() }

// Value implements fakeserver.Talk: an SMTP session has no mailbox.
func (*talk) Value(*fakeserver.Exchange, string) string { return "0" }

// Body implements fakeserver.Talk: it passes a body on.
func (t *talk) Body(p []byte) (int, bool) {
	n, ended := t.dot.Seek(p)
	t.bodyRead = ended
	if t.line != nil {
		if _, err := t.line.Write(p[:n]); err != nil {
			t.hangUp()
		}
	}
	return n, ended
}

// End implements fakeserver.Talk.
func (t *talk) End() {
	t.hangUp()
	t.transaction.forget()
}
