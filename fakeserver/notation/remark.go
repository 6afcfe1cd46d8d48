package notation

import (
	"strconv"
	"strings"
	"time"
)

const (
	sessionRemark = "session "
	atRemark      = "at "
	tlsRemark     = "TLS"
)

// The remarks about the end of a session.
const (
	ServerClosed = "the server closed the connection"
	ServerReset  = "the server reset the connection"
	ClientClosed = "the client closed the connection"
)

// Session returns the session number in a remark that introduces the lines of a session.
func (l Line) Session() (number int, ok bool) {
	rest, ok := strings.CutPrefix(l.remark(), sessionRemark)
	if !ok {
		return 0, false
	}
	digits, _, _ := strings.Cut(rest, " ")
	number, err := strconv.Atoi(digits)
	return number, err == nil && number > 0
}

// At returns the time, since the start of the session, in a remark about when the next lines were
// sent.
func (l Line) At() (at time.Duration, ok bool) {
	rest, ok := strings.CutPrefix(l.remark(), atRemark)
	if !ok {
		return 0, false
	}
	at, err := time.ParseDuration(rest)
	return at, err == nil && at >= 0
}

// TLS reports whether a remark says that TLS starts here, such as TLS 1.3. A remark about a failed
// handshake does not count.
func (l Line) TLS() bool {
	version, ok := strings.CutPrefix(l.remark(), tlsRemark)
	return ok && (version == "" || len(version) > 1 && version[0] == ' ' && '0' <= version[1] && version[1] <= '9')
}

// Is reports whether the line is this remark.
func (l Line) Is(remark string) bool { return l.remark() == remark }

func (l Line) remark() string {
	if l.Kind != Remark {
		return ""
	}
	return string(l.Octets)
}
