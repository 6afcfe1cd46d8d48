package scenarios

import (
	"pop3mtm/fakeserver"
)

// Scenario is one file: how the server behaves, and how a good client reacts.
type Scenario struct {
	// What happens, in one line of text.
	Title string `json:"title"`
	// Why it matters: why clients get this wrong, what a user would lose.
	Why string `json:"why,omitempty"`
	// The sections that define the correct behaviour, as RFC/section: 1939/5.
	RFC []Section `json:"rfc,omitempty"`
	// The numbers of quirks of real servers that this server has. Each brings its own options and
	// rules, unless the scenario has a rule on the same verb.
	Quirk Numbers `json:"quirk,omitempty"`
	// The name of a known server to imitate: its greeting, capabilities, texts and quirks.
	Profile string `json:"profile,omitempty"`
	// The settings of the server. Default: it supports everything except TLS.
	Settings Server `json:"server,omitzero"`
	// The mail, in the order of message numbers. Default: that of the profile, or none.
	Mailbox []Mail `json:"mailbox,omitempty"`
	// The users that may log in. Default: demo with the password demo. Users without a mailbox of
	// their own share that of the scenario.
	Users []User `json:"users,omitempty"`
	// The faults of the server. The first rule in the list that matches a command and may still
	// fire answers it; no other rule changes that answer.
	Rules []Rule `json:"rules,omitempty"`
	// The faults of the SMTP server, if one is started (pop3sim serve --smtp): rules with the same
	// keys, for the verbs of SMTP. "." is the end of a message. The texts of ok and refuse begin
	// with a number; the default is 250 or 550.
	SMTP []Rule `json:"smtp,omitempty"`
	// What a good client does, in the sessions of all users together. The keys kept and deleted
	// cover the mailboxes of the users that have no expectations of their own. It is checked after
	// the client has disconnected.
	Expect Expect `json:"expect,omitzero"`
	// What our own mail client, the MTM, does. It does not apply to other clients.
	MTM MTM `json:"mtm,omitzero"`
	// How the client check plays the scenario with any client.
	Check ClientCheck `json:"check,omitzero"`
	// Variants: one file then holds several scenarios. Each case gives values to names; $NAME as a
	// value, and ${NAME} inside a value, are replaced by them. The key name holds the name of the
	// case. All cases have the same keys.
	Cases []Case `json:"cases,omitempty"`
	// Combined variants: a list of values for each name. Each combination of values, also with each
	// of the cases, is a scenario.
	Matrix map[string][]Value `json:"matrix,omitempty"`

	name, variant string
}

// Name returns the name of a built-in scenario or of the file, followed by # and the name of the
// case if the file has several.
func (s *Scenario) Name() string {
	if s.variant == "" {
		return s.name
	}
	return s.name + "#" + s.variant
}

// Case returns the name of the case that this is; empty without cases.
func (s *Scenario) Case() string { return s.variant }

// Case gives values to names. "name" holds the name of the case.
type Case map[string]Value

// Server holds the settings of the server.
type Server struct {
	// The text after "+OK " at connect, without the APOP timestamp.
	Greeting string `json:"greeting,omitempty"`
	// The text of IMPLEMENTATION in the CAPA reply.
	Implementation string `json:"implementation,omitempty"`
	// The lines of the CAPA reply, instead of the actual ones. This changes only the list, not
	// which commands work.
	Capabilities []string `json:"capabilities,omitempty"`
	// The lines of the CAPA reply before login, if they differ.
	LoginCapabilities []string `json:"loginCapabilities,omitempty"`
	// Commands and capabilities that the server lacks: TOP, UIDL, CAPA, APOP, PIPELINING, STLS ...
	Without []string `json:"without,omitempty"`
	// The mechanisms that AUTH offers. Default: SCRAM-SHA-256, SCRAM-SHA-1, CRAM-MD5, PLAIN and
	// LOGIN; [] for none.
	Mechanisms []string `json:"mechanisms,omitzero"`
	// How the connection is encrypted: not at all, on request by STLS, from the start, or by STLS,
	// which is then required before login. Default: none.
	TLS TLS `json:"tls,omitempty"`
	// The certificate of the server. Default: good.
	Certificate Certificate `json:"certificate,omitempty"`
	// Whether the handshake fails for a client that does not name the server (SNI). Default: false.
	NeedsName bool `json:"needsName,omitempty"`
	// The shortest time between two logins of a user, in whole seconds. CAPA lists it.
	LoginDelay Duration `json:"loginDelay,omitempty"`
	// How long the server waits for a command before it closes the connection. Default: 10m.
	IdleTimeout Duration `json:"idleTimeout,omitempty"`
	// Which messages are deleted when a session ends. Default: marked, by DELE and QUIT.
	Deletes Deletes `json:"deletes,omitempty"`
	// Views that change how sessions see the mailbox, applied in order.
	Shows []View `json:"shows,omitempty"`
	// How long a mailbox stays locked after a session that ended without QUIT. Default: 0s.
	LockAfterDrop Duration `json:"lockAfterDrop,omitempty"`
	// How long a login waits for a mailbox that another session has locked. Default: 100ms.
	LockWait Duration `json:"lockWait,omitempty"`
	// Whether several sessions may use the mailbox at once, each with its own deletion marks.
	// Default: false, a session locks it.
	Shared bool `json:"shared,omitempty"`
	// Whether any password, and any digest of APOP, is accepted. Default: false.
	AnyPassword bool `json:"anyPassword,omitempty"`
	// The longest line of the client in octets, CRLF included, also inside an AUTH exchange.
	// Default: 255, and 12288 inside AUTH.
	MaxLine int `json:"maxLine,omitempty" jsonschema:"minimum=1,maximum=65536"`
	// After this number of bad commands in a row the server closes the connection. Default: 100.
	MaxBadCommands int `json:"maxBadCommands,omitempty" jsonschema:"minimum=1,maximum=1000000"`
	// After this number of refused logins in a session the server answers and closes the
	// connection. Default: no limit.
	MaxBadLogins int `json:"maxBadLogins,omitempty" jsonschema:"minimum=1,maximum=1000000"`
	// How long the answer to each refused login is delayed. Default: 0s.
	DelayBadLogin Duration `json:"delayBadLogin,omitempty"`
}

