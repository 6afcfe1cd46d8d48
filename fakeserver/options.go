package fakeserver

import (
	"cmp"
	"crypto/tls"
	"log/slog"
	"strings"
	"time"
)

// Options configures a server. nil and zero fields mean the defaults.
type Options struct {
	// Users holds the users by name. Default: demo with the password demo.
	Users map[string]User
	// Unlisted returns the user of a name that Users lacks, at each login; false: unknown. Rules
	// for users and what is counted for each of them exclude these. nil: there are no others.
	Unlisted func(name string) (User, bool)
	// Owner is a user to whom all sessions belong from the connection on, whoever logs in. Default:
	// a session belongs to the user whom it names.
	Owner string
	// Greeting is the text after "+OK " at connect, without the APOP timestamp.
	Greeting string
	// Implementation is the IMPLEMENTATION row of CAPA. Default: pop3mtm-fakeserver.
	Implementation string
	// Capabilities replaces the rows of the CAPA reply. It changes the list, not the
	// commands that the server knows.
	Capabilities []string
	// LoginCapabilities replaces the rows before login. Default: Capabilities.
	LoginCapabilities []string
	// Without names verbs and capabilities that this server lacks. Verbs (TOP, UIDL,
	// CAPA, APOP ...) are then unknown; they and other capabilities (PIPELINING, EXPIRE
	// ...) are not listed. Without APOP the greeting has no timestamp.
	Without []string
	// TLS is the server's side of TLS, for STLS and ServeTLS. nil: the server has no
	// TLS.
	TLS *tls.Config
	// Mechanisms lists the mechanisms of AUTH to offer, in the order of CAPA's SASL row.
	// A name that the server does not know is listed and always refused. Default: those
	// that need a password, the strongest first, and OAUTHBEARER and XOAUTH2 when a user
	// has a Token. Empty but not nil: no mechanisms.
	Mechanisms []string
	// PlaintextNeedsTLS rejects clear-text logins before TLS, and does not list them:
	// USER, PLAIN, LOGIN, OAUTHBEARER, XOAUTH2. RFC 2595 section 2.3 requires it of real
	// servers.
	PlaintextNeedsTLS bool
	// LoginDelay is the shortest time between two logins of a user, by the clock Now and
	// in whole seconds. CAPA lists it, with USER before login when users have different
	// delays. Default: no delay.
	LoginDelay time.Duration
	// Views change the list of messages that each session sees, in order. Default: the
	// messages in the maildrop.
	Views []View
	// Deletes reports which messages are deleted when a session ends. Default:
	// DeleteMarked, which is correct.
	Deletes func(Leaving) bool
	// LockAfterDrop is the time that a maildrop stays locked, by the clock Now, when a
	// session ends without QUIT. Default: 0. QUIRK 28.
	LockAfterDrop time.Duration
	// Shared lets several sessions use a maildrop at once, each with its own deletion
	// marks, as most test servers do. Default: a session locks it (RFC 1939 section 4).
	Shared bool
	// Fragment says how output is split into packets. Default: Whole.
	Fragment Fragment
	// Expire is the number of days after which the server deletes mail, by the clock Now,
	// counted from the first session that sees it. CAPA lists it. AtOnce deletes messages
	// at QUIT that were read. Default: never.
	Expire int
	// UTF8 offers the command UTF8 and accepts names and passwords in UTF-8 (RFC 6856).
	// Before that command, RETR and TOP of a message with a header in UTF-8 are refused.
	UTF8 bool
	// Language is the tag of the language that LANG * selects: en or de. Sessions start
	// in English. Default: en.
	Language string
	// Submit is called with a message that a user sends by XTND XMIT, at most 16 MiB, from the
	// session's goroutine. If it fails the message is refused. nil: the server does not know XTND.
	Submit func(user string, message []byte) error
	// IdleTimeout limits the wait for a command, and for a client that does not read.
	// Default, and the least value of a correct server: 10 minutes (RFC 1939 section 3).
	IdleTimeout time.Duration
	// MaxLine is the longest command in octets, CRLF included. A longer one is
	// discarded and refused. Default: 255 (RFC 2449 section 4).
	MaxLine int
	// MaxResponse is the longest line of the client inside an AUTH exchange, CRLF
	// included. Default: MaxLine when that is set, else 12288 (RFC 4954 section 4).
	MaxResponse int
	// MaxBadCommands is the number of bad commands in a row that closes the connection:
	// unknown verb, wrong state, wrong syntax. Default: 100; negative: no limit.
	MaxBadCommands int
	// MaxBadLogins is the number of refused logins in a session that closes the connection,
	// after the answer to the last one. Default: no limit.
	MaxBadLogins int
	// DelayBadLogin delays the answer to each refused login. Default: no delay.
	DelayBadLogin time.Duration
	// MaxSessions limits the open sessions. Further clients get a refusal and are
	// disconnected; they have no session. Default: no limit.
	MaxSessions int
	// LockWait is the time that a login waits for a locked maildrop before it is
	// refused: the session that holds it may have lost its connection a moment ago.
	// Default: 100 ms; negative: no wait.
	LockWait time.Duration
	// Strict makes Close report sessions that are still open, and invalid commands that
	// no rule was for: unknown ones, in the wrong state or of the wrong form.
	Strict bool
	// TranscriptOctets limits the transcript of one session; all ended sessions together
	// are limited to 32 times that. Default: 1 MiB; negative: no transcripts.
	TranscriptOctets int
	// Tap is called with all octets that a session sends, above TLS and without the handshake,
	// before they are sent. It is called from the session's goroutine and must not keep the slice.
	Tap func(session int, octets []byte)
	// Timed records in transcripts when lines came, and counts and measures commands for Stats.
	Timed bool
	// OnLines is called with the new lines of a session as they happen, before anything that may
	// take time and before the client can see an answer, from the goroutine of that session. The
	// Transcript has no lines.
	OnLines func(of Transcript, lines []string)
	// OnSession is called with the transcript of each ended session, from the goroutine
	// of that session.
	OnSession func(Transcript)
	// Log receives one record per session and one per fault. Default: no log.
	Log *slog.Logger
	// Now returns the time for timestamps; timers do not use it. Default: time.Now.
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

// maxResponse is the default of Options.MaxResponse. RFC 5034 section 4 gives no limit; this one is
// from RFC 4954 section 4.
const maxResponse = 12288
