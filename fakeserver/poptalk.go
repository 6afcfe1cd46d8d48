package fakeserver

import (
	"strconv"
	"strings"

	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
)

// popTalk holds the POP3 state of one session. The verbs are functions of it.
type popTalk struct {
	session *Session
	logins  *logins

	user      User              // who has logged in
	view      *view             // from login to the end
	mayPass   bool              // the last command was a USER that succeeded
	afterUser bool              // mayPass before this command
	timestamp string            // for APOP, as the greeting had it
	asking    *authentication   // the AUTH exchange that the next line responds to
	asked     *authentication   // the AUTH exchange of this RESPONSE
	utf8      bool              // UTF-8 mode
	texts     map[string]string // of the language; nil: English
	receiving bodyTaker         // a body from the client; nil when none is expected
	received  bool              // the body is complete and has no reply yet
	reply     bool              // this exchange is the reply to the body
}

// bodyTaker receives a body that the client sends after a verb.
type bodyTaker interface {
	// take implements Talk.Body.
	take(p []byte) (n int, ended bool)
	// answer answers the complete body.
	answer(t *popTalk) Answer
}

// popVerb returns the answer to a command.
type popVerb func(t *popTalk, x *Exchange) Answer

// says returns an answer without an effect.
func says(r edit.Reply) Answer { return Answer{Reply: r} }

// refuse returns the answer to an invalid command.
func refuse(text string) Answer { return Answer{Reply: edit.Err(text), Bad: true} }

// options returns the options of the server.
func (t *popTalk) options() *Options { return &t.session.server.o }

// lacks reports whether the options remove this verb or capability, for all or for the user of this
// session.
func (t *popTalk) lacks(name string) bool {
	return contains(t.options().Without, name) || contains(t.user.Without, name)
}

// sight returns the views of this session.
func (t *popTalk) sight() sight {
	s := t.session
	who := Viewer{Session: s.number, User: s.name, state: s.server.NamedState}
	return func(l maildrop.List) maildrop.List {
		for _, v := range s.server.o.Views {
			l = v(who, l)
		}
		for _, v := range t.user.Views {
			l = v(who, l)
		}
		return l
	}
}

// deletes returns the function that selects the messages to delete at the end; nil means the marked
// ones.
func (t *popTalk) deletes() func(Leaving) bool {
	if t.user.Deletes != nil {
		return t.user.Deletes
	}
	return t.options().Deletes
}

// Heard implements Talk.
func (t *popTalk) Heard(x *Exchange) {
	t.afterUser, t.mayPass = t.mayPass, false
	t.reply, t.received = t.received, false
	if t.view != nil {
		if err := t.view.refresh(t.sight()); err != nil {
			t.options().Log.Error("cannot list the maildrop again", "session", t.session.number, "error", err)
		}
	}
	if x.pseudo && x.Verb == responseVerb {
		t.asked, t.asking = t.asking, nil
	}
}

// User implements Talk. During an AUTH exchange the user is not yet known.
func (t *popTalk) User(x *Exchange) string {
	switch x.Verb {
	case "USER":
		return x.Args
	case "APOP":
		name, _, _ := cutLast(x.Args)
		return name
	}
	return t.session.name
}

// Value implements Talk.
func (t *popTalk) Value(x *Exchange, field string) string {
	v := t.view
	if field == messageField {
		return v.named(x)
	}
	if v == nil {
		return "0"
	}
	switch field {
	case "messages":
		return strconv.Itoa(v.count)
	case "octets":
		return strconv.FormatInt(v.octets, 10)
	}
	if m := v.first(x.Args); m != nil {
		return strconv.FormatInt(m.Size(), 10)
	}
	return "0"
}

// first returns the message that the first argument names, or nil.
func (v *view) first(args string) maildrop.Message {
	first, _, _ := strings.Cut(strings.TrimSpace(args), " ")
	if n, ok := number(first); ok && n >= 1 && n <= int64(v.list.Len()) {
		return v.list.At(int(n) - 1)
	}
	return nil
}

// named returns the unique-id of the message that a command reads or deletes, or "". v may be nil.
func (v *view) named(x *Exchange) string {
	if v == nil || x.Verb != "RETR" && x.Verb != "TOP" && x.Verb != "DELE" {
		return ""
	}
	if m := v.first(x.Args); m != nil {
		return behind(m).UID()
	}
	return ""
}

// Body implements Talk.
func (t *popTalk) Body(p []byte) (n int, ended bool) {
	n, t.received = t.receiving.take(p)
	return n, t.received
}

// Enough implements Talk.
func (t *popTalk) Enough() edit.Reply {
	return translated(t.texts, edit.Err("too many bad commands, closing"))
}

// End implements Talk. It releases the maildrop of the session. After an end without QUIT the
// options may delete mail and keep the maildrop locked for a while.
func (t *popTalk) End() {
	if t.view == nil {
		return
	}
	o, s := t.options(), t.session
	if !s.stopped() && s.state != Update { // closing the server does not change the mail
		if err := t.view.commit(t.deletes(), false); err != nil {
			o.Log.Error("cannot remove messages", "session", s.number, "error", err)
		}
		if o.LockAfterDrop > 0 {
			t.view.drop.hold(o.Now().Add(o.LockAfterDrop))
		}
	}
	s.record.left(t.view.drop.List)
	t.view.release()
	t.view = nil
}
