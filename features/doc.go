// Package features holds the Gherkin suites that describe the MTM's behaviour in
// a user's words, and the steps that run them: a real server from package
// fakeserver, a real store in a folder of its own, and a real mtm.Client for each
// scenario.
//
// Run runs the built-in suites or anyone's files. InitializeScenario gives the steps to a godog
// suite of your own, where they stand beside your steps; examples/godog shows it. STEPS.md lists
// every step with an example; steps.go puts the table together from server.go, mail.go and
// store.go. A new step is a row there and a method of at most twelve lines; what it finds goes
// through the world's Expect, which fails the step.
package features
