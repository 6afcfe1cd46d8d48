// Package features holds Gherkin suites that describe the MTM's behaviour in a user's words, and
// the steps that run them. Each scenario has a server of package fakeserver, a store in its own
// directory, and an mtm.Client.
//
// Run runs the built-in suites or other feature files. InitializeScenario adds the steps to a godog
// suite of your own, beside your own steps; examples/godog shows that. STEPS.md lists every step
// with an example. The table of steps is in server.go, mail.go, store.go, outbox.go and sending.go:
// a new step is a row there, and a method of at most twelve lines, which checks with the world's
// Expect.
package features
