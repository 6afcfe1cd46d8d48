package progress

import "strconv"

// Code is an error number of the original (behaviour section 3). It is an
// error itself, so errors.Is(err, code) finds it in a chain.
type Code int

// The codes that the POP3 MTM raises, and the sender of mail (-21, -240 to -247). None is the absence of an error.
const (
	None                   Code = 0
	NotFound               Code = -1
	Unknown                Code = -2
	Cancelled              Code = -3
	NotSupported           Code = -5
	Argument               Code = -6
	InUse                  Code = -14
	ServerBusy             Code = -16
	AccessDenied           Code = -21
	DiskFull               Code = -26
	TimedOut               Code = -33
	NotConnected           Code = -36
	CannotConnect          Code = -170
	InvalidUser            Code = -171
	InvalidLogin           Code = -172
	NoTimestamp            Code = -173
	ServerProblem          Code = -174
	CannotOpenService      Code = -175
	InvalidAPOPLogin       Code = -177
	AuthenticationFailed   Code = -178
	TopFailed              Code = -179
	HostNotFound           Code = -180
	SSLTLSNegotiateFailed  Code = -185
	ServerAlreadyConnected Code = -214
	NoMailFrom             Code = -240
	BadMailFrom            Code = -242
	BadRcptTo              Code = -243
	LoginRefused           Code = -244
	NothingToSend          Code = -245
	SMTPTLSFailed          Code = -246
	BufferOverflow         Code = -247
	TLSNegotiateFailed     Code = -260
)

// Error says the code in plain words, without the number.
func (c Code) Error() string {
	if text, ok := c.text(); ok {
		return text
	}
	return "error " + strconv.Itoa(int(c))
}

func (c Code) text() (string, bool) {
	switch c {
	case None:
		return "no error", true
	case NotFound:
		return "not found", true
	case Unknown:
		return "unknown error", true
	case Cancelled:
		return "cancelled", true
	case NotSupported:
		return "not supported", true
	case Argument:
		return "wrong argument", true
	case InUse:
		return "in use", true
	case ServerBusy:
		return "busy with another operation", true
	case AccessDenied:
		return "the server will not have it", true
	case DiskFull:
		return "the disk is full", true
	case TimedOut:
		return "timed out", true
	case NotConnected:
		return "not connected", true
	}
	return c.remoteText()
}

// remoteText covers the codes of the remote mailbox, -170 and below.
func (c Code) remoteText() (string, bool) {
	switch c {
	case CannotConnect:
		return "cannot connect", true
	case InvalidUser:
		return "the server refused the user name", true
	case InvalidLogin:
		return "the server refused the login", true
	case NoTimestamp:
		return "the server's greeting has no timestamp for APOP", true
	case ServerProblem:
		return "the server answered with an error", true
	case CannotOpenService:
		return "cannot open the account's service entry", true
	case InvalidAPOPLogin:
		return "the server refused the APOP login", true
	case AuthenticationFailed:
		return "no permitted way to authenticate", true
	case TopFailed:
		return "the server refused TOP", true
	case HostNotFound:
		return "the server's host name was not found", true
	case SSLTLSNegotiateFailed:
		return "the server refused TLS or is not the one it should be", true
	case ServerAlreadyConnected:
		return "already connected", true
	case TLSNegotiateFailed:
		return "no TLS came about", true
	}
	return c.sendingText()
}

// sendingText covers the codes of sending, -240 and below.
func (c Code) sendingText() (string, bool) {
	switch c {
	case NoMailFrom:
		return "the sender is no address", true
	case BadMailFrom:
		return "the server refused the sender", true
	case BadRcptTo:
		return "a recipient was refused", true
	case LoginRefused:
		return "the server refused the login", true
	case NothingToSend:
		return "nothing waits to be sent", true
	case SMTPTLSFailed:
		return "no TLS came about with the server for outgoing mail", true
	case BufferOverflow:
		return "the server sent more than it may", true
	}
	return "", false
}
