package peer

// TLS says how a connection is protected.
type TLS string

// The values of TLS. The zero value means no protection.
const (
	STLS     TLS = "stls"     // TLS after the command STLS on a plain connection
	Implicit TLS = "implicit" // TLS from the first octet on
)

// Encrypts returns true: curl does both with --ssl-reqd.
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
