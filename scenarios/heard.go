package scenarios

import (
	"fmt"
	"strings"

	"pop3mtm/fakeserver"
)

// heard is a command that the client sent, with its secrets masked.
type heard struct {
	session    int
	transcript int // the index among those that are judged
	fakeserver.Command
}

// line returns the command as it is shown in reports.
func (h heard) line() string { return h.Command.String() }

// told returns the command with its session and state.
func (h heard) told() string { return fmt.Sprintf("session %d, %s: %s", h.session, h.State, h.line()) }

// commands returns the client's commands in order, without responses of AUTH exchanges and invalid
// lines.
func commands(transcripts []fakeserver.Transcript) []heard {
	var all []heard
	for i, t := range transcripts {
		for _, c := range t.Commands {
			if c.Verb != "" && c.Verb != "RESPONSE" {
				all = append(all, heard{t.Session, i, c})
			}
		}
	}
	return all
}

// pattern is a command of an expectation. A verb alone matches any arguments; * matches any text.
type pattern string

func (p pattern) matches(h heard) bool {
	verb, args, _ := strings.Cut(string(p), " ")
	return fakeserver.Match{Verb: verb, Args: args}.Matches(h.session, h.Command)
}
