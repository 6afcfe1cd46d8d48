package peer

// TLS is how a line is protected.
type TLS string

// The ways to protect a line; the zero value is no protection.
const (
	STLS     TLS = "stls"     // a plain connection that STLS turns into one with TLS
	Implicit TLS = "implicit" // TLS from the first octet on
)

// Encrypts returns true: --ssl-reqd does both.
func (Curl) Encrypts(TLS) bool { return true }

// Encrypts returns true: stls and POP3_SSL.
func (Poplib) Encrypts(TLS) bool { return true }

// Encrypts returns true: tls and tls_starttls.
func (Mpop) Encrypts(TLS) bool { return true }

// Encrypts returns true: sslproto and ssl.
func (Fetchmail) Encrypts(TLS) bool { return true }

// Encrypts returns false for STLS, which getmail does not support.
func (Getmail) Encrypts(t TLS) bool { return t == Implicit }

// Encrypts returns true: the user chooses the command line.
func (CommandLine) Encrypts(TLS) bool { return true }
