package progress

import "pop3mtm/mtm/symbian"

// Code is an error number of the original.
type Code = symbian.Code

// The errors under the names of this package.
const (
	None                   = symbian.None
	NotFound               = symbian.ErrNotFound
	Unknown                = symbian.ErrUnknown
	Cancelled              = symbian.ErrCancelled
	NotSupported           = symbian.ErrNotSupported
	Argument               = symbian.ErrArgument
	InUse                  = symbian.ErrInUse
	ServerBusy             = symbian.ErrBusy
	AccessDenied           = symbian.ErrAccessDenied
	DiskFull               = symbian.ErrDiskFull
	TimedOut               = symbian.ErrTimedOut
	NotConnected           = symbian.ErrDisconnected
	CannotConnect          = symbian.ErrCannotConnect
	InvalidUser            = symbian.ErrInvalidUser
	InvalidLogin           = symbian.ErrInvalidLogin
	NoTimestamp            = symbian.ErrNoTimestamp
	ServerProblem          = symbian.ErrServer
	CannotOpenService      = symbian.ErrCannotOpenService
	InvalidAPOPLogin       = symbian.ErrInvalidAPOP
	AuthenticationFailed   = symbian.ErrAuthenticationFailed
	TopFailed              = symbian.ErrTop
	HostNotFound           = symbian.ErrHostNotFound
	SSLTLSNegotiateFailed  = symbian.ErrTLSRefused
	ServerAlreadyConnected = symbian.ErrAlreadyConnected
	NoMailFrom             = symbian.ErrNoMailFrom
	BadMailFrom            = symbian.ErrBadMailFrom
	BadRcptTo              = symbian.ErrBadRcptTo
	LoginRefused           = symbian.ErrLoginRefused
	NothingToSend          = symbian.ErrNothingToSend
	SMTPTLSFailed          = symbian.ErrSMTPTLS
	BufferOverflow         = symbian.ErrBufferOverflow
	TLSNegotiateFailed     = symbian.ErrTLSFailed
)
