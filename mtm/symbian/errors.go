package symbian

import (
	"slices"
	"strconv"
)

// Code is an error number of the original (behaviour section 3). It is an error, which
// errors.Is finds in a chain.
type Code int

// None is the number of success.
const None Code = 0

// The errors of the POP3 MTM, and those of sending mail: -21 and -240 to -247.
const (
	ErrNotFound             Code = -1   // an entry is not there
	ErrUnknown              Code = -2   // a cause for which the original has no number
	ErrCancelled            Code = -3   // Cancel, Disconnect or the context ended it
	ErrNotSupported         Code = -5   // the MTM has no such function
	ErrArgument             Code = -6   // invalid settings or parameters
	ErrInUse                Code = -14  // the mailbox or the store is locked by another program
	ErrBusy                 Code = -16  // another operation runs on this client
	ErrAccessDenied         Code = -21  // SMTP: 550, 553 or 554
	ErrDiskFull             Code = -26  // the disk is full
	ErrTimedOut             Code = -33  // the server did not answer in time
	ErrDisconnected         Code = -36  // not connected, or the connection broke
	ErrCannotConnect        Code = -170 // no server answers, or it refuses the client in its greeting
	ErrInvalidUser          Code = -171 // USER was refused
	ErrInvalidLogin         Code = -172 // PASS was refused
	ErrNoTimestamp          Code = -173 // APOP is set and the greeting has no timestamp
	ErrServer               Code = -174 // the server refused a step or sent an invalid reply
	ErrCannotOpenService    Code = -175 // the service entry is not an account
	ErrInvalidAPOP          Code = -177 // APOP was refused
	ErrAuthenticationFailed Code = -178 // the server offers no way to log in that the settings permit
	ErrTop                  Code = -179 // headers cannot be fetched
	ErrHostNotFound         Code = -180 // the host name does not resolve
	ErrTLSRefused           Code = -185 // STLS was refused, or the certificate is not trusted
	ErrAlreadyConnected     Code = -214 // connect while connected
	ErrNoMailFrom           Code = -240 // SMTP: the sender is not a valid address
	ErrBadMailFrom          Code = -242 // SMTP: MAIL was refused
	ErrBadRcptTo            Code = -243 // SMTP: RCPT was refused, or an address is not valid
	ErrLoginRefused         Code = -244 // SMTP: AUTH was refused
	ErrNothingToSend        Code = -245 // SMTP: no message waits to be sent
	ErrSMTPTLS              Code = -246 // SMTP: STARTTLS was refused, or the handshake failed
	ErrBufferOverflow       Code = -247 // SMTP: a reply is too long
	ErrTLSFailed            Code = -260 // the TLS handshake failed
)

// Error returns the text of a code without its number.
func (c Code) Error() string {
	if c == None {
		return "no error"
	}
	if i := slices.IndexFunc(errorTable, func(e ErrorInfo) bool { return e.Code == c }); i >= 0 {
		return errorTable[i].Says
	}
	return "error " + strconv.Itoa(int(c))
}

// ErrorInfo explains an error to a person.
type ErrorInfo struct {
	Code Code
	Name string // of the constant, here and in package mtm
	Says string // what Error returns
	When string // what the error means
	Do   string // what the user should do
}

// Errors returns an explanation of every error, in descending order of numbers.
// docs/errors.md is generated from it.
func Errors() []ErrorInfo { return slices.Clone(errorTable) }

