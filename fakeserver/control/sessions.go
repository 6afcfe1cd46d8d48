package control

import (
	"context"
	"net/http"
	"strings"
	"time"

	"pop3mtm/fakeserver"
)

// Session is a session of a user.
type Session struct {
	Number   int        `json:"number" doc:"Its number among the sessions of the user since creation or reset, from 1"`
	Remote   string     `json:"remote" doc:"The address of the client"`
	Started  time.Time  `json:"started" doc:"When the client connected"`
	Ended    *time.Time `json:"ended,omitempty" doc:"When it ended; missing while it is open"`
	Commands int        `json:"commands" doc:"How many commands came"`
	Rules    int        `json:"rules" doc:"How often a rule answered"`
}

// Transcript holds what client and server have sent in a session.
type Transcript struct {
	Session
	Lines   []Line    `json:"lines" doc:"The dialogue, line by line"`
	LeftOut int       `json:"leftOut,omitempty" doc:"The number of lines beyond the limit, which are missing"`
	Before  *Messages `json:"before,omitempty" doc:"The mailbox at login; missing before it"`
	After   *Messages `json:"after,omitempty" doc:"The mailbox at the end of the session; missing while it is open"`
}

// Line is a line of a transcript.
type Line struct {
	From string `json:"from" enum:"client,server,rule,remark" doc:"Who sent it; a rule comes before the answer that it gives; a remark is about the connection"`
	Text string `json:"text" doc:"The line without its end, passwords masked; for a rule what it does" example:"RETR 1"`
	At   string `json:"at,omitempty" doc:"The time since the client connected, when it differs from that of the line before" example:"1.204ms"`
	Rule string `json:"rule,omitempty" doc:"The id of the rule, or its command when the rule is not one of the user" example:"r1"`
}

// Sessions returns the sessions of a user since creation or reset, as far as they are kept.
func (s *Service) Sessions(_ context.Context, user string) ([]Session, error) {
	t, err := s.find(user)
	if err != nil {
		return nil, err
	}
	all := []Session{}
	for _, v := range t.server.Load().UserVisits(user) {
		one := Session{Number: v.Number, Remote: v.Remote, Started: v.Started, Commands: v.Commands, Rules: v.Rules}
		if !v.Ended.IsZero() {
			one.Ended = &v.Ended
		}
		all = append(all, one)
	}
	return all, nil
}

func sessionOf(t *fakeserver.Transcript) Session {
	one := Session{Number: t.Visit, Remote: t.Remote, Started: t.Started, Commands: len(t.Commands)}
	if !t.Ended.IsZero() {
		one.Ended = &t.Ended
	}
	for _, m := range t.Marks {
		if m.Rule != "" {
			one.Rules++
		}
	}
	return one
}

// Transcript returns the transcript of a session, which may be open.
func (s *Service) Transcript(_ context.Context, user string, number int) (*Transcript, error) {
	owner, err := s.find(user)
	if err != nil {
		return nil, err
	}
	t, err := owner.transcript(number)
	if err != nil {
		return nil, err
	}
	known := owner.known()
	return &Transcript{Session: sessionOf(t), Lines: linesOf(t), LeftOut: t.LeftOut, Before: known.list(t.Before), After: known.list(t.After)}, nil
}

// transcript returns the server's transcript of a session.
func (t *tenant) transcript(number int) (*fakeserver.Transcript, error) {
	server := t.server.Load()
	if found, kept := server.UserTranscript(t.name, number); kept {
		return &found, nil
	}
	if number > 0 && number <= server.UserSessions(t.name) {
		return nil, problem(http.StatusNotFound, "the transcript of session %d is no longer kept: there were too many since", number)
	}
	return nil, problem(http.StatusNotFound, "the user %s has no session %d since creation or reset", t.name, number)
}

// linesOf returns the lines of a transcript with its rules.
func linesOf(t *fakeserver.Transcript) []Line {
	all := []Line{}
	marks := t.Marks
	for i := 0; ; i++ {
		at := ""
		for len(marks) > 0 && marks[0].Line <= i {
			m := marks[0]
			marks = marks[1:]
			if m.At > 0 {
				at = m.At.String()
			}
			if m.Rule != "" {
				all = append(all, Line{From: "rule", Text: m.Fault, At: at, Rule: m.Rule})
			}
		}
		if i == len(t.Lines) {
			return all
		}
		one := lineOf(t.Lines[i])
		one.At = at
		all = append(all, one)
	}
}

// lineOf returns a line with its sender.
func lineOf(text string) Line {
	if said, is := strings.CutPrefix(text, "C: "); is {
		return Line{From: "client", Text: said}
	}
	if said, is := strings.CutPrefix(text, "S: "); is {
		return Line{From: "server", Text: said}
	}
	return Line{From: "remark", Text: strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")}
}

// Notation returns the transcript in the notation of the RFCs, with rules and remarks in brackets.
func (t *Transcript) Notation() string {
	var b strings.Builder
	for _, l := range t.Lines {
		switch l.From {
		case "client":
			b.WriteString("C: " + l.Text + "\n")
		case "server":
			b.WriteString("S: " + l.Text + "\n")
		case "rule":
			b.WriteString("[rule " + l.Rule + ": " + l.Text + "]\n")
		default:
			b.WriteString("[" + l.Text + "]\n")
		}
	}
	return b.String()
}

// EndSession ends an open session without deleting mail, like a server that shuts down.
func (s *Service) EndSession(ctx context.Context, user string, number int) error {
	t, err := s.find(user)
	if err != nil {
		return err
	}
	if number < 1 {
		return problem(http.StatusNotFound, "the user %s has no session %d", user, number)
	}
	n, err := t.server.Load().EndSessions(ctx, user, number)
	if err == nil && n == 0 {
		return problem(http.StatusNotFound, "the user %s has no open session %d", user, number)
	}
	return err
}
