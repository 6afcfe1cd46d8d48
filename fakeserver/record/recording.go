package record

import (
	"errors"
	"io"
	"os"
	"time"

	"pop3mtm/fakeserver/notation"
)

// Bounds of a recording.
const (
	// MaxSessions is how many sessions a recording may have.
	MaxSessions = 100_000
	// MaxTurns is how many commands all its sessions may have together.
	MaxTurns = 1_000_000
	// MaxCommand is the longest line of a client in octets.
	MaxCommand = 64 << 10
	// maxWaiting is how many commands may wait for their replies in a session.
	maxWaiting = 20_000
	// maxCommands is how many octets all commands may have together.
	maxCommands = 64 << 20
)

// Recording is a transcript with commands and replies paired. The replies stay
// where they are, so that large mail takes no memory. It is safe for concurrent
// use.
type Recording struct {
	// Sessions in the order in which they began.
	Sessions []*Session
	from     io.ReaderAt
	close    func() error
}

// Session is one connection of a recording.
type Session struct {
	Number int  // as the transcript counts
	TLS    bool // from the start
	// Turns of the client; the first one is the greeting.
	Turns []Turn
	End   End
	// EndLine is the line of the transcript that tells the end, or the last one.
	EndLine int

	dialogue *dialogue
	open     []int // turns whose replies are not whole
	at       time.Duration
	secured  bool
	goingOn  []byte // a line of the client that has not ended
}

// End says who ended a session.
type End int

const (
	// Unknown is the end of a session that the recorder did not see.
	Unknown End = iota
	// ClientClosed is after the client was gone.
	ClientClosed
	// ServerClosed is by the server.
	ServerClosed
	// ServerReset is by the server, with a TCP reset.
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
	// Command without its line end; nil for the greeting.
	Command []byte
	// Response reports that the command is a line of an AUTH exchange.
	Response bool
	// StartsTLS reports that a handshake follows the reply.
	StartsTLS bool
	// TLS reports that the line was protected.
	TLS bool
	// Line of the transcript, 0 for a greeting.
	Line int
	// At is the time of the command since the session's beginning.
	At time.Duration

	reply []span
}

// span is a part of the transcript that has lines of one reply.
type span struct {
	offset, size int64
	at           time.Duration
}

// Open reads the recording in a file. The caller closes it. What is not in the
// notation is an error of type *notation.SyntaxError.
func Open(path string) (*Recording, error) {
	// Opening anything but a regular file can block.
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a file")
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

// Read reads a recording of so many octets. It keeps from.
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
		return nil, errors.New(`there is no session in it: no line begins with "S: " or "C: "`)
	}
	for _, s := range r.Sessions {
		s.dialogue, s.open = nil, nil
	}
	return r, nil
}

// Close closes the file of a recording.
func (r *Recording) Close() error { return r.close() }
