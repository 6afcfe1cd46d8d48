package fakeserver

import (
	"errors"
	"slices"
	"strings"

	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
)

// Action does something when a command comes. Its error is told by Server.Close.
type Action func(x *Exchange) error

// Before returns a handler that does things and then answers as h does, so that
// the answer shows what was done.
func (h Handler) Before(actions ...Action) Handler {
	return func(x *Exchange) edit.Reply {
		x.act(actions)
		return h(x)
	}
}

// After returns a handler that answers as h does, and does things when the command
// has taken effect, just before its reply is sent.
func (h Handler) After(actions ...Action) Handler {
	return func(x *Exchange) edit.Reply {
		x.after = append(x.after, actions...)
		return h(x)
	}
}

func (x *Exchange) act(actions []Action) {
	for _, do := range actions {
		if err := do(x); err != nil {
			x.Session.server.fail(x, err)
		}
	}
}

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
		return Auto(x)
	}
}

// ListMechanisms answers an AUTH without a mechanism with a list of them, as many
// servers do for Outlook; any other AUTH is right. QUIRK 24.
func ListMechanisms(x *Exchange) edit.Reply {
	if strings.TrimSpace(x.Args) != "" {
		return Auto(x)
	}
	rows := strings.Join(append(x.Session.offers(), ""), "\r\n")
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
	v := x.Session.view
	if v == nil {
		return errors.New("reload: nobody has logged in")
	}
	return v.reload(x.Session.sight())
}

// Expunge deletes the messages that are marked now, without waiting for QUIT, and shows the
// session what is left: the numbers behind a message that is gone become less by one.
func Expunge(x *Exchange) error {
	v := x.Session.view
	if v == nil {
		return errors.New("expunge: nobody has logged in")
	}
	if err := v.commit(nil, true); err != nil {
		return err
	}
	return v.reload(x.Session.sight())
}

// Change is what becomes of the mail in a maildrop. It must not change the slice.
type Change func(mail []maildrop.Message) []maildrop.Message

// ChangeMail changes the maildrop of the session, or before login the server's. The
// session does not see it, unless Reload follows.
func ChangeMail(changes ...Change) Action {
	return func(x *Exchange) error {
		drop := x.Session.server.drop
		if x.Session.view != nil {
			drop = x.Session.view.drop
		}
		return drop.Change(changes...)
	}
}

// AddMail puts messages behind the others.
func AddMail(messages ...maildrop.Message) Change {
	return func(mail []maildrop.Message) []maildrop.Message { return slices.Concat(mail, messages) }
}

// RemoveMail takes the messages with these unique-ids away.
func RemoveMail(uids ...string) Change {
	return func(mail []maildrop.Message) []maildrop.Message {
		return slices.DeleteFunc(slices.Clone(mail), func(m maildrop.Message) bool { return slices.Contains(uids, m.UID()) })
	}
}

// ReplaceMail puts m in the place of the message with this unique-id.
func ReplaceMail(uid string, m maildrop.Message) Change {
	return eachMail(func(old maildrop.Message) maildrop.Message {
		if old.UID() == uid {
			return m
		}
		return old
	})
}

// RenewUIDs adds suffix to every unique-id.
func RenewUIDs(suffix string) Change {
	return eachMail(func(m maildrop.Message) maildrop.Message { return maildrop.Renamed(m, m.UID()+suffix) })
}

func eachMail(change func(maildrop.Message) maildrop.Message) Change {
	return func(mail []maildrop.Message) []maildrop.Message {
		next := make([]maildrop.Message, len(mail))
		for i, m := range mail {
			next[i] = change(m)
		}
		return next
	}
}

// ReverseMail puts the last message first.
func ReverseMail() Change {
	return func(mail []maildrop.Message) []maildrop.Message {
		next := slices.Clone(mail)
		slices.Reverse(next)
		return next
	}
}
