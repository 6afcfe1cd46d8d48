package main

import (
	"errors"
	"fmt"
	"slices"

	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/hold"
	"pop3mtm/mtm/pop3"
)

// next describes how a command continues after a connection broke.
func next(command string) string {
	switch command {
	case "delete", "disconnect":
		return "the server may have deleted nothing; the next connection shows which messages are left"
	case "populate":
		return "the next populate fetches what is missing"
	}
	return "the next get fetches what is missing"
}

// hintFor returns what the user can do about a failure, "" when the error says it already.
func hintFor(failure *mtm.Error, a mtm.Account) string {
	set := "'mtm account set " + a.Name
	if i := slices.IndexFunc(failure.Failed, func(f mtm.Failure) bool { return f.Visits > 1 && f.ID != 0 }); i >= 0 {
		return fmt.Sprintf("'mtm get %s --skip %d' leaves it out, and 'mtm delete %s %[2]d' deletes it on the server", a.Name, failure.Failed[i].ID, a.Name)
	}
	if wantsTLS(failure, a) {
		return "the server requires TLS: " + set + " --tls stls', or --tls implicit for a port that begins with TLS, such as 995"
	}
	switch failure.Code {
	case mtm.ErrCannotConnect:
		return fmt.Sprintf("is a POP3 server running on %s? %s --pop3 HOST:PORT' changes the server", a.POP3.Address(), set)
	case mtm.ErrHostNotFound:
		return fmt.Sprintf("%s --pop3 HOST:PORT' corrects it", set)
	case mtm.ErrInvalidUser, mtm.ErrInvalidLogin, mtm.ErrInvalidAPOP:
		return fmt.Sprintf("%s' with --user and --password (or --password-env, --password-command) corrects them", set)
	case mtm.ErrNoTimestamp:
		return fmt.Sprintf("%s --auth auto' chooses another way to log in", set)
	case mtm.ErrAuthenticationFailed:
		if a.POP3.Security.TLS == account.NoTLS {
			return fmt.Sprintf("%s' changes --tls, --auth, --allow-plaintext and the source of the password", set)
		}
		return fmt.Sprintf("%s' changes --auth and the source of the password", set)
	case mtm.ErrTLSRefused, mtm.ErrTLSFailed:
		return hintForTLS(failure, a)
	case mtm.ErrInUse:
		return hintForUse(failure)
	case mtm.ErrTimedOut:
		if isOverTime(failure) {
			return "--max-time allows more; " + next(failure.Command)
		}
		if line, ok := errors.AsType[*pop3.LineError](failure); ok && line.Rate > 0 {
			return "--min-rate 0 turns this limit off; " + next(failure.Command)
		}
		return "the server was too slow: --timeout waits longer; " + next(failure.Command)
	case mtm.ErrDisconnected:
		return "the connection broke: " + next(failure.Command)
	case mtm.ErrDiskFull:
		return "free some space and try again; messages that came whole are kept"
	case mtm.ErrServer:
		if reply, ok := errors.AsType[*pop3.ReplyError](failure); ok && reply.Verb == "UIDL" && !errors.Is(reply, pop3.ErrTemporary) {
			return set + " --ignore-uidl' is for a server that no longer has unique-ids"
		}
	}
	return ""
}

// hintForUse returns the hint for a mailbox that another program has open, here or on the server.
func hintForUse(failure *mtm.Error) string {
	if _, here := errors.AsType[*hold.HeldError](failure); here {
		return "--wait DURATION waits for it"
	}
	if _, said := errors.AsType[*pop3.ReplyError](failure); said {
		return "another session has locked the mailbox on the server, and the password is not the cause: try again when that session has ended"
	}
	return ""
}
