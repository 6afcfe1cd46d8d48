package fakeserver

import (
	"errors"
	"io/fs"

	"pop3mtm/fakeserver/edit"
)

// pass answers PASS. RFC 1939 section 7: it follows a successful USER, and
// everything after the first space is the password, spaces included.
func pass(x *Exchange) edit.Reply {
	s := x.Session
	if !x.afterUser {
		return x.refuse("USER first")
	}
	u, err := s.server.checkPassword(s.name, x.Args)
	if err != nil {
		return denied()
	}
	x.effect = func() edit.Reply { return s.login(s.name, u) }
	return edit.OK("maildrop locked and ready")
}

// denied is the same for an unknown user and a wrong password. RFC 3206
// section 4: AUTH says that the credentials are the problem.
func denied() edit.Reply { return edit.Err("[AUTH] wrong user or password") }

// login locks the maildrop and enters TRANSACTION, or returns the refusal.
func (s *Session) login(name string, u User) edit.Reply {
	if !s.server.mayLogIn(name, u) {
		// RFC 2449 section 8.1.1
		return edit.Err("[LOGIN-DELAY] too soon after the last login")
	}
	drop := u.Maildrop
	if drop == nil {
		drop = s.server.drop
	}
	before, nobody := s.name, s.user
	s.name, s.user = name, u // views may ask
	v, err := drop.open(&s.server.o, s.quit, s.sight())
	if err != nil {
		s.name, s.user = before, nobody
	}
	if errors.Is(err, errInUse) {
		// RFC 2449 section 8.1.2
		return edit.Err("[IN-USE] maildrop is locked by another session")
	}
	if err != nil {
		s.server.o.Log.Error("maildrop cannot be listed", "session", s.number, "user", name, "error", err)
		// RFC 3206 section 4: it is not the user's fault, and with SYS/PERM somebody
		// has to repair it.
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
			return edit.Err("[SYS/PERM] maildrop is not there")
		}
		return edit.Err("[SYS/TEMP] maildrop cannot be read")
	}
	s.view, s.state = v, Transaction
	s.server.loggedIn(name, u)
	return nil
}

// mayLogIn tells whether the LoginDelay since the user's last login is over.
func (s *Server) mayLogIn(name string, u User) bool {
	delay := s.delay(u)
	if delay == 0 {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	last, found := s.logins[name]
	return !found || s.o.Now().Sub(last) >= delay
}

func (s *Server) loggedIn(name string, u User) {
	if s.delay(u) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logins[name] = s.o.Now()
}
