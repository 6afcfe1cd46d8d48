package peer

// TLS is how a line is protected.
type TLS string

// The ways to protect a line; the zero value is no protection.
const (
	STLS     TLS = "stls"     // a plain connection that STLS turns into one with TLS
	Implicit TLS = "implicit" // TLS from the first octet on
)

// Encrypts is true for both: --ssl-reqd.
func (Curl) Encrypts(TLS) bool { return true }

// Encrypts is true for both: stls and POP3_SSL.
func (Poplib) Encrypts(TLS) bool { return true }

// Encrypts is true for both: tls_starttls.
func (Mpop) Encrypts(TLS) bool { return true }

// Encrypts is true for both: sslproto and ssl.
func (Fetchmail) Encrypts(TLS) bool { return true }

// Encrypts is false for STLS, which getmail does not have.
func (Getmail) Encrypts(t TLS) bool { return t == Implicit }

// Encrypts is true: the command line knows what it does.
func (CommandLine) Encrypts(TLS) bool { return true }
