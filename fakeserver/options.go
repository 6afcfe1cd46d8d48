package fakeserver

import (
	"cmp"
	"crypto/tls"
	"log/slog"
	"strings"
	"time"
)

// Options of a server. nil and zero fields mean the defaults.
type Options struct {
	// Users by name. Default: demo with the password demo.
	Users map[string]User
	// Greeting is the text after "+OK " at connect, without the APOP timestamp.
	Greeting string
	// Implementation is what CAPA says of the server. Default: pop3mtm-fakeserver.
	Implementation string
	// Capabilities replaces the rows of the CAPA reply. It changes what is
	// listed, not what works.
	Capabilities []string
	// LoginCapabilities are the rows before login where they differ. Default:
	// Capabilities.
	LoginCapabilities []string
	// Without names what this server lacks: verbs (TOP, UIDL, CAPA, APOP ...)
	// are then unknown, and these and other capabilities (PIPELINING, EXPIRE
	// ...) are not listed. Without APOP the greeting has no timestamp.
	Without []string
	// TLS is the server's side of TLS. It makes STLS work, and ServeTLS. nil: the
	// server has no TLS.
	TLS *tls.Config
	// Mechanisms of AUTH on offer, in the order of CAPA's SASL row. A name that
	// the server does not know is listed and always refused. Default: those that
	// need a password, the strongest first, and OAUTHBEARER and XOAUTH2 when a
	// user has a Token; empty and not nil: none.
	Mechanisms []string
	// PlaintextNeedsTLS refuses and does not list what sends a password or a
	// token as it is, until the connection has TLS: USER, PLAIN, LOGIN,
	// OAUTHBEARER, XOAUTH2. RFC 2595 section 2.3 wants it of a real server.
	PlaintextNeedsTLS bool
	// LoginDelay is the least time between two logins of a user, by the clock
	// Now and in whole seconds; CAPA lists it, with USER before login when it is not
	// the same for all. Default: none.
	LoginDelay time.Duration
	// Views are what every session sees of its maildrop, one after the other.
	// Default: what is there.
	Views []View
	// Deletes says which messages go when a session ends. Default: DeleteMarked,
	// which is right.
	Deletes func(Leaving) bool
	// LockAfterDrop is how long a maildrop stays locked, by the clock Now, when a
	// session ends without QUIT. Default: not at all. QUIRK 28.
	LockAfterDrop time.Duration
	// Shared lets several sessions have a maildrop at once, each with marks of its own, as
	// most servers for tests do. Default: a session locks it (RFC 1939 section 4).
	Shared bool
	// Fragment says how what is sent is cut into packets. Default: Whole.
	Fragment Fragment
	// Expire is after how many days the server deletes mail, counted by the clock Now
	// from the first session that sees it; CAPA lists it. AtOnce deletes at QUIT what
	// was read. Default: never.
	Expire int
	// UTF8 offers the command UTF8 and takes names and passwords in UTF-8 (RFC 6856).
	// RETR and TOP of a message with a header in UTF-8 are refused without it.
	UTF8 bool
	// Language is what the server chooses for LANG *, by its tag: en or de. It starts
	// in English. Default: en.
	Language string
	// Submit takes a message that a user sends by XTND XMIT, at most 16 MiB. It is called from the session's goroutine, which
	// refuses the message when it fails. nil: the server does not know XTND.
	Submit func(user string, message []byte) error
	// IdleTimeout is how long the server waits for a command, and for a client
	// that does not read. Default and least value of a right server: 10 minutes
	// (RFC 1939 section 3).
	IdleTimeout time.Duration
	// MaxLine is the longest command in octets, CRLF included. A longer one is
	// thrown away and refused. Default: 255 (RFC 2449 section 4).
	MaxLine int
	// MaxResponse is the longest line of the client inside an AUTH exchange, CRLF included. Default: MaxLine when that is
	// set, else 12288 (RFC 4954 section 4).
	MaxResponse int
	// MaxBadCommands in a row close the connection: unknown verbs, wrong state,
	// wrong syntax. Default: 100; negative: no limit.
	MaxBadCommands int
	// MaxBadLogins refused in a session close the connection, after the answer to the last one. Default: no limit.
	MaxBadLogins int
	// DelayBadLogin delays the answer to each refused login. Default: none.
	DelayBadLogin time.Duration
	// MaxSessions is how many sessions may be open at once. A further client gets a refusal and its connection is closed, without a
	// session of its own. Default: no limit.
	MaxSessions int
	// LockWait is how long a login waits for a locked maildrop before it is
	// refused: the session that holds it may be one whose line has dropped a
	// moment ago. Default: 100 ms; negative: not at all.
	LockWait time.Duration
	// Strict makes Close report commands that made no sense: unknown, in
	// the wrong state or of the wrong form and which no rule was for, and of sessions
	// that are still open.
	Strict bool
	// TranscriptOctets bounds the transcript of one session, 32 times that those
	// of all ended sessions together. Default: 1 MiB; negative: no transcripts.
	TranscriptOctets int
	// OnSession is called with the transcript of each session that has ended,
	// from that session's goroutine.
	OnSession func(Transcript)
	// Log receives one record per session and one per fault. Default: none.
	Log *slog.Logger
	// Now is the clock of timestamps; timers do not use it. Default: time.Now.
	Now func() time.Time
}

// orDefault returns o with the defaults filled in. o may be nil.
func (o *Options) orDefault() Options {
	var d Options
	if o != nil {
		d = *o
	}
	if d.Users == nil {
		d.Users = map[string]User{"demo": {Password: "demo"}}
	}
	if d.Greeting == "" {
		d.Greeting = "POP3 server ready"
	}
	if d.Implementation == "" {
		d.Implementation = "pop3mtm-fakeserver"
	}
	if d.Mechanisms != nil {
		d.Mechanisms = upperAll(d.Mechanisms)
	}
	if d.Language == "" {
		d.Language = languages()[0].tag
	}
	if d.Expire < 0 && d.Deletes == nil {
		d.Deletes = DeleteRead
	}
	if d.TLS != nil {
		d.TLS = d.TLS.Clone()
		d.TLS.DynamicRecordSizingDisabled = true // large mail, fast lines
	}
	if d.IdleTimeout <= 0 {
		d.IdleTimeout = 10 * time.Minute
	}
	if d.MaxResponse <= 0 {
		d.MaxResponse = cmp.Or(max(d.MaxLine, 0), maxResponse)
	}
	if d.MaxLine <= 0 {
		d.MaxLine = 255
	}
	if d.MaxBadCommands == 0 {
		d.MaxBadCommands = 100
	}
	if d.LockWait == 0 {
		d.LockWait = 100 * time.Millisecond
	}
	if d.TranscriptOctets == 0 {
		d.TranscriptOctets = 1 << 20
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	return d
}

func upperAll(names []string) []string {
	upper := make([]string, len(names))
	for i, n := range names {
		upper[i] = strings.ToUpper(n)
	}
	return upper
}

// maxResponse is the default of Options.MaxResponse. RFC 5034 section 4 names no number, RFC 4954 section 4 has this one.
const maxResponse = 12288
