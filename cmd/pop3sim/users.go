package main

import (
	"errors"
	"fmt"
	"strings"
)

// login is one who may log in.
type login struct{ name, password string }

// logins is the value of the repeated flag --user.
type logins []login

// longest is the most octets of a name or password: RFC 2449 section 4 bounds a command line to 255 with CRLF.
const longest = 255 - len("PASS \r\n")

// Set adds NAME:PASSWORD; the password may hold colons.
func (l *logins) Set(text string) error {
	name, password, ok := strings.Cut(text, ":")
	switch {
	case !ok || name == "" || password == "":
		return errors.New("a user is NAME:PASSWORD, both not empty")
	case len(name) > longest || len(password) > longest:
		return fmt.Errorf("a name and a password have at most %d octets", longest)
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7F }):
		return errors.New("a name and a password hold no control characters")
	case strings.TrimSpace(name) != name:
		return errors.New("a name does not begin or end with a blank")
	}
	for _, other := range *l {
		if other.name == name {
			return errors.New("this user is there already")
		}
	}
	*l = append(*l, login{name, password})
	return nil
}

// String is for the default in help, which the flag's description gives.
func (l *logins) String() string { return "" }

// Type is what help shows for the value.
func (l *logins) Type() string { return "NAME:PASSWORD" }

func (l logins) orDefault() logins {
	if len(l) == 0 {
		return logins{{"demo", "demo"}}
	}
	return l
}
