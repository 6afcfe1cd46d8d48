// Package servermtm runs one command on one mailbox: it logs in, brings the
// mailbox up to date, transfers messages and logs out. It knows the store and the
// wire; package mtm above it knows commands and operations.
package servermtm

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	"pop3mtm/mtm/account"
	"pop3mtm/mtm/hold"
	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/store"
)

// Mailbox is one POP3 service of a store. Its fields do not change while a
// session of it lives.
type Mailbox struct {
	Store         *store.Store
	Service       store.ID
	Place         hold.Place // of the locks that give the mailbox to one client
	Dial          func(ctx context.Context, network, address string) (net.Conn, error)
	Wire          pop3.Options
	BatchMessages int   // at most so many messages in one synced commit
	BatchBytes    int64 // and about so many octets
}

// Session is one login. It is not safe for concurrent use. Quit or Drop ends it.
type Session struct {
	*Mailbox
	held     *hold.Hold
	wire     *pop3.Session // nil until there is a connection
	config   *tls.Config   // of the connections; nil without TLS
	settings account.POP3
	entered  time.Time         // when the login on this connection began
	again    bool              // this is not the first connection
	keep     []store.ID        // as Connect got it
	skip     map[store.ID]bool // not asked for
	breaks   map[store.ID]int  // visits that messages broke, see breaking.go
	headless map[int]store.ID  // message numbers of entries that have no header
	late     []late            // see last.go
	deleted  int               // DELEs that wait for QUIT
	stored   int               // headers that were stored in this session
	from     store.Mailbox     // names the mailbox in the store's segments
	numbers  numbering         // of the mailbox's entries
	remote   int               // messages on the server
	longest  int64             // size of the longest one in LIST
	marked   bool              // the account shows as connected
	arrivals []*message        // new messages that the next Transfer makes entries of, see arrivals.go
	dropped  []Failure         // what waited for messages that the server has lost

	proven   numberSet // messages that TOP or RETR has shown in this session to be what their entries know, see prove.go
	sized    numberSet // messages of which LIST tells the size that it told last time
	topWorks bool      // TOP was answered
	topless  bool      // the server has no TOP
	reused   bool      // it has given a unique-id to another message

	facts   map[store.Fact]int64 // what is remembered of the server
	owed    owed                 // what was asked for and has no entry yet, see asked.go
	settled bool                 // all of it has entries now
}

// Lost says that the line is useless: only Drop is left to do.
func (s *Session) Lost() bool { return s.wire.Err() != nil }

// SetBusy tells other clients whether an operation uses the session.
func (s *Session) SetBusy(on bool) error { return s.held.SetBusy(on) }

// commit makes a batch durable. No context ends it: what is whole stays, whatever
// ended the operation.
func commit(b *store.Batch) error { return b.Commit(context.Background()) }