// The user of a scenario without users.
const (
	DefaultUser     = "demo"
	DefaultPassword = "demo"
)

// User is a user that may log in.
type User struct {
	// The name, without blanks.
	Name string `json:"name"`
	// The password; it may be missing when there is a token.
	Password string `json:"password,omitempty"`
	// Whether the password is empty. Default: false.
	EmptyPassword bool `json:"emptyPassword,omitempty"`
	// A token for XOAUTH2 and OAUTHBEARER.
	Token string `json:"token,omitempty"`
	// The mailbox of this user. Default: that of the scenario.
	Mailbox []Mail `json:"mailbox,omitempty"`
	// What a good client does in the sessions of this user. The keys kept and deleted cover the
	// user's own mailbox, or that of the scenario when the user has none.
	Expect *Expect `json:"expect,omitempty"`
}

// Rule changes the answers to some commands.
type Rule struct {
	// The command: a verb, or a verb and its arguments, where * stands for any text: TOP 2 *; LIST
	// * is not LIST alone. CONNECT is the greeting, TLS the handshake, RESPONSE a line of the
	// client inside an AUTH exchange (with the mechanism as argument), TIMEOUT the end of the idle
	// timeout, * any command.
	On string `json:"on"`
	// Only when the command has no arguments: LIST, but not LIST 1. Default: false.
	Alone bool `json:"alone,omitempty"`
	// Only in this connection, counted from 1.
	Session int `json:"session,omitempty" jsonschema:"minimum=1,maximum=1000000"`
	// Only for the nth command that matches, counted from 1.
	Nth int `json:"nth,omitempty" jsonschema:"minimum=1,maximum=1000000"`
	// For the nth command that matches and all later ones, counted from 1.
	From int `json:"from,omitempty" jsonschema:"minimum=1,maximum=1000000"`
	// The rule fires at most this number of times.
	Times int `json:"times,omitempty" jsonschema:"minimum=1,maximum=1000000"`
	// Only for this user.
	User string `json:"user,omitempty"`
	// Only in this state of the session: before login, after it, after QUIT.
	State State `json:"state,omitempty"`
	// Only in this named state, which the goto of a rule sets; the first one is start. It lasts
	// beyond the connection. Each user has a named state for the rules with that user.
	When string `json:"when,omitempty"`
	// The new named state, set each time the rule fires.
	Goto string `json:"goto,omitempty"`
	// Whether the test of the client fails when this rule never fires. Default: false.
	Required bool `json:"required,omitempty"`
	// Actions before the command is answered, so that the answer shows their effect.
	Before []Action `json:"before,omitempty"`
	// Another command to answer instead of this one; $1 to $9 are the arguments of this one, $* all
	// of them: TOP $1 1.
	As string `json:"as,omitempty"`
	// The steps that change the correct answer, in order. They may be omitted when before, after,
	// as or goto are given.
	Do []Step `json:"do,omitempty"`
	// Actions after the command has taken effect, before the answer is sent.
	After []Action `json:"after,omitempty"`
}

