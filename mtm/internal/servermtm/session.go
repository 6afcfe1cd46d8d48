package servermtm

import (
	"math"

	"pop3mtm/mtm/hold"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// Session is one visit to the mailbox. It is not safe for concurrent use. Quit or Drop ends it.
type Session struct {
	box    *Mailbox
	held   *hold.Hold
	line   line
	server server
	view   view
	from   store.Mailbox   // names the mailbox in the store's segments
	marked bool            // the account shows as connected
	again  bool            // this is not the first connection
	ways   Ways            // nil: a connection that is lost ends the session
	meter  *progress.Meter // of the command in hand

	keep     []store.ID        // as Connect got it
	skip     map[store.ID]bool // not asked for
	breaks   map[store.ID]int  // visits that messages broke, see broken.go
	headless map[int]store.ID  // message numbers of entries that have no header
	late     []late            // see last.go
	excused  map[excuse]bool   // see excuses
	deleted  int               // DELEs that wait for QUIT
	stored   int               // headers that were stored in this session
	arrivals []*message        // new messages that the next Transfer makes entries of, see arrivals.go
	dropped  []failedMessage   // what waited for messages that the server has lost
	owed     owed              // what was asked for and has no entry yet, see owed.go
	settled  bool              // all of it has entries now
}

// view holds what the server's mailbox looks like in this connection.
type view struct {
	numbers numbering // of the mailbox's entries
	remote  int       // messages on the server
	longest int64     // size of the longest one in LIST
	proven  numberSet // messages that TOP or RETR has shown to be what their entries know, see prove.go
	sized   numberSet // messages of which LIST tells the size that it told last time
}

// server holds what is known of how the server behaves.
type server struct {
	facts    map[store.Fact]int64 // what earlier sessions learned
	topWorks bool                 // TOP was answered
	topless  bool                 // the server has no TOP
	reused   bool                 // it has given a unique-id to another message
}

// Lost says that the line is useless: only Drop is left to do.
func (s *Session) Lost() bool { return s.line.wire.Err() != nil }

// SetBusy tells other clients whether an operation uses the session.
func (s *Session) SetBusy(on bool) error { return s.held.SetBusy(on) }

// origin says in the store's segments where a message comes from.
func (s *Session) origin(uid string) store.Origin { return store.Origin{Mailbox: s.from, UID: uid} }

// allows reports whether the account's settings let a message of that size come at all.
func (s *Session) allows(size int64) bool {
	most := s.line.settings.MaxMessage
	return most <= 0 || size <= most
}

// ceiling returns how many octets of a message are taken: a tenth more than what is asked for and
// what the account allows, for servers that tell estimates.
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

// limitHeaders bounds what TOP brings. Servers that ignore its number of lines send whole messages:
// the longest one in LIST may come, whatever the account allows.
func (s *Session) limitHeaders() {
	longest := min(s.view.longest, math.MaxInt64/2)
	s.line.wire.LimitBody(discarded(max(s.ceiling(0), longest+longest/10)))
}
