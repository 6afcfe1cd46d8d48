// Package scenarios reads and plays scenarios: files that describe how a POP3 server misbehaves,
// and what a good client then does.
//
// A scenario is written as a YAML file ([Load]), as JSON with the same words ([Parse] reads both),
// or in Go, where a [Scenario] is a plain struct. [Scenario.Server] returns a server that plays it;
// [Play.Check] then judges the client by the transcripts and by what is left in the maildrop:
//
//	srv := scenarios.Start(t, "retr-drop")
//	// ... point your client at srv.Addr(), user demo, password demo.
//
// The built-in scenarios are embedded in the package. docs/scenarios.md describes how to write one.
package scenarios
