package account

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// Password says where a password comes from: at most one of the fields is set
// (behaviour section 0). None set means an empty password.
type Password struct {
	Literal string // the password itself, kept as it is in the store
	Env     string // name of an environment variable, read at each login
	Command string // command line for the shell; the first line it prints is the password
}

// commandTime bounds a password command: long enough for a person to unlock a
// key ring, short enough that a hung one does not hold a login for ever.
const commandTime = time.Minute

// String never shows the secret, only where it comes from.
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

// GoString keeps %#v from showing the secret.
func (p Password) GoString() string { return "account.Password{" + p.String() + "}" }

func (p Password) validate() error {
	set := 0
	for _, s := range []string{p.Literal, p.Env, p.Command} {
		if s != "" {
			set++
		}
		if len(s) > MaxText {
			return fmt.Errorf("password is longer than %d octets", MaxText)
		}
	}
	if set > 1 {
		return errors.New("give one of a password, a variable for it or a command for it, not several")
	}
	return secret(p.Literal)
}

// Reveal gives the password. It blocks while a command runs, for a minute at
// most, and ends early with ctx. Errors name the source, never the secret.
func (p Password) Reveal(ctx context.Context) (string, error) {
	switch {
	case p.Env != "":
		value, ok := os.LookupEnv(p.Env)
		if !ok {
			return "", fmt.Errorf("the password's environment variable %s is not set", p.Env)
		}
		return value, secret(value)
	case p.Command != "":
		return p.run(ctx)
	}
	return p.Literal, secret(p.Literal)
}

func (p Password) run(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	shell, flag := "/bin/sh", "-c"
	if runtime.GOOS == "windows" {
		shell, flag = "cmd", "/C"
	}
	command := exec.CommandContext(ctx, shell, flag, p.Command)
	var out limited
	command.Stdout = &out
	command.Stderr = os.Stderr
	command.WaitDelay = time.Second // a grandchild may hold the pipe open
	if err := command.Run(); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return "", fmt.Errorf("the password command: %w", err)
	}
	line, _, _ := strings.Cut(out.String(), "\n")
	line = strings.TrimSuffix(line, "\r")
	if line == "" {
		return "", errors.New("the password command printed nothing")
	}
	return line, secret(line)
}

// secret checks a password without ever quoting it.
func secret(s string) error {
	if len(s) > MaxText {
		return fmt.Errorf("password is longer than %d octets", MaxText)
	}
	if strings.ContainsAny(s, "\r\n\x00") {
		return errors.New("password holds a line break or NUL, which POP3 cannot send")
	}
	return nil
}

// limited keeps the first octets that a password may have and drops the rest.
type limited struct{ bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	if room := MaxText + 2 - l.Len(); room > 0 {
		l.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
