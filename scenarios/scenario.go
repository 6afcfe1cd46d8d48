package scenarios

import (
	"pop3mtm/fakeserver"
)

// Scenario is one file: how the server behaves, and what a good client does then.
type Scenario struct {
	// What happens, in one line.
	Title string `json:"title"`
	// What is at stake: why clients get this wrong, what a person would lose.
	Why string `json:"why,omitempty"`
	// The sections that say what is right, as RFC/section: 1939/5.
	RFC []Section `json:"rfc,omitempty"`
	// Numbers of the quirks of real servers that the server has here. Each brings its own options and rules, unless the scenario
	// has a rule on the same verb.
	Quirk Numbers `json:"quirk,omitempty"`
	// The name of a known server that this one is like: its greeting, capabilities, texts and quirks.
	Profile string `json:"profile,omitempty"`
	// What the server is and can do. Default: it can do everything, and has no TLS.
	Settings Server `json:"server,omitzero"`
	// The mail, in the order of its numbers. Default: that of the profile, or none.
	Mailbox []Mail `json:"mailbox,omitempty"`
	// Who may log in. Default: demo with the password demo. Those without a mailbox of their own share that of the scenario.
	Users []User `json:"users,omitempty"`
	// What the server does otherwise than right. The first rule that matches a command and may still fire answers it, and
	// no other: one answer, one rule.
	Rules []Rule `json:"rules,omitempty"`
	// What the SMTP server beside it does otherwise than right, where one is started (pop3sim serve --smtp): rules with the same
	// words, on the verbs of SMTP. "." is the end of a message. The texts of ok and refuse begin with a number; without one it is 250
	// or 550.
	SMTP []Rule `json:"smtp,omitempty"`
	// What a good client does; it is judged when the client has gone.
	Expect Expect `json:"expect,omitzero"`
	// How our own mail client takes it. Other clients need not heed this.
	MTM MTM `json:"mtm,omitzero"`
	// Variants, so that one file is several scenarios: each gives values to names, and where $NAME stands as a value, or ${NAME}
	// inside one, the value is put. The key name is what the variant is called. All variants have the same keys.
	Cases []Case `json:"cases,omitempty"`
	// Variants by combining: for each name a list of values, and a scenario for each combination of them, and of the cases.
	Matrix map[string][]Value `json:"matrix,omitempty"`

	name, variant string
}

// Name returns the name of a built-in scenario, or that of the file, and after a # the
// name of the case if the file has several.
func (s *Scenario) Name() string {
	if s.variant == "" {
		return s.name
	}
	return s.name + "#" + s.variant
}

// Case gives values to names. "name" is what the case is called.
type Case map[string]Value

// Server is what the server is and can do.
type Server struct {
	// Text after "+OK " at connect, without the APOP timestamp.
	Greeting string `json:"greeting,omitempty"`
	// What CAPA says of the server.
	Implementation string `json:"implementation,omitempty"`
	// The lines of the CAPA reply, in place of those that are true. It changes what is listed, not what works.
	Capabilities []string `json:"capabilities,omitempty"`
	// The lines of the CAPA reply before login, where they differ.
	LoginCapabilities []string `json:"loginCapabilities,omitempty"`
	// Commands and capabilities that the server lacks: TOP, UIDL, CAPA, APOP, PIPELINING, STLS ...
	Without []string `json:"without,omitempty"`
	// What AUTH offers. Default: SCRAM-SHA-256, SCRAM-SHA-1, CRAM-MD5, PLAIN and LOGIN; [] for none.
	Mechanisms []string `json:"mechanisms,omitzero"`
	// Whether the line can be protected: on request by STLS, from the start, or on request and needed before a password.
	// Default: none.
	TLS TLS `json:"tls,omitempty"`
	// What certificate the server shows. Default: good.
	Certificate Certificate `json:"certificate,omitempty"`
	// Whether the handshake fails for a client that does not name the server (SNI). Default: false.
	NeedsName bool `json:"needsName,omitempty"`
	// The least time between two logins of a user, in whole seconds. CAPA lists it.
	LoginDelay Duration `json:"loginDelay,omitempty"`
	// How long the server waits for a command before it closes the connection. Default: 10m.
	IdleTimeout Duration `json:"idleTimeout,omitempty"`
	// Which messages go when a session ends. Default: marked, by DELE and QUIT.
	Deletes Deletes `json:"deletes,omitempty"`
	// What sessions see of their mailbox other than it is, one change after the other.
	Shows []View `json:"shows,omitempty"`
	// How long a mailbox stays locked after a session that ended without QUIT. Default: not at all.
	LockAfterDrop Duration `json:"lockAfterDrop,omitempty"`
	// How long a login waits for a mailbox that another session has. Default: 100ms.
	LockWait Duration `json:"lockWait,omitempty"`
	// Whether several sessions may have the mailbox at once, each with its own marks of deletion. Default: false, a session locks it.
	Shared bool `json:"shared,omitempty"`
	// Whether each user is let in with any password, and any digest of APOP. Default: false.
	AnyPassword bool `json:"anyPassword,omitempty"`
	// The longest line of the client in octets, CRLF included, also inside an AUTH exchange. Default: 255, and 12288 inside AUTH.
	MaxLine int `json:"maxLine,omitempty" jsonschema:"minimum=1,maximum=65536"`
	// So many bad commands in a row close the connection. Default: 100.
	MaxBadCommands int `json:"maxBadCommands,omitempty" jsonschema:"minimum=1,maximum=1000000"`
	// So many refused logins in a session close the connection, after the answer. Default: no limit.
	MaxBadLogins int `json:"maxBadLogins,omitempty" jsonschema:"minimum=1,maximum=1000000"`
	// How long the answer to each refused login is delayed. Default: not at all.
	DelayBadLogin Duration `json:"delayBadLogin,omitempty"`
}

