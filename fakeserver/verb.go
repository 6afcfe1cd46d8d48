package fakeserver

import (
	"strings"

	"pop3mtm/fakeserver/notation"
)

// Verb describes a command of a protocol: one row of its table, for the server, scenarios,
// recorders and transcripts.
type Verb struct {
	// Name is the verb in capitals.
	Name string
	// States are the states of the session in which the command is allowed.
	States State
	// Args reports whether the command may have arguments.
	Args bool
	// Lines says when a positive reply has several lines and a closing dot.
	Lines Lines
	// Secret says which of its arguments must be hidden.
	Secret Secret
	// SASL reports whether the command begins an AUTH exchange.
	SASL bool
	// RFC names its definition, as number/section.
	RFC string
	// Doc is a one-line description.
	Doc string
}

// Lines says when a positive reply has more than one line.
type Lines int

// The values of Lines.
const (
	OneLine   Lines = iota // never
	ManyLines              // always
	ManyAlone              // when the command has no arguments
)

// Many reports whether the positive reply to a command with these arguments has several lines.
func (l Lines) Many(args string) bool {
	return l == ManyLines || l == ManyAlone && strings.TrimSpace(args) == ""
}

// Secret says which of a command's arguments must be hidden.
type Secret int

// The values of Secret.
const (
	NoSecret   Secret = iota // none are hidden
	AllSecret                // all are hidden
	TailSecret               // all after the first word are hidden
)

// Secrets returns the rules for masking secrets in the lines of a client.
func Secrets(verbs []Verb) notation.Secrets {
	var all notation.Secrets
	for _, v := range verbs {
		switch v.Secret {
		case NoSecret:
		case AllSecret:
			all = append(all, notation.SecretVerb{Verb: v.Name})
		case TailSecret:
			all = append(all, notation.SecretVerb{Verb: v.Name, Words: 1})
		}
	}
	return all
}
