package check

import (
	"slices"

	"pop3mtm/scenarios"
)

// Class is a way in which a client fails its user.
type Class string

// The values of Class, the worst first.
const (
	Lost         = Class(scenarios.Lost)
	Early        = Class(scenarios.Early)
	Leak         = Class(scenarios.Leak)
	Half         = Class(scenarios.Half)
	Hang         = Class(scenarios.Hang)
	Crash        = Class(scenarios.Crash)
	Doubled      = Class(scenarios.Doubled)
	NoQuit       = Class(scenarios.NoQuit)
	Silent       = Class(scenarios.Silent)
	NotExercised = Class("NOT-EXERCISED")
)

// About explains a class to people.
type About struct {
	Class   Class
	Rule    string   // the invariant, in one sentence
	RFC     []string // where it comes from
	Loses   string   // what a user loses
	Warning bool     // it fails a run only with Policy.Strict
	Always  bool     // it fails a run at any severity
}

// Classes returns all classes, the worst first.
func Classes() []About {
	return []About{
		{Class: Lost, Rule: "A message that the client deleted, by its own DELE and QUIT, is stored.",
			RFC: []string{"1939/6"}, Loses: "the message: it no longer exists anywhere", Always: true},
		{Class: Early, Rule: "A message is stored before the server is asked to delete it, so that a client that is killed at that moment loses nothing.",
			RFC: []string{"1939/6"}, Loses: "the message, when the power fails or the client is killed at the wrong moment", Always: true},
		{Class: Leak, Rule: "A client that is set to use TLS sends no secret before TLS, or to a server that cannot prove its name.",
			RFC: []string{"2595/2.4", "8314/5.2"}, Loses: "the password, to anybody on the way", Always: true},
		{Class: Half, Rule: "What is stored as a message is what a reader of RFC 1939 gets from the octets on the wire.",
			RFC: []string{"1939/3"}, Loses: "a part of the message, without noticing", Always: false},
		{Class: Hang, Rule: "When the server stops, the client gives up or continues: it does not wait for ever, and it does not keep working for ever after its connection has ended.",
			RFC: []string{"1939/3"}, Loses: "all further mail, and the disk or the battery", Always: true},
		{Class: Crash, Rule: "Nothing that a server sends ends the client by a signal or by an abort of its runtime.",
			RFC: []string{"1939/3"}, Loses: "what the client was doing, and perhaps more: a crash can be an attack"},
		{Class: Doubled, Rule: "A client that remembers what it has stores no message twice.",
			RFC: []string{"1939/7"}, Loses: "time: the same message comes again", Warning: true},
		{Class: NoQuit, Rule: "A client whose session was in order ends it with QUIT.",
			RFC: []string{"1939/6"}, Loses: "nothing at once; without QUIT no deletion happens, and some servers lock the mailbox", Warning: true},
		{Class: Silent, Rule: "A client that could not fetch all mail does not say that all is well.",
			RFC: []string{"1939/3"}, Loses: "the knowledge that mail is missing", Warning: true},
		{Class: NotExercised, Rule: "The client never met the fault, so nothing is known.", Warning: true},
	}
}

// about returns the row of a class.
func about(c Class) About {
	all := Classes()
	if i := slices.IndexFunc(all, func(a About) bool { return a.Class == c }); i >= 0 {
		return all[i]
	}
	return About{Class: c}
}

// rank returns the place of a class in the list, the worst first.
func rank(c Class) int {
	return slices.IndexFunc(Classes(), func(a About) bool { return a.Class == c })
}
