// Package recorded makes a scenario of a recording: a server that gives the same
// mail and the same answers as the recorded one, to the same commands in any
// order.
//
// What a correct server would answer by itself is left to it, so that DELE and
// RSET do what they should. It finds that out by asking: the recorded commands
// are sent to a server that plays the scenario so far, and where its answer is not
// the recorded one, a rule says so.
package recorded
