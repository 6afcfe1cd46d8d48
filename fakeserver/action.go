package fakeserver

import (
	"errors"
	"strings"

	"pop3mtm/fakeserver/edit"
)

// As returns a handler that answers another command instead of the one received: As("TOP $1 1")
// sends one line whatever number is asked for, As("LIST") ignores the argument. $1 to $9 are the
// arguments of the command received, $* is all of them. QUIRK 54, 55, 68.
func As(command string) Handler {
	return func(x *Exchange) edit.Reply {
		words := strings.Fields(x.Args)
		pairs := []string{"$*", x.Args}
		for i := range 9 {
			word := ""
			if i < len(words) {
				word = words[i]
			}
			pairs = append(pairs, "$"+string(rune('1'+i)), word)
		}
		verb, args, _ := strings.Cut(command, " ")
		x.Verb = strings.ToUpper(verb)
		x.Args = strings.TrimSpace(strings.NewReplacer(pairs...).Replace(args))
		x.Line = []byte(strings.TrimSpace(x.Verb + " " + x.Args))
		return Auto(x)
	}
}

// ListMechanisms answers AUTH without arguments with a list of mechanisms, as many servers do
// for Outlook. Any other AUTH gets the correct answer. QUIRK 24.
func ListMechanisms(x *Exchange) edit.Reply {
	if strings.TrimSpace(x.Args) != "" {
		return Auto(x)
	}
	rows := strings.Join(append(x.Session.Offers(), ""), "\r\n")
	return edit.Multiline("mechanisms follow", strings.NewReader(rows))
}

// LosePipelined discards everything that the client has sent after the command, as servers do
// that read one packet per command. QUIRK 98.
func LosePipelined(x *Exchange) error {
	x.Session.in.release()
	return nil
}

// Reload updates the session's view of its maildrop: message numbers may then stand for other
// messages. Deletion marks stay with their messages. QUIRK 63.
func Reload(x *Exchange) error {
	t, v := opened(x)
	if v == nil {
		return errors.New("reload: no user has logged in")
	}
	return v.reload(t.sight())
}

// Expunge deletes the marked messages at once, without waiting for QUIT, and updates the
// session's view: the numbers after a deleted message decrease by one.
func Expunge(x *Exchange) error {
	t, v := opened(x)
	if v == nil {
		return errors.New("expunge: no user has logged in")
	}
	if err := v.commit(nil, true); err != nil {
		return err
	}
	return v.reload(t.sight())
}

// opened returns the view of the session of x; nil before login and in other protocols than POP3.
func opened(x *Exchange) (*popTalk, *view) {
	if t, ok := x.Session.talk.(*popSession); ok {
		return &t.popTalk, t.view
	}
	return nil, nil
}

// ChangeMail returns an action that changes the maildrop of the session, or before login that of
// the server. The session sees the change only after Reload.
func ChangeMail(changes ...Change) Action {
	return func(x *Exchange) error {
		drop := x.Session.server.drop
		if _, v := opened(x); v != nil {
			drop = v.drop
		}
		return drop.Change(changes...)
	}
}
