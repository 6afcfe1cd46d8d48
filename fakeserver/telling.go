package fakeserver

import (
	"slices"
	"strconv"
	"strings"

	"pop3mtm/fakeserver/edit"
)

// Fields are the words that Telling fills in, in braces: {user} who logs in or has logged in, {verb} and {argument} of the
// command, {messages} and {octets} that STAT would tell, {size} of the message that the first argument names, and the
// number of the {session}.
func Fields() []string {
	return []string{"user", "verb", "argument", "messages", "octets", "size", "session"}
}

// Telling returns a handler that answers as h does. In the status line it then puts values where Fields stand in braces, as
// they are when the command has taken effect: "Found {messages} messages for {user}". The argument of a command that
// carries a secret is empty, and other words in braces stay.
func (h Handler) Telling() Handler {
	return func(x *Exchange) edit.Reply {
		x.telling = true
		return h(x)
	}
}

// fill puts the values into the status line of r.
func (x *Exchange) fill(r edit.Reply) edit.Reply {
	if !strings.Contains(r.Status(), "{") {
		return r
	}
	var pairs []string
	for _, name := range Fields() {
		pairs = append(pairs, "{"+name+"}", x.value(name))
	}
	put := strings.NewReplacer(pairs...)
	return edit.StatusLine(func(l string) string {
		l = put.Replace(l)
		return l[:min(len(l), edit.MaxStatusLine-2)]
	})(r)
}

// value is what a field says of the exchange.
func (x *Exchange) value(field string) string {
	v := x.Session.view
	switch field {
	case "user":
		return x.Session.name
	case "verb":
		return x.Verb
	case "argument":
		if x.secret || slices.Contains([]string{"PASS", "APOP", "AUTH"}, x.Verb) {
			return ""
		}
		return x.Args
	case "session":
		return strconv.Itoa(x.Session.number)
	}
	if v == nil {
		return "0"
	}
	switch field {
	case "messages":
		return strconv.Itoa(v.count)
	case "octets":
		return strconv.FormatInt(v.octets, 10)
	}
	first, _, _ := strings.Cut(strings.TrimSpace(x.Args), " ")
	if n, ok := number(first); ok && n >= 1 && n <= int64(v.list.Len()) {
		return strconv.FormatInt(v.list.At(int(n)-1).Size(), 10)
	}
	return "0"
}
