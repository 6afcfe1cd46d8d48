package tools

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"pop3mtm/fakeserver/control"
)

type ofSession struct {
	ofMailbox
	Session int `json:"session,omitempty" jsonschema:"the number of the session, from 1; the newest one when missing"`
}

type waiting struct {
	ofMailbox
	Command string `json:"command,omitempty" jsonschema:"a command of the client, such as DELE 1, or QUIT with any arguments"`
	Ended   int    `json:"ended,omitempty" jsonschema:"the end of this many sessions"`
	Kept    string `json:"kept,omitempty" jsonschema:"the end of a session after which the message with this unique-id is there"`
	Gone    string `json:"gone,omitempty" jsonschema:"that the message with this unique-id is no longer there"`
	Count   *int   `json:"count,omitempty" jsonschema:"that the mailbox has this many messages"`
	Times   int    `json:"times,omitempty" jsonschema:"how often the command must come; once when missing"`
	Timeout string `json:"timeout,omitempty" jsonschema:"how long to wait at most, such as 5s; 10s when missing"`
}

func (t tools) sessions() {
	add(t, &mcp.Tool{Name: "list_sessions", Annotations: reads("List the sessions"), Description: "List the sessions of a mailbox since it was created or reset."}, t.listSessions)
	add(t, &mcp.Tool{Name: "read_transcript", Annotations: reads("Read a transcript"),
		Description: "Read what client (C:) and server (S:) have said in a session, with the rules that answered in brackets, and the mailbox before and after."}, t.readTranscript)
	add(t, &mcp.Tool{Name: "wait", Annotations: reads("Wait"),
		Description: "Wait for exactly one thing: a command, the end of sessions, a message kept or gone, a number of messages. Answers at once when it has happened since creation or reset."}, t.wait)
	add(t, &mcp.Tool{Name: "verdict", Annotations: reads("Judge the client"),
		Description: "Judge the client by the expectations of the scenario, or of expect. For each unmet expectation it says what was expected, what happened, and where in the transcript."}, t.verdict)
	add(t, &mcp.Tool{Name: "save_session", Annotations: reads("Save a session as a scenario"),
		Description: "Return a scenario file that plays the session again."}, t.saveSession)
}

func (t tools) listSessions(ctx context.Context, in ofMailbox) (answer, error) {
	all, err := t.service.Sessions(ctx, in.Mailbox)
	if err != nil {
		return answer{}, err
	}
	var text strings.Builder
	for _, s := range all {
		state := "open"
		if s.Ended != nil {
			state = "ended after " + s.Ended.Sub(s.Started).Round(time.Millisecond).String()
		}
		fmt.Fprintf(&text, "session %d: %d commands, %d answered by rules, %s\n", s.Number, s.Commands, s.Rules, state)
	}
	if len(all) == 0 {
		text.WriteString("No client has logged in.\n")
	}
	return answer{text.String(), map[string]any{"sessions": all}}, nil
}

// newest returns the number of the requested session, or of the newest one.
func (t tools) newest(ctx context.Context, in ofSession) (int, error) {
	if in.Session > 0 {
		return in.Session, nil
	}
	all, err := t.service.Sessions(ctx, in.Mailbox)
	if err != nil {
		return 0, err
	}
	if len(all) == 0 {
		return 0, fmt.Errorf("no client has logged in to %s", in.Mailbox)
	}
	return all[len(all)-1].Number, nil
}

// maxTranscript limits the transcript that an agent gets, in octets.
const maxTranscript = 64 << 10

func (t tools) readTranscript(ctx context.Context, in ofSession) (answer, error) {
	number, err := t.newest(ctx, in)
	if err != nil {
		return answer{}, err
	}
	said, err := t.service.Transcript(ctx, in.Mailbox, number)
	if err != nil {
		return answer{}, err
	}
	text := said.Notation()
	if left := len(text) - maxTranscript; left > 0 {
		text = fmt.Sprintf("%s\n[%d octets in the middle are left out]\n%s", text[:maxTranscript/2], left, text[len(text)-maxTranscript/2:])
	}
	text = fmt.Sprintf("Session %d.\n%s", number, text)
	for _, box := range []struct {
		when string
		list *control.Messages
	}{{"before", said.Before}, {"after", said.After}} {
		if box.list != nil {
			text += fmt.Sprintf("\nThe mailbox %s: %d messages.\n%s", box.when, box.list.Total, listed(box.list.Messages))
		}
	}
	return answer{text: text}, nil
}

func (t tools) wait(ctx context.Context, in waiting) (answer, error) {
	waited, err := t.service.Wait(ctx, in.Mailbox, control.Wait{Times: in.Times, Timeout: in.Timeout,
		For: control.Awaited{Command: in.Command, Ended: in.Ended, Kept: in.Kept, Gone: in.Gone, Count: in.Count}})
	if err != nil {
		return answer{}, err
	}
	return answer{"It came after " + waited.After + ".", waited}, nil
}

func (t tools) verdict(ctx context.Context, in ofMailbox) (answer, error) {
	v, err := t.service.Verdict(ctx, in.Mailbox)
	if err != nil {
		return answer{}, err
	}
	return answer{v.String(), v}, nil
}

func (t tools) saveSession(ctx context.Context, in ofSession) (answer, error) {
	number, err := t.newest(ctx, in)
	if err != nil {
		return answer{}, err
	}
	text, err := t.service.SaveSession(ctx, in.Mailbox, number)
	return answer{text: string(text)}, err
}