// Expect says what a good client does. A command is written VERB, which matches any arguments, or
// VERB ARGUMENTS, where * stands for any text.
type Expect struct {
	// Unique-ids of exactly the messages that the server still has at the end.
	Kept []string `json:"kept,omitzero"`
	// Unique-ids of messages that the server no longer has.
	Deleted []string `json:"deleted,omitempty"`
	// Commands that the client must not send.
	Never []string `json:"never,omitempty"`
	// Commands that the client sends, in any order.
	Received []string `json:"received,omitempty"`
	// Commands that the client sends in this order; other commands may come between them.
	Sequence []string `json:"sequence,omitempty"`
	// For a verb, exactly the arguments that the client sends with it, in any order, each once:
	// DELE: ["1", "3"].
	Exactly map[string][]Arguments `json:"exactly,omitempty"`
	// How often the client sends a command.
	Counts map[string]Count `json:"counts,omitempty"`
	// The client sends only these commands and those for login and logout: CAPA, USER, PASS, APOP,
	// AUTH, STLS, QUIT.
	Only []string `json:"only,omitzero"`
	// How many connections the client makes.
	Sessions Count `json:"sessions,omitzero"`
	// The client finishes within this time after its first connection, in virtual time where that
	// is used.
	Within Duration `json:"within,omitempty"`
}

// MTM says what our own mail client, the MTM, does in a scenario: it gets mail several times, and
// the result is checked each time.
type MTM struct {
	// Whether it copies the mail, moves it, or fetches only the headers. Default: copy.
	Take Take `json:"take,omitempty"`
	// Whether it fetches the headers before the mail. Default: false, get mail does not ask for the
	// headers of new messages.
	HeadersFirst bool `json:"headersFirst,omitempty"`
	// How it logs in: the auth setting of an account. Default: userpass.
	Auth string `json:"auth,omitempty"`
	// Whether it uses that method even when the server does not list it: the auth-unlisted setting
	// of an account. Default: false.
	AuthUnlisted bool `json:"authUnlisted,omitempty"`
	// Its password. Default: that of the first user.
	Password string `json:"password,omitempty"`
	// Whether its password is empty. Default: false.
	EmptyPassword bool `json:"emptyPassword,omitempty"`
	// Commands that it does not send because it does not need them; other clients may send them.
	Never []string `json:"never,omitempty"`
	// How often it gets mail, and how each time ends. Default: twice, both without an error and
	// with all mail stored.
	Runs []Run `json:"runs,omitempty"`
	// Unique-ids of messages that the server alters when it sends them, so that the stored message
	// differs from the one in the mailbox.
	Altered []string `json:"altered,omitzero"`
}

// Run says how one get mail ends.
type Run struct {
	// The number of the error (docs/errors.md). Default: 0, no error.
	Code int `json:"code,omitempty" jsonschema:"minimum=-100000,maximum=0"`
	// Unique-ids of the messages that are complete in the Inbox afterwards; when it fetches only
	// headers, of the messages that it lists. Default: all messages that the scenario's mailbox had
	// at the start.
	Stored []string `json:"stored,omitzero"`
	// Unique-ids of the messages that the error names as failed.
	Failed []string `json:"failed,omitempty"`
	// How long to wait before this get mail, in virtual time.
	After Duration `json:"after,omitempty"`
	// How long it stays connected after it has its mail, in virtual time. The end of the connection
	// meanwhile is an error.
	Stays Duration `json:"stays,omitempty"`
	// How long it waits before each command, as on a busy machine, in virtual time.
	Slow Duration `json:"slow,omitempty"`
}

// State is a state of a session.
type State string

// The values of State.
const (
	Authorization State = "authorization" // before login
	Transaction   State = "transaction"   // after login
	Update        State = "update"        // after QUIT
)

func (State) words() []string {
	return []string{string(Authorization), string(Transaction), string(Update)}
}

func (s State) state() fakeserver.State {
	switch s {
	case Authorization:
		return fakeserver.Authorization
	case Transaction:
		return fakeserver.Transaction
	case Update:
		return fakeserver.Update
	default:
		return 0
	}
}

// TLS says when the connection is encrypted.
type TLS string

// The values of TLS.
const (
	NoTLS       TLS = "none"     // never
	STLS        TLS = "stls"     // once the client asks for it by STLS
	ImplicitTLS TLS = "implicit" // from the first octet on
	RequiredTLS TLS = "required" // by STLS, before a password
)

func (TLS) words() []string {
	return []string{string(NoTLS), string(STLS), string(ImplicitTLS), string(RequiredTLS)}
}

// Certificate says which certificate the server presents.
type Certificate string

// The values of Certificate.
const (
	Good       Certificate = "good"        // issued by an authority that the client trusts
	Expired    Certificate = "expired"     // expired, otherwise good
	OtherName  Certificate = "other-name"  // for another server name
	SelfSigned Certificate = "self-signed" // not issued by an authority
)

func (Certificate) words() []string {
	return []string{string(Good), string(Expired), string(OtherName), string(SelfSigned)}
}

// Take says whether mail is copied or moved, or only headers are fetched.
type Take string

// The values of Take.
const (
	Copy    Take = "copy"    // the mail stays on the server
	Move    Take = "move"    // it is deleted there
	Headers Take = "headers" // it connects, fetches the headers, and disconnects
)

func (Take) words() []string { return []string{string(Copy), string(Move), string(Headers)} }
