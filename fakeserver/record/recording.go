package record

import (
	"errors"
	"io"
	"os"
	"time"

	"pop3mtm/fakeserver/notation"
)

// Limits of a recording.
const (
	// MaxSessions limits the sessions of a recording.
	MaxSessions = 100_000
	// MaxTurns limits the commands of all its sessions together.
	MaxTurns = 1_000_000
	// MaxCommand is the longest line of a client in octets.
	MaxCommand = 64 << 10
	// maxWaiting limits the commands of a session that wait for replies.
	maxWaiting = 20_000
	// maxCommands limits the octets of all commands together.
	maxCommands = 64 << 20
)

// Recording is a transcript with commands matched to replies. The replies stay in the file, so that
// large mail takes no memory. It is safe for concurrent use.
type Recording struct {
	// Sessions are in the order in which they began.
	Sessions []*Session
	from     io.ReaderAt
	close    func() error
}

// Session is one connection of a recording.
type Session struct {
	Number int  // in the transcript
	TLS    bool // from the start
	// Turns holds the client's lines; the first one is the greeting.
	Turns []Turn
	End   End
	// EndLine is the line of the transcript with the remark about the end, or the last
	// one.
	EndLine int

	dialogue *dialogue
	open     []int // turns with incomplete replies
	at       time.Duration
	secured  bool
	goingOn  []byte // an unfinished line of the client
}

// End says who ended a session.
type End int

const (
	// Unknown means that the recording stops before the end of the session.
	Unknown End = iota
	// ClientClosed means that the client closed the connection.
	ClientClosed
	// ServerClosed means that the server closed the connection.
	ServerClosed
	// ServerReset means that the server reset the TCP connection.
	ServerReset
)

func (e End) String() string {
	switch e {
	case Unknown:
		return "unknown"
	case ClientClosed:
		return notation.ClientClosed
	case ServerClosed:
		return notation.ServerClosed
	case ServerReset:
		return notation.ServerReset
	}
	return "unknown end"
}

// Turn is a line of the client and the reply to it.
type Turn struct {
	// Command is the line without its line end; nil for the greeting.
	Command []byte
	// Response means that the line belongs to an AUTH exchange.
	Response bool
	// StartsTLS means that a handshake follows the reply.
	StartsTLS bool
	// TLS means that the connection was protected.
	TLS bool
	// Line is the line number in the transcript, 0 for a greeting.
	Line int
	// At is the time of the command since the start of the session.
	At time.Duration

	reply []span
}

// span is a part of the transcript with lines of one reply.
type span struct {
	offset, size int64
	at           time.Duration
}

// Open reads a recording from a file. The caller closes it. A mistake in the notation is reported
// as a *notation.SyntaxError.
func Open(path string) (*Recording, error) {
	// Opening anything but a regular file can block.
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	r, err := Read(f, info.Size())
	if err != nil {
		f.Close()
		return nil, err
	}
	r.close = f.Close
	return r, nil
}

// Read reads a recording of size octets. It keeps from for later.
func Read(from io.ReaderAt, size int64) (*Recording, error) {
	r := &Recording{from: from, close: func() error { return nil }}
	in := notation.NewReader(io.NewSectionReader(from, 0, size))
	x := indexer{recording: r, sessions: map[int]*Session{}}
	for {
		l, err := in.Next()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = x.take(l)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(r.Sessions) == 0 {
		return nil, errors.New(`the file has no session: no line begins with "S: " or "C: "`)
	}
	for _, s := range r.Sessions {
		s.dialogue, s.open = nil, nil
	}
	return r, nil
}

// Close closes the file of a recording.
func (r *Recording) Close() error { return r.close() }
