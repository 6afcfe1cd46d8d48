package check

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"pop3mtm/scenarios"
	"pop3mtm/scenarios/check/process"
	"pop3mtm/scenarios/check/stored"
)

// Attend is a client that a person operates: a program with windows, or a phone. It asks the person
// to fetch mail, and then what the client shows.
type Attend struct {
	*OnePort
	Out io.Writer
	In  io.Reader
	Can []scenarios.Ability

	lines *bufio.Scanner
}

// Attended returns globs that select the cases worth a person's time.
func Attended() []string {
	return []string{"retr-drop@1200/close", "retr-octets@dots", "retr-octets@eight-bit", "retr-refused@words", "retr-stall@10", "dele-drop@2",
		"uidl-drop@20/close", "auth-in-use@*", "retr-no-stuffing@header", "list-empty@stat", "quit-unanswered@closed", "uidl-duplicate"}
}

// Modes implements Drive.
func (*Attend) Modes() []TLS { return []TLS{PlainLine} }

// Abilities implements Drive.
func (a *Attend) Abilities() []scenarios.Ability { return a.Can }

// Start implements Drive.
func (a *Attend) Start(_ string, e Endpoint) (Client, error) {
	if a.lines == nil {
		a.lines = bufio.NewScanner(a.In)
	}
	return &attended{attend: a, endpoint: e}, nil
}

// user returns the same name for all cases, so that the account is set up only once.
func (*Attend) user(c *Case) string { return c.user() }

// attended is the client in one case, operated by a person.
type attended struct {
	attend   *Attend
	endpoint Endpoint
	visits   int
	mail     []mailSeen
	stored   []stored.Message
}

// mailSeen is a message that a person can recognize.
type mailSeen struct {
	subject string
	octets  []byte
}

// shows sets the mail of the mailbox, which the questions list.
func (a *attended) shows(mail []mailSeen) { a.mail = mail }

// Visit implements Client.
func (a *attended) Visit(ctx context.Context, _ func() process.Line, _ Waiting) process.Ending {
	a.visits++
	e, out := a.endpoint, a.attend.Out
	if a.visits == 1 {
		_, _ = fmt.Fprintf(out, "\nCase %s\n  Set up: server %s, port %d, user %s, password %s, no TLS. Begin with an empty inbox.\n", e.Case, e.Host, e.Port, e.User, e.Password)
	}
	_, _ = fmt.Fprintf(out, "  Press Get Mail in the client now. When it has finished, press Enter (h when it hangs, c when it crashed): ")
	said, err := a.ask(ctx)
	if err != nil {
		return process.Ending{Status: -1, Err: err}
	}
	end := process.Ending{Started: true, Status: -1}
	switch strings.ToLower(said) {
	case "h":
		end.Hung = "the person who operates it says that it hangs"
	case "c":
		end.Signal = "the person who operates it says that it crashed"
	}
	if err = a.inbox(ctx); err != nil {
		return process.Ending{Status: -1, Err: err}
	}
	return end
}

// inbox asks the person which messages the client shows.
func (a *attended) inbox(ctx context.Context) error {
	out := a.attend.Out
	for i, m := range a.mail {
		_, _ = fmt.Fprintf(out, "    %d  %s\n", i+1, m.subject)
	}
	for {
		_, _ = fmt.Fprint(out, "  Which of these does the inbox show? Write their numbers, each as often as it is shown, with h for half a message (1 2h 3 3), or 0 for none: ")
		said, err := a.ask(ctx)
		if err != nil {
			return err
		}
		found, bad := a.named(said)
		if bad == "" {
			a.stored = found
			return nil
		}
		_, _ = fmt.Fprintf(out, "  %q is not a number of the list.\n", bad)
	}
}

// named returns the messages that the person says the inbox shows, or the word that is wrong.
func (a *attended) named(said string) (found []stored.Message, bad string) {
	for i, word := range strings.Fields(strings.ReplaceAll(said, ",", " ")) {
		number, half := strings.CutSuffix(strings.ToLower(word), "h")
		n, err := strconv.Atoi(number)
		if err != nil || n < 0 || n > len(a.mail) {
			return nil, word
		}
		if n == 0 {
			continue
		}
		octets := a.mail[n-1].octets
		if half {
			octets = octets[:len(octets)/2]
		}
		found = append(found, stored.Message{Name: fmt.Sprintf("entry %d of the inbox", i+1), Octets: octets})
	}
	return found, ""
}

// ask reads a line that the person types.
func (a *attended) ask(ctx context.Context) (string, error) {
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	if !a.attend.lines.Scan() {
		return "", errors.New("the input has ended: nobody answers the questions")
	}
	return strings.TrimSpace(a.attend.lines.Text()), nil
}

// Stored implements Client.
func (a *attended) Stored() ([]stored.Message, error) { return a.stored, nil }

// Close implements Client.
func (*attended) Close() error { return nil }

// subjects returns the messages with the subject by which a person recognizes them.
func subjects(letters []letter, mail map[string][][]byte) []mailSeen {
	var all []mailSeen
	for _, l := range letters {
		octets := mail[l.uid][l.nth]
		header, _, _ := bytes.Cut(octets, []byte("\r\n\r\n"))
		subject := fmt.Sprintf("(no subject, %d octets)", len(octets))
		for line := range bytes.Lines(header) {
			if text, ok := strings.CutPrefix(string(line), "Subject: "); ok {
				subject = strings.ToValidUTF8(strings.TrimSpace(text), "?")
			}
		}
		all = append(all, mailSeen{subject, octets})
	}
	return all
}
