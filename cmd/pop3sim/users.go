package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"pop3mtm/fakeserver"
)

// login holds the credentials of a user.
type login struct{ name, password, token string }

// logins is the value of the repeated flag --user.
type logins []login

// longest limits the octets of a name or password. RFC 2449 section 4 limits a command line to 255
// octets with CRLF.
const longest = 255 - len("PASS \r\n")

// Set adds NAME:PASSWORD; the password may hold colons.
func (l *logins) Set(text string) error {
	name, password, ok := strings.Cut(text, ":")
	switch {
	case !ok || name == "" || password == "":
		return errors.New("write NAME:PASSWORD; neither may be empty")
	case len(name) > longest || len(password) > longest:
		return fmt.Errorf("a name and a password have at most %d octets", longest)
	case controls(text):
		return errors.New("a name and a password must not contain control characters")
	case strings.Count(name, numberMark) > 1:
		return errors.New("a name has at most one {n}")
	}
	return l.add(login{name: name, password: password})
}

// numberMark stands in the name of a user for any number from 1.
const numberMark = "{n}"

// numbered reports whether the login is for all users whose names differ in a number.
func (l login) numbered() bool { return strings.Contains(l.name, numberMark) }

// first returns a name that can log in.
func (l login) first() string { return strings.Replace(l.name, numberMark, "1", 1) }

// matches reports whether the login is for a user with this name.
func (l login) matches(name string) bool {
	before, after, _ := strings.Cut(l.name, numberMark)
	rest, begins := strings.CutPrefix(name, before)
	number, ends := strings.CutSuffix(rest, after)
	const longestNumber = 18
	isDigit := func(r rune) bool { return r >= '0' && r <= '9' }
	return begins && ends && number != "" && number[0] != '0' && len(number) <= longestNumber && strings.TrimFunc(number, isDigit) == ""
}

func (l *logins) add(one login) error {
	if strings.TrimSpace(one.name) != one.name {
		return errors.New("a name must not begin or end with a blank")
	}
	if l.find(one.name) != nil {
		return errors.New("this user already exists")
	}
	*l = append(*l, one)
	return nil
}

func (l logins) find(name string) *login {
	for i := range l {
		if l[i].name == name {
			return &l[i]
		}
	}
	return nil
}

func controls(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7F })
}

// String returns "", since the flag's description names the default.
func (l *logins) String() string { return "" }

// Type returns what help shows for the value.
func (l *logins) Type() string { return "NAME:PASSWORD" }

// tokens is the value of the repeated flag --token.
type tokens struct{ *logins }

// longestToken limits the octets of a token, so that it fits an AUTH response.
const longestToken = 8 << 10

// Set adds NAME:TOKEN.
func (t tokens) Set(text string) error {
	name, token, ok := strings.Cut(text, ":")
	switch {
	case !ok || name == "" || token == "":
		return errors.New("write NAME:TOKEN; neither may be empty")
	case len(name) > longest || len(token) > longestToken:
		return fmt.Errorf("a name has at most %d octets, a token %d", longest, longestToken)
	case controls(text):
		return errors.New("a name and a token must not contain control characters")
	case strings.Contains(name, numberMark):
		return errors.New("only --user takes a name with {n}")
	}
	return t.add(login{name: name, token: token})
}

// Type returns what help shows for the value.
func (tokens) Type() string { return "NAME:TOKEN" }

// everyone returns all users who may log in, by password, by token or by both.
func (f *serveFlags) everyone() logins {
	all := slices.Clone(f.users)
	if len(all) == 0 {
		all = logins{{name: "demo", password: "demo"}}
	}
	for _, t := range f.tokens {
		if user := all.find(t.name); user != nil {
			user.token = t.token
		} else {
			all = append(all, t)
		}
	}
	return all
}

// mechanisms is the value of the flag --mechanisms; names is nil when it is not given.
type mechanisms struct{ names []string }

// Set takes names of SASL mechanisms with commas between them, or none.
func (m *mechanisms) Set(text string) error {
	m.names = []string{}
	if text == "none" {
		return nil
	}
	for name := range strings.SplitSeq(text, ",") {
		name = strings.ToUpper(strings.TrimSpace(name))
		if !slices.Contains(fakeserver.Mechanisms(), name) {
			return fmt.Errorf("unknown mechanism %q; write none, or some of %s", name, strings.Join(fakeserver.Mechanisms(), ","))
		}
		m.names = append(m.names, name)
	}
	return nil
}

// String returns "", since the flag's description names the default.
func (m *mechanisms) String() string { return "" }

// Type returns what help shows for the value.
func (m *mechanisms) Type() string { return "LIST" }
