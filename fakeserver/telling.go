package fakeserver

import (
	"strings"

	"pop3mtm/fakeserver/edit"
)

// Fields returns the fields that Telling replaces, written in braces: {user} is the user who logs
// in or has logged in, {verb} and {argument} are those of the command, {messages} and {octets} are
// the numbers of STAT, {size} is the size of the message that the first argument names, {session}
// is the number of the session.
func Fields() []string {
	return []string{"user", "verb", "argument", "messages", "octets", "size", "session"}
}

// fill replaces the fields in the status line of r by their values.
func fill(r edit.Reply, value func(field string) string) edit.Reply {
	if !strings.Contains(r.Status(), "{") {
		return r
	}
	var pairs []string
	for _, name := range Fields() {
		pairs = append(pairs, "{"+name+"}", value(name))
	}
	put := strings.NewReplacer(pairs...)
	return edit.StatusLine(func(l string) string {
		l = put.Replace(l)
		return l[:min(len(l), edit.MaxStatusLine-2)]
	})(r)
}

// messageField is a field for Talk.Value that Telling does not know: the unique-id of the message
// that a command is about.
const messageField = "message"
