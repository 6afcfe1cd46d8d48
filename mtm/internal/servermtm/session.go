package servermtm

import (
	"math"

	"pop3mtm/mtm/hold"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// Session is one session with the server. It is not safe for concurrent use. Quit or Drop ends it.
type Session struct {
	box    *Mailbox
	held   *hold.Hold
	line   line
	server server
	view   view
	from   store.Mailbox   // the mailbox's name in the store's segments
	marked bool            // the account is marked as connected
	again  bool            // this is not the first connection of the session
	ways   Ways            // nil = a lost connection ends the session
	meter  *progress.Meter // of the current command

	keep     []store.ID        // see Connect
	skip     map[store.ID]bool // messages that are not requested
	breaks   map[store.ID]int  // number of visits that each message broke, see broken.go
	headless map[int]store.ID  // message number -> entry without a header
	late     []late            // see last.go
	excused  map[excuse]bool   // see excuses
	deleted  int               // number of DELEs since the login
	stored   int               // number of headers stored in this session
	arrivals *picks            // new messages for which the next Transfer makes entries, see arrivals.go
	dropped  []failedMessage   // failed messages: the server lost them, and operations were queued
	owed     owed              // messages that were asked for and have no entry yet, see owed.go
	settled  bool              // all of them have entries now
	owing    bool              // after the refresh some of them had no entry
	moving   bool              // a move deletes messages, which takes effect at QUIT
	left     bool              // the server has answered QUIT
}

// view holds the server's mailbox as this connection shows it.
type view struct {
	listing *listing
	numbers numbering // of the mailbox's entries
	remote  int       // messages on the server
	longest int64     // size of the longest one in LIST
	proven  numberSet // messages that are proven to be those of their entries, see prove.go
	sized   numberSet // messages whose size in LIST has not changed
}

// server holds what is known about the server's behaviour.
type server struct {
	facts    map[store.Fact]int64 // what earlier sessions learned
	topWorks bool                 // TOP has worked
	topless  bool                 // the server has no TOP
	reused   bool                 // the server has reused a unique-id
}

// Lost reports whether the connection is lost; then only Drop may be called.
func (s *Session) Lost() bool { return s.line.wire.Err() != nil }

// SetBusy shows other clients whether an operation uses the session.
func (s *Session) SetBusy(on bool) error { return s.held.SetBusy(on) }

// origin returns where a message comes from, for the store's segments.
func (s *Session) origin(uid string) store.Origin { return store.Origin{Mailbox: s.from, UID: uid} }

// allows reports whether the account's settings allow messages of this size.
func (s *Session) allows(size int64) bool {
	most := s.line.settings.MaxMessage
	return most <= 0 || size <= most
}

// ceiling returns how many octets of a message are read at most: a tenth more than the limits of
// the command and the account, since LIST may give estimates.
func (s *Session) ceiling(asked int64) int64 {
	most := s.line.settings.MaxMessage
	if asked > 0 && (most <= 0 || asked < most) {
		most = asked
	}
	if most <= 0 || most > math.MaxInt64/2 {
		return math.MaxInt64
	}
	return most + most/10
}

// limitHeaders limits the replies to TOP. Servers that ignore its number of lines send whole
// messages, so the longest message in LIST is allowed, whatever the account's limit is.
func (s *Session) limitHeaders() {
	longest := min(s.view.longest, math.MaxInt64/2)
	s.line.wire.LimitBody(discarded(max(s.ceiling(0), longest+longest/10)))
}
