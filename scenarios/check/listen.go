package check

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"pop3mtm/scenarios"
	"pop3mtm/scenarios/check/process"
	"pop3mtm/scenarios/check/stored"
)

// Listen is a client in a process that somebody else runs, such as a library in its own tests. All
// cases are on one port, one after the other; the user name says which. For each visit it writes a
// Request to Out, as a line of JSON, and reads an Answer from In when the client is done.
type Listen struct {
	*OnePort
	Out  io.Writer
	In   io.Reader
	Can  []scenarios.Ability
	Told TLS // how the client is set to protect its connection; "" is not at all

	once    sync.Once
	answers chan answer
	asked   int
}

// Request asks for a visit.
type Request struct {
	Visit    int    `json:"visit"` // number of the visit; the answer repeats it
	Case     string `json:"case"`
	Host     string `json:"host"`
	Port     int    `json:"port"`
	User     string `json:"user"`
	Password string `json:"password"`
	TLS      TLS    `json:"tls"`
	CA       string `json:"ca"`
	Again    bool   `json:"again"` // the same mailbox as in the visit before: keep what was stored
}

// Answer says how a visit ended.
type Answer struct {
	Visit  int      `json:"visit"`
	Error  string   `json:"error"`  // "" when the client says that all went well
	Stored [][]byte `json:"stored"` // in base64: everything that the client has of this mailbox now
}

// answer is an Answer, or the reason why it is missing.
type answer struct {
	Answer
	err error
}

// maxAnswer limits a line that is read, in octets.
const maxAnswer = 64 << 20

// Modes implements Drive.
func (l *Listen) Modes() []TLS {
	if l.Told == "" {
		return []TLS{PlainLine}
	}
	return []TLS{l.Told}
}

// Abilities implements Drive.
func (l *Listen) Abilities() []scenarios.Ability {
	return append([]scenarios.Ability{scenarios.Statuses}, l.Can...)
}

// Start implements Drive.
func (l *Listen) Start(_ string, e Endpoint) (Client, error) {
	l.once.Do(func() {
		l.answers = make(chan answer)
		go l.read()
	})
	return &remote{listen: l, endpoint: e}, nil
}

// read passes on answers until the input ends.
func (l *Listen) read() {
	defer close(l.answers)
	lines := bufio.NewScanner(l.In)
	lines.Buffer(nil, maxAnswer)
	for lines.Scan() {
		var a answer
		if err := json.Unmarshal(lines.Bytes(), &a.Answer); err != nil {
			a.err = fmt.Errorf("the client's answer is not the expected line of JSON: %w", err)
		}
		l.answers <- a
	}
}

// remote is the client of a Listen in one case.
type remote struct {
	listen   *Listen
	endpoint Endpoint
	visits   int
	stored   [][]byte
	broken   error // why no more answers come
}

// Visit implements Client.
func (r *remote) Visit(ctx context.Context, line func() process.Line, idle Waiting) process.Ending {
	l, e := r.listen, r.endpoint
	l.asked++
	r.visits++
	text, err := json.Marshal(Request{Visit: l.asked, Case: e.Case, Host: e.Host, Port: e.Port, User: e.User, Password: e.Password, TLS: e.TLS, CA: e.CA, Again: r.visits > 1})
	if err == nil {
		_, err = l.Out.Write(append(text, '\n'))
	}
	if err != nil {
		return process.Ending{Status: -1, Err: err}
	}
	end := inProcess(ctx, line, idle, func(ctx context.Context) error { return r.await(ctx, l.asked) })
	if r.broken != nil {
		return process.Ending{Status: -1, Err: r.broken}
	}
	return end
}

// await waits for the answer to a request, and drops late answers to earlier ones.
func (r *remote) await(ctx context.Context, visit int) error {
	for {
		select {
		case a, open := <-r.listen.answers:
			switch {
			case !open:
				r.broken = errors.New("the client closed its output before the last case")
				return r.broken
			case a.err != nil:
				r.broken = a.err
				return a.err
			case a.Answer.Visit != visit:
				continue
			}
			r.stored = a.Stored
			if a.Error != "" {
				return errors.New(a.Error)
			}
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Stored implements Client.
func (r *remote) Stored() ([]stored.Message, error) {
	all := make([]stored.Message, len(r.stored))
	for i, octets := range r.stored {
		all[i] = stored.Message{Name: fmt.Sprintf("message %d of its answer", i+1), Octets: octets}
	}
	return all, nil
}

// Close implements Client.
func (*remote) Close() error { return nil }
