package fakeserver

import (
	"strings"

	"pop3mtm/fakeserver/edit"
)

// Fields returns the words that Telling fills in, in braces: {user} who logs in or has logged in, {verb} and {argument} of the
// command, {messages} and {octets} as STAT gives them, {size} of the message that the first argument names, and the
// number of the {session}.
func Fields() []string {
	return []string{"user", "verb", "argument", "messages", "octets", "size", "session"}
}

// fill puts values into the status line of r.
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
