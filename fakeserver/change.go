package fakeserver

import (
	"slices"

	"pop3mtm/fakeserver/maildrop"
)

// Change returns the new mail of a maildrop. It must not modify the slice that it gets.
type Change func(mail []maildrop.Message) []maildrop.Message

// AddMail appends messages.
func AddMail(messages ...maildrop.Message) Change {
	return func(mail []maildrop.Message) []maildrop.Message { return slices.Concat(mail, messages) }
}

// RemoveMail removes the messages with these unique-ids.
func RemoveMail(uids ...string) Change {
	return func(mail []maildrop.Message) []maildrop.Message {
		return slices.DeleteFunc(slices.Clone(mail), func(m maildrop.Message) bool { return slices.Contains(uids, m.UID()) })
	}
}

// ReplaceMail replaces the message with this unique-id by m.
func ReplaceMail(uid string, m maildrop.Message) Change {
	return eachMail(func(old maildrop.Message) maildrop.Message {
		if old.UID() == uid {
			return m
		}
		return old
	})
}

// RenewUIDs appends suffix to every unique-id.
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

// ReverseMail reverses the order of the messages.
func ReverseMail() Change {
	return func(mail []maildrop.Message) []maildrop.Message {
		next := slices.Clone(mail)
		slices.Reverse(next)
		return next
	}
}
