package fakeserver

import (
	"strings"

	"pop3mtm/fakeserver/notation"
)

// Verb describes a command of a protocol: one row of its table, for the server, for scenarios, recorders and transcripts.
type Verb struct {
	// Name in capitals.
	Name string
	// States of the session in which the command is allowed.
	States State
	// Args reports whether it may have arguments.
	Args bool
	// Lines says when a positive reply has more lines, up to a closing dot.
	Lines Lines
	// Secret says what of its arguments must not be shown.
	Secret Secret
	// SASL reports whether it begins an AUTH exchange.
	SASL bool
	// RFC is where it is defined, as number/section.
	RFC string
	// Doc says what it is for, in a line.
	Doc string
}

// Lines says when a positive reply has more lines than one.
type Lines int

// The values of Lines.
const (
	OneLine   Lines = iota // never
	ManyLines              // always
	ManyAlone              // when the command has no arguments
)

// Many reports whether the positive reply to a command with these arguments has more lines.
func (l Lines) Many(args string) bool {
	return l == ManyLines || l == ManyAlone && strings.TrimSpace(args) == ""
}

// Secret says what of a command's arguments must not be shown.
type Secret int

// The values of Secret.
const (
	NoSecret   Secret = iota // everything may be shown
	AllSecret                // nothing
	TailSecret               // the first word only
)

// Secrets returns what of the lines of a client must not be shown, for those that write them down.
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
