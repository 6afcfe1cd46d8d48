package fakeserver

import (
	"crypto/subtle"
	"errors"
)

// pass answers PASS. RFC 1939 section 7: it follows a successful USER, and
// everything after the first space is the password, spaces included.
func pass(x *Exchange) Reply {
	s := x.Session
	if !x.afterUser {
		return x.refuse("USER first")
	}
	u, known := s.server.o.Users[s.name]
	if subtle.ConstantTimeCompare([]byte(u.Password), []byte(x.Args)) == 0 || !known {
		return denied()
	}
	x.effect = func() Reply { return s.login(s.name, u) }
	return OK("maildrop locked and ready")
}

// denied is the same for an unknown user and a wrong password. RFC 3206
// section 4: AUTH says that the credentials are the problem.
func denied() Reply { return Err("[AUTH] wrong user or password") }

// login locks the maildrop and enters TRANSACTION, or returns the refusal.
func (s *Session) login(name string, u User) Reply {
	drop := u.Maildrop
	if drop == nil {
		drop = s.server.drop
	}
	v, err := drop.open(s.server.o.LockWait, s.quit)
	if errors.Is(err, errInUse) {
		// RFC 2449 section 8.1.2
		return Err("[IN-USE] maildrop is locked by another session")
	}
	if err != nil {
		s.server.o.Log.Error("maildrop cannot be listed", "session", s.number, "user", name, "error", err)
		// RFC 3206 section 4: SYS/TEMP says that it is not the user's fault.
		return Err("[SYS/TEMP] maildrop cannot be read")
	}
	s.name, s.view, s.state = name, v, Transaction
	return nil
}
