// Package scenarios says in files how a POP3 server shall misbehave, and what a
// good client does then.
//
// A scenario has one model and three doors: YAML files ([Load]), the same words
// as JSON ([Parse] takes both), and Go (a [Scenario] is a plain struct).
// [Scenario.Server] makes a server that plays it, whose [Play.Check] judges the
// client by transcripts and maildrop:
//
//	srv := scenarios.Start(t, "retr-drop")
//	// ... point your client at srv.Addr(), user demo, password demo.
//
// The built-in files are embedded; docs/scenarios.md tells how to write one.
package scenarios
