package mtm

import "pop3mtm/mtm/progress"

// ErrorInfo explains one of the errors of this package to a person.
type ErrorInfo struct {
	Code progress.Code // the original's number
	Name string        // of the constant in this package
	When string        // when it comes
	Do   string        // what the user should do
}

// ErrorTable explains every error, in the order of the numbers. docs/errors.md is
// made from it.
func ErrorTable() []ErrorInfo {
	return []ErrorInfo{
		{ErrNotFound, "ErrNotFound", "an entry, a folder or an account is not there", "look at the list: it may have been deleted meanwhile"},
		{ErrUnknown, "ErrUnknown", "a cause that has no number of its own, such as an unreadable disk", "read the rest of the message"},
		{ErrCancelled, "ErrCancelled", "Cancel, Disconnect, Ctrl-C or the end of the context stopped the operation", "nothing is lost; get mail again fetches what is missing"},
		{ErrNotSupported, "ErrNotSupported", "the original or its successor has no such function, or the destination is no folder", "use another command"},
		{ErrArgument, "ErrArgument", "a setting, an address or a parameter cannot work, or the client is closed", "correct what the message names"},
		{ErrInUse, "ErrInUse", "another program has the mailbox or the store open (the message says which, with its pid), the server has the mailbox locked, what is to be taken back is being carried out, the account's name is taken, or mail waits to be sent by it", "wait until the other program is done (--wait), choose another name, or send or delete that mail"},
		{ErrBusy, "ErrBusy", "another operation runs on this client", "wait for it, cancel it, or disconnect"},
		{ErrAccessDenied, "ErrAccessDenied", "sending: the server answered 550, 553 or 554: it will not have the message, or not for a recipient", "read what the server said; correct the recipient or the message, and queue it again"},
		{ErrDiskFull, "ErrDiskFull", "the disk has no room for what was asked; what was whole before is kept", "make room and get mail again"},
		{ErrTimedOut, "ErrTimedOut", "the server did not answer in time, or an idle connection had no traffic for half an hour", "try again, or allow more time"},
		{ErrDisconnected, "ErrDisconnected", "the command needs a connection and there is none, or the line broke", "connect again; get mail fetches what is missing"},
		{ErrCannotConnect, "ErrCannotConnect", "nobody answers at the address, or the greeting refuses us", "check host, port and that the server runs"},
		{ErrInvalidUser, "ErrInvalidUser", "the server refused the user name", "correct the user name"},
		{ErrInvalidLogin, "ErrInvalidLogin", "the server refused the password or the whole login", "correct the user name and the password"},
		{ErrNoTimestamp, "ErrNoTimestamp", "APOP is set and the greeting holds no timestamp, or one that must not be signed", "choose another way to log in"},
		{ErrServer, "ErrServer", "the server refused a step or single messages, or sent what makes no sense", "read what the server said; single messages are tried again next time"},
		{ErrCannotOpenService, "ErrCannotOpenService", "the entry is no account, or its settings cannot be read", "add the account"},
		{ErrInvalidAPOP, "ErrInvalidAPOP", "the server refused the APOP login", "correct user name and password, or choose another way to log in"},
		{ErrAuthenticationFailed, "ErrAuthenticationFailed", "the server offers no way to log in that the account permits, or the password's source failed", "choose tls, another way to log in, or allow clear text if that is meant"},
		{ErrTop, "ErrTop", "the server refused the header of some messages", "nothing; they are tried again next time"},
		{ErrHostNotFound, "ErrHostNotFound", "the server's name does not resolve", "correct the host"},
		{ErrTLSRefused, "ErrTLSRefused", "the server has no STLS or refused it, or its certificate is not trusted", "check the host's name, or give its certificate authority or the name to expect"},
		{ErrAlreadyConnected, "ErrAlreadyConnected", "connect, or get mail that connects, on a line that is up", "use the form for an open connection"},
		{ErrNoMailFrom, "ErrNoMailFrom", "sending: the sender of the message is no address that can be sent", "correct smtp-from, and write the message again"},
		{ErrBadMailFrom, "ErrBadMailFrom", "sending: the server refused the sender", "read what the server said; it may want a login or another smtp-from"},
		{ErrBadRcptTo, "ErrBadRcptTo", "sending: the server refused a recipient for now, or an address cannot be sent", "read what the server said; the next connection tries again"},
		{ErrLoginRefused, "ErrLoginRefused", "sending: the server refused user name and password", "correct smtp-user and the password"},
		{ErrNothingToSend, "ErrNothingToSend", "sending: nothing waits for the account", "nothing; autosend takes it for success"},
		{ErrSMTPTLS, "ErrSMTPTLS", "sending: the server has no STARTTLS or refused it, or its certificate is not trusted", "check smtp-host, or give its certificate authority or the name to expect"},
		{ErrBufferOverflow, "ErrBufferOverflow", "sending: the server sent a reply without end", "check that host and port are those of a server for outgoing mail"},
		{ErrTLSFailed, "ErrTLSFailed", "the two sides cannot agree on TLS", "check that the port speaks TLS, and that the server knows TLS 1.2 or later"},
	}
}
