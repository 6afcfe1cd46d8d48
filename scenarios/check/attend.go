package check

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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
	Asker Asker
	Can   []scenarios.Ability

	begun map[string]bool // the ids of the cases that were played
}

// Asker puts questions to a person and returns the answers. It waits until ctx ends.
type Asker interface {
	Ask(ctx context.Context, q Question) (string, error)
}

// Question is what a person is asked: to fetch mail, and after that what the inbox shows.
type Question struct {
	Endpoint
	Visit   int      // 1 for the first visit of the case, in which the inbox is empty
	Again   bool     // the case is played a second time
	Skips   bool     // the case may be skipped
	Fetched bool     // the question is what the inbox shows
	Inbox   []string // the subjects of the mail in the mailbox, for that question
	Invalid string   // the word of the previous answer that was not understood, or ""
}

// The answers to a Question that asks to fetch mail. A Question about the inbox is answered by the
// numbers of the messages that it shows, each as often as it is shown, with an h for half a
// message; 0 stands for an empty inbox.
const (
	AnswerDone    = ""
	AnswerHung    = "h"
	AnswerCrashed = "c"
	AnswerSkip    = "s"
	AnswerStop    = "q"
)

// ErrStopped is the cause when the person who operates the client stops the check.
var ErrStopped = errors.New("the person at the client stopped the check")

// errSkipped is the error of a visit in a case that is not to be played.
var errSkipped = errors.New("the person at the client skipped the case")

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
	if a.begun == nil {
		a.begun = map[string]bool{}
	}
	again := a.begun[e.Case]
	a.begun[e.Case] = true
	return &attended{asker: a.Asker, question: Question{Endpoint: e, Again: again, Skips: e.Case != cleanID}}, nil
}

// user returns the same name for all cases, so that the account is set up only once.
func (*Attend) user(c *Case) string { return c.user() }

// attended is the client in one case, operated by a person.
type attended struct {
	asker    Asker
	question Question // without what changes from question to question
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
	end, err := a.fetch(ctx)
	if err == nil {
		err = a.inbox(ctx)
	}
	if err != nil {
		return process.Ending{Status: -1, Err: err}
	}
	return end
}

// fetch asks the person to fetch mail, and returns how that ended.
func (a *attended) fetch(ctx context.Context) (process.Ending, error) {
	q := a.question
	q.Visit = a.visits
	for {
		said, err := a.asker.Ask(ctx, q)
		if err != nil {
			return process.Ending{}, err
		}
		end := process.Ending{Started: true, Status: -1}
		switch answer := strings.ToLower(strings.TrimSpace(said)); {
		case answer == AnswerDone:
			return end, nil
		case answer == AnswerHung:
			end.Hung = "the person who operates it says that it hangs"
			return end, nil
		case answer == AnswerCrashed:
			end.Signal = "the person who operates it says that it crashed"
			return end, nil
		case answer == AnswerStop:
			return end, ErrStopped
		case answer == AnswerSkip && q.Skips:
			return end, errSkipped
		}
		q.Invalid = said
	}
}

// inbox asks the person which messages the client shows.
func (a *attended) inbox(ctx context.Context) error {
	q := a.question
	q.Visit, q.Fetched = a.visits, true
	for _, m := range a.mail {
		q.Inbox = append(q.Inbox, m.subject)
	}
	for {
		said, err := a.asker.Ask(ctx, q)
		if err != nil {
			return err
		}
		switch strings.ToLower(strings.TrimSpace(said)) {
		case AnswerStop:
			return ErrStopped
		case AnswerSkip:
			if q.Skips {
				return errSkipped
			}
		}
		found, bad := a.named(said)
		if bad == "" {
			a.stored = found
			return nil
		}
		q.Invalid = bad
	}
}

// maxShown limits the entries of an inbox that a person lists.
const maxShown = 1000

// named returns the messages that the person says the inbox shows, or the word that is wrong.
func (a *attended) named(said string) (found []stored.Message, bad string) {
	words := strings.Fields(strings.ReplaceAll(said, ",", " "))
	if len(words) == 0 {
		return nil, "(nothing)"
	}
	if len(words) > maxShown {
		return nil, words[maxShown]
	}
	for i, word := range words {
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
