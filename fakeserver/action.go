package fakeserver

import (
	"errors"
	"strings"

	"pop3mtm/fakeserver/edit"
)

// As answers another command than the one that came: As("TOP $1 1") gives one line
// however many are asked for, As("LIST") has no ear for the number. $1 to $9 are the
// arguments of the command that came, $* all of them. QUIRK 54, 55, 68.
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

// ListMechanisms answers an AUTH without a mechanism with a list of them, as many
// servers do for Outlook; any other AUTH is right. QUIRK 24.
func ListMechanisms(x *Exchange) edit.Reply {
	if strings.TrimSpace(x.Args) != "" {
		return Auto(x)
	}
	rows := strings.Join(append(x.Session.Offers(), ""), "\r\n")
	return edit.Multiline("mechanisms follow", strings.NewReader(rows))
}

// LosePipelined throws away what the client has sent behind the command, as servers
// do that read one packet for one command. QUIRK 98.
func LosePipelined(x *Exchange) error {
	_, err := x.Session.in.Discard(x.Session.in.Buffered())
	return err
}

// Reload lets the session see its maildrop as it is now: message numbers may come
// to mean other messages. Marks of deletion stay with their messages. QUIRK 63.
func Reload(x *Exchange) error {
	t, v := opened(x)
	if v == nil {
		return errors.New("reload: nobody has logged in")
	}
	return v.reload(t.sight())
}

// Expunge deletes the messages that are marked now, without waiting for QUIT, and shows the
// session what is left: the numbers behind a message that is gone become less by one.
func Expunge(x *Exchange) error {
	t, v := opened(x)
	if v == nil {
		return errors.New("expunge: nobody has logged in")
	}
	if err := v.commit(nil, true); err != nil {
		return err
	}
	return v.reload(t.sight())
}

// opened returns the maildrop that the session of x sees, nil before login and in any other protocol than POP3.
func opened(x *Exchange) (*popTalk, *view) {
	if t, ok := x.Session.talk.(*popSession); ok {
		return &t.popTalk, t.view
	}
	return nil, nil
}

// ChangeMail changes the maildrop of the session, or before login the server's. The
// session does not see it, unless Reload follows.
func ChangeMail(changes ...Change) Action {
	return func(x *Exchange) error {
		drop := x.Session.server.drop
		if _, v := opened(x); v != nil {
			drop = v.drop
		}
		return drop.Change(changes...)
	}
}
