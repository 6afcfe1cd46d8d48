package fakeserver

import (
	"errors"
	"io/fs"

	"pop3mtm/fakeserver/edit"
)

// pass answers PASS. RFC 1939 section 7: it follows a successful USER, and everything after the
// first space is the password, spaces included.
func pass(t *popTalk, x *Exchange) Answer {
	if !t.afterUser {
		return refuse("USER first")
	}
	name := t.session.name
	u, err := t.session.server.users.checkPassword(name, x.Args)
	if err != nil {
		return denied()
	}
	return t.admits(name, u)
}

// denied returns the same refusal for an unknown user and a wrong password. RFC 3206 section 4:
// the code AUTH means that the credentials are the problem.
func denied() Answer { return says(edit.Err("[AUTH] wrong user or password")) }

// admits returns the answer that logs a user in.
func (t *popTalk) admits(name string, u User) Answer {
	return Answer{Reply: edit.OK("maildrop locked and ready"), Took: func() edit.Reply { return translated(t.texts, t.login(name, u)) }}
}

// login locks the maildrop and enters TRANSACTION, or returns the refusal.
func (t *popTalk) login(name string, u User) edit.Reply {
	s, o := t.session, t.options()
	delay := s.server.users.delay(u)
	if t.logins.tooSoon(name, delay, o.Now()) {
		// RFC 2449 section 8.1.1
		return edit.Err("[LOGIN-DELAY] too soon after the last login")
	}
	drop := u.Maildrop
	if drop == nil {
		drop = s.server.drop
	}
	before, nobody := s.name, t.user
	s.name, t.user = name, u // views may use them
	v, err := drop.open(o, s.quit, t.sight())
	if err != nil {
		s.name, t.user = before, nobody
	}
	if errors.Is(err, errInUse) {
		// RFC 2449 section 8.1.2
		return edit.Err("[IN-USE] maildrop is locked by another session")
	}
	if err != nil {
		o.Log.Error("cannot list the maildrop", "session", s.number, "user", name, "error", err)
		// RFC 3206 section 4: the user is not at fault; SYS/PERM means that the
		// operator must repair it.
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
			return edit.Err("[SYS/PERM] maildrop is not there")
		}
		return edit.Err("[SYS/TEMP] maildrop cannot be read")
	}
	t.view, s.state = v, Transaction
	s.record.found(v.list)
	t.logins.note(name, delay, o.Now())
	return nil
}
