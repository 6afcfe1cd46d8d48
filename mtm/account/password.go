package account

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// Password says where a password comes from: at most one of the fields is set (behaviour section
// 0). With no field set the password is empty.
type Password struct {
	Literal string // the password itself, stored as it is
	Env     string // name of an environment variable, read at each login
	Command string // command line for the shell; the first line it prints is the password
}

// Token says where an OAuth 2.0 bearer token comes from, as Password does for a password. Tokens
// expire after an hour or so: usually a command prints them.
type Token Password

// maxToken limits a token, in octets.
const maxToken = 16 << 10

// commandTime limits a password command: long enough to unlock a key ring, short enough that a
// command that hangs does not block a login for ever.
const commandTime = time.Minute

// String returns where the password comes from, never the secret.
func (p Password) String() string {
	switch {
	case p.Env != "":
		return "from environment variable " + p.Env
	case p.Command != "":
		return "from a command"
	case p.Literal != "":
		return "stored"
	}
	return "empty"
}

// GoString returns the same for %#v, without the secret.
func (p Password) GoString() string { return "account.Password{" + p.String() + "}" }

// String returns where the token comes from, never the secret.
func (t Token) String() string { return Password(t).String() }

// GoString returns the same for %#v, without the secret.
func (t Token) GoString() string { return "account.Token{" + t.String() + "}" }

// Reveal returns the password. It blocks while a command runs, at most a minute, and ends early
// with ctx. Errors name the source, never the secret.
func (p Password) Reveal(ctx context.Context) (string, error) {
	return p.reveal(ctx, "password", maxText)
}

// Reveal returns the token, as Password.Reveal returns a password.
func (t Token) Reveal(ctx context.Context) (string, error) {
	return Password(t).reveal(ctx, "token", maxToken)
}

func (p Password) validate(what string) error { return p.check(what, maxText) }

func (t Token) validate(what string) error { return Password(t).check(what, maxToken) }

func (p Password) check(what string, limit int) error {
	set := 0
	for _, s := range []string{p.Literal, p.Env, p.Command} {
		if s != "" {
			set++
		}
		if len(s) > limit {
			return fmt.Errorf("%s is longer than %d octets", what, limit)
		}
	}
	if set > 1 {
		return fmt.Errorf("give one of a %s, a variable for it or a command for it, not several", what)
	}
	return secret(what, limit, p.Literal)
}

func (p Password) reveal(ctx context.Context, what string, limit int) (string, error) {
	switch {
	case p.Env != "":
		value, ok := os.LookupEnv(p.Env)
		if !ok {
			return "", fmt.Errorf("the %s's environment variable %s is not set", what, p.Env)
		}
		return value, secret(what, limit, value)
	case p.Command != "":
		line, err := p.run(ctx, limit)
		if err != nil {
			return "", fmt.Errorf("the %s command: %w", what, err)
		}
		return line, secret(what, limit, line)
	}
	return p.Literal, secret(what, limit, p.Literal)
}

func (p Password) run(ctx context.Context, limit int) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	out, err := output(ctx, p.Command, limit+2)
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("it did not end within %v: %w", commandTime, err)
	}
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(out), "\n")
	line = strings.TrimSuffix(line, "\r")
	if line == "" {
		return "", errors.New("it printed nothing")
	}
	return line, nil
}

// secret checks a password or token. Its error never quotes it.
func secret(what string, limit int, s string) error {
	if len(s) > limit {
		return fmt.Errorf("%s is longer than %d octets", what, limit)
	}
	if strings.ContainsAny(s, "\r\n\x00") {
		return fmt.Errorf("%s has a line break or NUL, which POP3 cannot send", what)
	}
	return nil
}
