package fakeserver

import (
	"crypto/subtle"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/xdg-go/stringprep"
)

// users are those who may log in; they may come and go while the server runs.
type users struct {
	mu     sync.RWMutex
	byName map[string]User
}

// SetUser adds a user, or replaces one. A suite that shares a server gives each of
// its tests a user of its own. Open sessions keep what they have.
func (s *Server) SetUser(name string, u User) {
	s.users.mu.Lock()
	defer s.users.mu.Unlock()
	if s.users.byName == nil {
		s.users.byName = map[string]User{}
	}
	s.users.byName[name] = u
}

// RemoveUser lets a user log in no more. Open sessions go on.
func (s *Server) RemoveUser(name string) {
	s.users.mu.Lock()
	defer s.users.mu.Unlock()
	delete(s.users.byName, name)
}

// Users are the names of those who may log in, sorted.
func (s *Server) Users() []string {
	s.users.mu.RLock()
	defer s.users.mu.RUnlock()
	return slices.Sorted(maps.Keys(s.users.byName))
}

// anyUser tells whether one of the users is such.
func (s *Server) anyUser(such func(User) bool) bool {
	s.users.mu.RLock()
	defer s.users.mu.RUnlock()
	for _, u := range s.users.byName {
		if such(u) {
			return true
		}
	}
	return false
}

// byPassword finds a user who logs in with a password, if the name is known.
func (s *Server) byPassword(name string) (User, bool) {
	s.users.mu.RLock()
	defer s.users.mu.RUnlock()
	u, known := s.users.byName[name]
	return u, known && (u.Password != "" || u.Token == "")
}

// checkPassword finds the user whose name and password these are.
func (s *Server) checkPassword(name, password string) (User, error) {
	name, nameFits := s.prepared(name)
	u, known := s.byPassword(name)
	right, rightFits := s.prepared(u.Password)
	password, fits := s.prepared(password)
	same := equal(right, password) && rightFits && fits
	if !same && !u.AnyPassword || !known || !nameFits {
		return User{}, errDenied
	}
	return u, nil
}

// prepared makes names and passwords comparable. RFC 6856 section 2.2: a server that
// takes UTF-8 prepares it with SASLprep and refuses what is none; any other server
// compares octets.
func (s *Server) prepared(text string) (string, bool) {
	if !s.o.UTF8 || isASCII(text) {
		return text, true
	}
	if !utf8.ValidString(text) {
		return "", false
	}
	text, err := stringprep.SASLprep.Prepare(text)
	return text, err == nil
}

func isASCII[T string | []byte](text T) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// checkToken finds the user whose token this is. Without a name the token alone
// says who it is.
func (s *Server) checkToken(name, token string) (string, User, error) {
	s.users.mu.RLock()
	defer s.users.mu.RUnlock()
	for n, u := range s.users.byName {
		if (name == "" || name == n) && u.Token != "" && equal(u.Token, token) {
			return n, u, nil
		}
	}
	return "", User{}, errDenied
}

// equal compares secrets in constant time.
func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// lacks tells whether the options take this verb or capability away, from all or
// from the user of this session.
func (s *Session) lacks(name string) bool {
	return s.server.lacks(name) || contains(s.user.Without, name)
}

func contains(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}

// delay is the LoginDelay of a user in whole seconds.
func (s *Server) delay(u User) time.Duration {
	d := s.o.LoginDelay
	if u.LoginDelay != 0 {
		d = max(u.LoginDelay, 0)
	}
	return (d + time.Second - 1).Truncate(time.Second)
}

// longestDelay is what holds for every user, and whether it is not the same for all.
func (s *Server) longestDelay() (longest time.Duration, differs bool) {
	longest = s.delay(User{})
	s.users.mu.RLock()
	defer s.users.mu.RUnlock()
	for _, u := range s.users.byName {
		d := s.delay(u)
		differs = differs || d != s.delay(User{})
		longest = max(longest, d)
	}
	return longest, differs
}