// Who may log in when a scenario has no users.
const (
	DefaultUser     = "demo"
	DefaultPassword = "demo"
)

// User is who may log in.
type User struct {
	// The name, without blanks.
	Name string `json:"name"`
	// The password; none when there is a token alone.
	Password string `json:"password,omitempty"`
	// Whether the password is the empty one. Default: false.
	EmptyPassword bool `json:"emptyPassword,omitempty"`
	// A token for XOAUTH2 and OAUTHBEARER.
	Token string `json:"token,omitempty"`
	// A mailbox of this user's own.
	Mailbox []Mail `json:"mailbox,omitempty"`
}

// Rule is what the server does otherwise at some commands.
type Rule struct {
	// The command: a verb, or a verb and its arguments, where * stands for any text: TOP 2 *; LIST * is not LIST alone. CONNECT is the greeting, TLS the handshake, RESPONSE a line
	// of the client inside an AUTH exchange (with the mechanism as argument), TIMEOUT the end of the idle time, * any command.
	On string `json:"on"`
	// Only when the command has no arguments: LIST, and not LIST 1. Default: false.
	Alone bool `json:"alone,omitempty"`
	// Only in this connection, counted from 1.
	Session int `json:"session,omitempty" jsonschema:"minimum=1,maximum=1000000"`
	// Only at the nth command that matches, counted from 1.
	Nth int `json:"nth,omitempty" jsonschema:"minimum=1,maximum=1000000"`
	// From the nth command on that matches, counted from 1.
	From int `json:"from,omitempty" jsonschema:"minimum=1,maximum=1000000"`
	// How many times at most.
	Times int `json:"times,omitempty" jsonschema:"minimum=1,maximum=1000000"`
	// Only for this user.
	User string `json:"user,omitempty"`
	// Only in this state of the session: before login, after it, after QUIT.
	State State `json:"state,omitempty"`
	// Only in this named state, to which the goto of a rule has led; start is the one at the beginning. It outlives
	// connections. Rules with a user have states of their own.
	When string `json:"when,omitempty"`
	// The named state from here on, each time the rule has fired.
	Goto string `json:"goto,omitempty"`
	// Whether it is a fault of the client's test when this rule never fires. Default: false.
	Required bool `json:"required,omitempty"`
	// What is done before the command is answered, so that the answer shows it.
	Before []Action `json:"before,omitempty"`
	// Another command that is answered in place of this one; $1 to $9 are the arguments of this one, $* all of them: TOP $1 1.
	As string `json:"as,omitempty"`
	// What is done to the right answer, step after step. It may be left out when before, after, as or goto say what happens.
	Do []Step `json:"do,omitempty"`
	// What is done once the command has taken effect, before the answer is sent.
	After []Action `json:"after,omitempty"`
}

