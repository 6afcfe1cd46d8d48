package fakeserver

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/xdg-go/stringprep"
)

// User holds the password, the options and the maildrop of a user.
type User struct {
	Password string
	// Token is the secret for OAUTHBEARER and XOAUTH2. With a Token set, an empty
	// Password disables password login.
	Token string
	// AnyPassword accepts any password in USER and PASS, APOP, PLAIN and LOGIN.
	// QUIRK 36.
	AnyPassword bool
	// Capabilities replaces the rows of the CAPA reply after login.
	Capabilities []string
	// Without names more verbs and capabilities that the server lacks for this user
	// after login.
	Without []string
	// Mechanisms lists the mechanisms of AUTH that this user may use; USER and PASS,
	// and APOP, always work. nil: all.
	Mechanisms []string
	// LoginDelay replaces that of the server; negative: no delay.
	LoginDelay time.Duration
	// Maildrop is the maildrop of this user; nil means that of the server.
	Maildrop *Maildrop
	// Views are applied after those of the server.
	Views []View
	// Deletes replaces that of the server when it is not nil.
	Deletes func(Leaving) bool
}

// ErrDenied is the error of a SASL exchange for wrong credentials. Other errors report invalid
// responses.
var ErrDenied = errors.New("wrong user or password")

// directory holds the users, who may be added and removed while the server runs. Its methods are
// safe for concurrent use.
type directory struct {
	offered    []string // Options.Mechanisms
	utf8       bool
	loginDelay time.Duration
	now        func() time.Time
	secret     [32]byte // for the salts of SCRAM

	unlisted func(name string) (User, bool) // Options.Unlisted

	mu     sync.RWMutex
	byName map[string]User
}

// newDirectory returns the directory for complete options.
func newDirectory(o *Options) *directory {
	d := &directory{offered: o.Mechanisms, utf8: o.UTF8, loginDelay: o.LoginDelay, now: o.Now, unlisted: o.Unlisted, byName: maps.Clone(o.Users)}
	_, _ = rand.Read(d.secret[:]) // it never fails
	return d
}

func (d *directory) set(name string, u User) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.byName == nil {
		d.byName = map[string]User{}
	}
	d.byName[name] = u
}

func (d *directory) remove(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.byName, name)
}

// listed returns a user that was set.
func (d *directory) listed(name string) (User, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	u, known := d.byName[name]
	return u, known
}

// user returns a user who may log in: a listed one, else one of Options.Unlisted.
func (d *directory) user(name string) (User, bool) {
	u, known := d.listed(name)
	if !known && d.unlisted != nil {
		return d.unlisted(name)
	}
	return u, known
}

func (d *directory) names() []string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return slices.Sorted(maps.Keys(d.byName))
}

// anyToken reports whether a user has a token.
func (d *directory) anyToken() bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	for _, u := range d.byName {
		if u.Token != "" {
			return true
		}
	}
	return false
}

// byPassword returns a user who may log in with a password, if the name is known.
func (d *directory) byPassword(name string) (User, bool) {
	u, known := d.user(name)
	return u, known && (u.Password != "" || u.Token == "")
}

// checkPassword returns the user with this name and password.
func (d *directory) checkPassword(name, password string) (User, error) {
	name, nameFits := d.prepared(name)
	u, known := d.byPassword(name)
	right, rightFits := d.prepared(u.Password)
	password, fits := d.prepared(password)
	same := equal(right, password) && rightFits && fits
	if !same && !u.AnyPassword || !known || !nameFits {
		return User{}, ErrDenied
	}
	return u, nil
}

// prepared returns text in the form used for comparison. RFC 6856 section 2.2: a server with UTF-8
// prepares names and passwords with SASLprep and refuses those that cannot be prepared; any other
// server compares octets.
func (d *directory) prepared(text string) (string, bool) {
	if !d.utf8 || isASCII(text) {
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

// checkToken returns the user with this token. Without a name the token alone identifies the user.
func (d *directory) checkToken(name, token string) (string, User, error) {
	if name != "" {
		if u, known := d.user(name); known && u.Token != "" && equal(u.Token, token) {
			return name, u, nil
		}
		return "", User{}, ErrDenied
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	for n, u := range d.byName {
		if u.Token != "" && equal(u.Token, token) {
			return n, u, nil
		}
	}
	return "", User{}, ErrDenied
}

// equal compares secrets in constant time.
func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// delay returns the login delay of a user in whole seconds.
func (d *directory) delay(u User) time.Duration {
	all := d.loginDelay
	if u.LoginDelay != 0 {
		all = max(u.LoginDelay, 0)
	}
	return (all + time.Second - 1).Truncate(time.Second)
}

// longestDelay returns the longest login delay of all users, and whether the delays differ.
func (d *directory) longestDelay() (longest time.Duration, differs bool) {
	longest = d.delay(User{})
	d.mu.RLock()
	defer d.mu.RUnlock()
	for _, u := range d.byName {
		one := d.delay(u)
		differs = differs || one != d.delay(User{})
		longest = max(longest, one)
	}
	return longest, differs
}

// logins holds the time of each user's last login, for Options.LoginDelay.
type logins struct {
	mu   sync.Mutex
	last map[string]time.Time
}

// tooSoon reports whether less than delay has passed since the user's last login.
func (l *logins) tooSoon(name string, delay time.Duration, now time.Time) bool {
	if delay == 0 {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	last, found := l.last[name]
	return found && now.Sub(last) < delay
}

// note records a login when its user has a delay.
func (l *logins) note(name string, delay time.Duration, now time.Time) {
	if delay == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last == nil {
		l.last = map[string]time.Time{}
	}
	l.last[name] = now
}
