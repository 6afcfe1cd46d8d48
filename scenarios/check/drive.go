package check

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"pop3mtm/scenarios"
	"pop3mtm/scenarios/check/process"
	"pop3mtm/scenarios/check/stored"
)

// Drive runs a client against the servers of cases.
type Drive interface {
	// Modes returns the uses of TLS that the client can be set to. The first one is used for cases
	// that are not about TLS.
	Modes() []TLS
	// Abilities returns the abilities that are declared for the client.
	Abilities() []scenarios.Ability
	// Start prepares the client for one case, in an empty directory of its own.
	Start(dir string, e Endpoint) (Client, error)
}

// placeOf returns the place of the servers for a client.
func placeOf(d Drive) place {
	if at, ok := d.(place); ok {
		return at
	}
	return ownPort{}
}

// Client is a client in one case. One goroutine at a time uses it.
type Client interface {
	// Visit lets the client fetch its mail once, and blocks until it is done or ctx ends. line
	// returns the state of its connections; Visit calls idle again and again while nothing happens.
	Visit(ctx context.Context, line func() process.Line, idle Waiting) process.Ending
	// Stored returns the messages that the client has stored so far.
	Stored() ([]stored.Message, error)
	// Close ends the client and waits for it.
	Close() error
}

// Waiting is called again and again while a client and its server are silent, with the length of
// the silence and the limit from which on it is a hang.
type Waiting func(since, limit time.Duration)

// Func is a client in the same process, for Go tests: it fetches the mail once, and stores each
// message as a file below dir. An error says that the visit failed.
type Func func(ctx context.Context, e Endpoint, dir string) error

// Modes implements Drive: the function must not use TLS.
func (Func) Modes() []TLS { return []TLS{PlainLine} }

// Abilities implements Drive.
func (Func) Abilities() []scenarios.Ability { return []scenarios.Ability{scenarios.Statuses} }

// Start implements Drive.
func (f Func) Start(dir string, e Endpoint) (Client, error) {
	mail := filepath.Join(dir, mailDir)
	return &function{f, mail, e}, os.Mkdir(mail, 0o700)
}

// mailDir is the directory for the mail, in the directory of a case.
const mailDir = "mail"

type function struct {
	fetch    Func
	dir      string
	endpoint Endpoint
}

func (f *function) Visit(ctx context.Context, line func() process.Line, idle Waiting) process.Ending {
	return inProcess(ctx, line, idle, func(ctx context.Context) error { return f.fetch(ctx, f.endpoint, f.dir) })
}

func (f *function) Stored() ([]stored.Message, error) { return stored.Read(f.dir, stored.Auto) }
func (f *function) Close() error                      { return nil }

// inProcess runs a visit of a client in this process. It cannot be killed: a client that does not
// return is left running.
func inProcess(ctx context.Context, line func() process.Line, idle Waiting, fetch func(context.Context) error) process.Ending {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- fetch(ctx) }()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	limit := process.Limits{}.Patience()
	for {
		select {
		case err := <-done:
			if err != nil {
				return process.Ending{Started: true, Status: 1, Output: err.Error()}
			}
			return process.Ending{Started: true}
		case now := <-ticker.C:
			quiet := now.Sub(line().Last)
			if quiet >= 3*process.Idle { // whether it waits for a processor is not known
				idle(quiet, limit)
			}
			if quiet > limit {
				cancel()
				return process.Ending{Started: true, Status: -1, Hung: "no octet for " + limit.String()}
			}
		}
	}
}