// Expect is what a good client does. A command is written VERB, which means it with any arguments, or VERB ARGUMENTS, where *
// stands for any text.
type Expect struct {
	// Unique-ids of the messages that the server still has at the end: exactly these.
	Kept []string `json:"kept,omitzero"`
	// Unique-ids of messages that the server no longer has.
	Deleted []string `json:"deleted,omitempty"`
	// Commands that the client must not send.
	Never []string `json:"never,omitempty"`
	// Commands that the client sends, in any order.
	Received []string `json:"received,omitempty"`
	// Commands that the client sends in this order; others may stand between them.
	Sequence []string `json:"sequence,omitempty"`
	// For a verb the arguments that the client sends with it, in any order, each once, and no others: DELE: ["1", "3"].
	Exactly map[string][]Arguments `json:"exactly,omitempty"`
	// How often the client sends a command.
	Counts map[string]Count `json:"counts,omitempty"`
	// The client sends no commands but these, and those that log in and out: CAPA, USER, PASS, APOP, AUTH, STLS, QUIT.
	Only []string `json:"only,omitzero"`
	// How many connections the client makes.
	Sessions Count `json:"sessions,omitzero"`
	// The client is done so long after its first connection, in virtual time where that is used.
	Within Duration `json:"within,omitempty"`
}

// MTM says how our own mail client, the MTM, takes a scenario: it gets mail several times, and each time is asked how it went.
type MTM struct {
	// Whether it copies the mail, moves it, or looks at the headers alone. Default: copy.
	Take Take `json:"take,omitempty"`
	// Whether it looks at the headers before it takes the mail. Default: false, get mail asks for no header of a new message.
	HeadersFirst bool `json:"headersFirst,omitempty"`
	// How it logs in: the auth setting of an account. Default: userpass.
	Auth string `json:"auth,omitempty"`
	// Whether it tries that way though the server does not list it: the auth-unlisted setting of an account. Default: false.
	AuthUnlisted bool `json:"authUnlisted,omitempty"`
	// The password that it has. Default: that of the first user.
	Password string `json:"password,omitempty"`
	// Whether its password is the empty one. Default: false.
	EmptyPassword bool `json:"emptyPassword,omitempty"`
	// Commands that it does not send, though other clients may: it can do without them.
	Never []string `json:"never,omitempty"`
	// How often it gets mail, and how that ends. Default: twice, both without an error and with all mail stored.
	Runs []Run `json:"runs,omitempty"`
	// Unique-ids of messages that the server sends other than they are, so that what is stored is not what the mailbox has.
	Altered []string `json:"altered,omitzero"`
}

// Run is how one get mail ends.
type Run struct {
	// The number of the error (docs/errors.md). Default: 0, no error.
	Code int `json:"code,omitempty" jsonschema:"minimum=-100000,maximum=0"`
	// Unique-ids of the messages that are whole in the Inbox afterwards; when it looks at headers alone, of those that it lists. Default:
	// all that the scenario's mailbox began with.
	Stored []string `json:"stored,omitzero"`
	// Unique-ids of the messages that the error names as failed.
	Failed []string `json:"failed,omitempty"`
	// How long to wait before it, in virtual time.
	After Duration `json:"after,omitempty"`
	// How long it stays connected once it has its mail, in virtual time. That the line ends meanwhile is its error.
	Stays Duration `json:"stays,omitempty"`
	// How long it takes before each command, as on a machine that is busy with other things, in virtual time.
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

// TLS says when the line can be protected.
type TLS string

// The values of TLS.
const (
	NoTLS       TLS = "none"     // a plain line
	STLS        TLS = "stls"     // once the client asks for it by STLS
	ImplicitTLS TLS = "implicit" // from the first octet on
	RequiredTLS TLS = "required" // by STLS, before a password
)

func (TLS) words() []string {
	return []string{string(NoTLS), string(STLS), string(ImplicitTLS), string(RequiredTLS)}
}

// Certificate says what certificate the server shows.
type Certificate string

// The values of Certificate.
const (
	Good       Certificate = "good"        // of an authority that the client knows
	Expired    Certificate = "expired"     // good once, and no longer
	OtherName  Certificate = "other-name"  // of another server
	SelfSigned Certificate = "self-signed" // of no authority
)

func (Certificate) words() []string {
	return []string{string(Good), string(Expired), string(OtherName), string(SelfSigned)}
}

// Take says whether mail is copied or moved, or headers alone are.
type Take string

// The values of Take.
const (
	Copy    Take = "copy"    // the mail stays on the server
	Move    Take = "move"    // it is deleted there
	Headers Take = "headers" // it connects, looks what there is, and disconnects
)

func (Take) words() []string { return []string{string(Copy), string(Move), string(Headers)} }
