package main

import (
	"errors"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/fakeserver/smtpsink"
)

// newSink makes the SMTP side of a server made with o: the same users, also those who are created
// later, their maildrops, the same certificate, and transcripts if the server writes them.
func newSink(server *fakeserver.Server, o *fakeserver.Options, room maildrop.SpoolOptions, told *transcripts) *smtpsink.Server {
	drops := map[string]*fakeserver.Maildrop{}
	for name, user := range o.Users {
		drops[name] = user.Maildrop
	}
	created := func(name string) *fakeserver.Maildrop {
		user, _ := server.User(name)
		return user.Maildrop
	}
	all := &smtpsink.Options{
		Maildrops: drops, Find: created, Users: o.Users, Mechanisms: o.Mechanisms, PlaintextNeedsTLS: o.PlaintextNeedsTLS, TLS: o.TLS,
		Hostname: "pop3sim", TranscriptOctets: o.TranscriptOctets,
		Room: room, MaxBadLogins: o.MaxBadLogins, DelayBadLogin: o.DelayBadLogin, MaxSessions: o.MaxSessions, Log: o.Log.With("protocol", "SMTP"),
	}
	if o.OnSession != nil {
		all.OnLines, all.OnSession = told.lines("SMTP "), told.session("SMTP ")
	}
	return smtpsink.New(all)
}

// received adds received mail to a source that cannot receive: mail on disk, or generated.
type received struct {
	maildrop.Source
	mail *maildrop.MemorySource
}

// List implements maildrop.Source. Received mail comes last.
func (r *received) List() (maildrop.List, error) {
	first, err := r.Source.List()
	if err != nil {
		return nil, err
	}
	second, err := r.mail.List()
	if err != nil || second.Len() == 0 {
		return first, err
	}
	return &both{first, second}, nil
}

// Remove implements maildrop.Source.
func (r *received) Remove(uids []string) error {
	return errors.Join(r.Source.Remove(uids), r.mail.Remove(uids))
}

// Deliver implements maildrop.Receiver.
func (r *received) Deliver(messages ...maildrop.Message) error { return r.mail.Deliver(messages...) }

// both is one list followed by another.
type both struct{ first, second maildrop.List }

func (b *both) Len() int      { return b.first.Len() + b.second.Len() }
func (b *both) Octets() int64 { return b.first.Octets() + b.second.Octets() }

func (b *both) At(i int) maildrop.Message {
	if n := b.first.Len(); i >= n {
		return b.second.At(i - n)
	}
	return b.first.At(i)
}
