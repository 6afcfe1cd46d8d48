package scenarios

import "slices"

// ClientCheck says how the client check (pop3sim check) plays a scenario. All of it can be omitted.
type ClientCheck struct {
	// How often the client gets mail. Default: as often as the MTM does, at least twice.
	Visits int `json:"visits,omitempty" jsonschema:"minimum=1,maximum=20"`
	// What a client must do or support so that the scenario shows something about it; other clients
	// do not play it. What the server's TLS and rules with required ask for is known already.
	Needs []Ability `json:"needs,omitempty"`
	// The outcomes that this server leaves a good client no way to avoid, besides pass. A client
	// with one of them passes.
	Accepted []Outcome `json:"accepted,omitempty"`
}

// Ability is something that a client does or supports.
type Ability string

// The values of Ability.
const (
	Moves        Ability = "move"      // it deletes what it has stored
	Remembers    Ability = "remember"  // it does not fetch again what it has
	Tops         Ability = "top"       // it sends TOP
	UIDLs        Ability = "uidl"      // it sends UIDL
	CAPAs        Ability = "capa"      // it sends CAPA
	UsesTLS      Ability = "tls"       // it protects its connections by TLS, in one way or the other
	UsesSTLS     Ability = "stls"      // it asks for TLS by STLS
	UsesImplicit Ability = "implicit"  // its connections begin with TLS
	APOPs        Ability = "apop"      // it logs in by APOP
	Auths        Ability = "auth"      // it logs in by AUTH
	Tokens       Ability = "token"     // it logs in with an OAuth token as its password
	Killable     Ability = "kill"      // it is a process, which can be killed at any moment
	Pipelines    Ability = "pipeline"  // it sends commands without waiting
	Statuses     Ability = "status"    // its exit status says whether all went well
	Overwrites   Ability = "overwrite" // it stores a message under the same name each time
)

// Abilities returns all abilities.
func Abilities() []Ability {
	return []Ability{Moves, Remembers, Tops, UIDLs, CAPAs, UsesTLS, UsesSTLS, UsesImplicit, APOPs, Auths, Tokens, Killable, Pipelines, Statuses, Overwrites}
}

func (Ability) words() []string { return asWords(Abilities()) }

// Outcome is what the client check says of a client.
type Outcome string

// The values of Outcome.
const (
	Passes  Outcome = "pass"    // all is well
	Lost    Outcome = "LOST"    // a message that the client deleted is not stored
	Early   Outcome = "EARLY"   // a message is deleted before it is stored
	Leak    Outcome = "LEAK"    // a secret is sent without TLS, or to a server that cannot prove its name
	Half    Outcome = "HALF"    // a stored message is not as it was sent
	Hang    Outcome = "HANG"    // the client does not end
	Crash   Outcome = "CRASH"   // the client ends by a signal or a panic
	Doubled Outcome = "DOUBLED" // a message is stored twice
	NoQuit  Outcome = "NO-QUIT" // a session that was in order ends without QUIT
	Silent  Outcome = "SILENT"  // mail is left behind, and the exit status is 0
)

// Outcomes returns all outcomes.
func Outcomes() []Outcome {
	return []Outcome{Passes, Lost, Early, Leak, Half, Hang, Crash, Doubled, NoQuit, Silent}
}

func (Outcome) words() []string { return asWords(Outcomes()) }

func asWords[T ~string](all []T) []string {
	words := make([]string, len(all))
	for i, one := range all {
		words[i] = string(one)
	}
	return words
}

// checkClientCheck finds what stands twice in a set.
func (s *Scenario) checkClientCheck(bad wrong) {
	onlyOnce("check.needs", s.Check.Needs, bad)
	onlyOnce("check.accepted", s.Check.Accepted, bad)
}

func onlyOnce[T comparable](path string, set []T, bad wrong) {
	for i, one := range set {
		if slices.Contains(set[:i], one) {
			bad(at(path, i), "%v stands here twice", one)
		}
	}
}