var errorTable = []ErrorInfo{
	{ErrNotFound, "ErrNotFound", "not found",
		"an entry, a folder or an account does not exist",
		"list again: another program may have deleted it"},
	{ErrUnknown, "ErrUnknown", "unknown error",
		"the cause has no number of its own, for example an unreadable disk",
		"read the rest of the message"},
	{ErrCancelled, "ErrCancelled", "cancelled",
		"Cancel, Disconnect, Ctrl-C or the end of the context stopped the operation",
		"nothing is lost; the next get mail fetches what is missing"},
	{ErrNotSupported, "ErrNotSupported", "not supported",
		"the original has no such function, or the destination is not a folder",
		"use another command"},
	{ErrArgument, "ErrArgument", "invalid argument",
		"a setting, an address or a parameter is invalid, or the client is closed",
		"correct the value that the message names"},
	{ErrInUse, "ErrInUse", "in use",
		"another program has the mailbox or the store open (the message says which, with its pid); the server has the mailbox locked; the operation to cancel is being carried out; the name of the new account is already used; or the account to remove has mail that waits to be sent",
		"wait until the other program is done (--wait); choose another name; send or delete that mail"},
	{ErrBusy, "ErrBusy", "busy with another operation",
		"another operation runs on this client",
		"wait for it, cancel it, or disconnect"},
	{ErrAccessDenied, "ErrAccessDenied", "the server rejected the message",
		"sending: the server answered 550, 553 or 554: it rejected the message or a recipient",
		"read what the server said; correct the recipient or the message, and queue it again"},
	{ErrDiskFull, "ErrDiskFull", "the disk is full",
		"the disk has too little room for the operation; everything stored before is kept",
		"free some space, then get mail again"},
	{ErrTimedOut, "ErrTimedOut", "timed out",
		"the server did not answer in time, or an idle connection had no traffic for half an hour",
		"try again, or allow more time"},
	{ErrDisconnected, "ErrDisconnected", "not connected",
		"the command needs a connection and was called offline, or the connection broke",
		"connect again: the next get mail fetches what is missing; leave out a message that breaks every connection (--skip)"},
	{ErrCannotConnect, "ErrCannotConnect", "cannot connect",
		"no server answers at the address, or its greeting refuses the client",
		"check host and port, and that the server runs"},
	{ErrInvalidUser, "ErrInvalidUser", "the server refused the user name",
		"the server refused the user name",
		"correct the user name"},
	{ErrInvalidLogin, "ErrInvalidLogin", "the server refused the login",
		"the server refused the password or the whole login",
		"correct the user name and the password"},
	{ErrNoTimestamp, "ErrNoTimestamp", "the server's greeting has no timestamp for APOP",
		"the account uses APOP, and the server's greeting has no timestamp, or one that must not be signed",
		"choose another way to log in"},
	{ErrServer, "ErrServer", "the server answered with an error",
		"the server refused a step or single messages, or sent an invalid reply",
		"read what the server said; single messages are tried again next time"},
	{ErrCannotOpenService, "ErrCannotOpenService", "cannot open the account's service entry",
		"the entry is not an account, or its settings cannot be read",
		"add the account"},
	{ErrInvalidAPOP, "ErrInvalidAPOP", "the server refused the APOP login",
		"the server refused the APOP login",
		"correct user name and password, or choose another way to log in"},
	{ErrAuthenticationFailed, "ErrAuthenticationFailed", "no permitted way to authenticate",
		"the server offers no way to log in that the account permits, or the password's source failed",
		"use TLS, choose another way to log in, or allow clear text"},
	{ErrTop, "ErrTop", "the server refused TOP",
		"the server refused the header of some messages",
		"nothing: they are tried again next time"},
	{ErrHostNotFound, "ErrHostNotFound", "the server's host name was not found",
		"the server's name does not resolve",
		"correct the host"},
	{ErrTLSRefused, "ErrTLSRefused", "the server refused TLS, or its certificate is not valid",
		"the server has no STLS or refused it, or its certificate is not trusted",
		"check the host name; name the certificate authority (tls-ca) or the expected name (tls-name)"},
	{ErrAlreadyConnected, "ErrAlreadyConnected", "already connected",
		"connect, or a get mail that connects, was called while connected",
		"use the form of get mail for an open connection"},
	{ErrNoMailFrom, "ErrNoMailFrom", "the sender is not a valid address",
		"sending: the sender of the message is not an address that SMTP can carry",
		"correct smtp-from, and write the message again"},
	{ErrBadMailFrom, "ErrBadMailFrom", "the server refused the sender",
		"sending: the server refused the sender",
		"read what the server said; it may want a login or another smtp-from"},
	{ErrBadRcptTo, "ErrBadRcptTo", "a recipient was refused",
		"sending: the server refused a recipient for now, or an address cannot be sent",
		"read what the server said; the next connection tries again"},
	{ErrLoginRefused, "ErrLoginRefused", "the server refused the login",
		"sending: the server refused user name and password",
		"correct smtp-user and the password"},
	{ErrNothingToSend, "ErrNothingToSend", "nothing waits to be sent",
		"sending: no message waits for the account",
		"nothing; autosend treats it as success"},
	{ErrSMTPTLS, "ErrSMTPTLS", "TLS with the server for outgoing mail failed",
		"sending: the server has no STARTTLS or refused it, or its certificate is not trusted",
		"check smtp-host; name the certificate authority or the expected name"},
	{ErrBufferOverflow, "ErrBufferOverflow", "the server sent an endless reply",
		"sending: the server sent an endless reply",
		"check that smtp-host and smtp-port belong to a server for outgoing mail"},
	{ErrTLSFailed, "ErrTLSFailed", "the TLS handshake failed",
		"the two sides cannot agree on TLS",
		"check that the port speaks TLS, and that the server knows TLS 1.2 or later"},
}
