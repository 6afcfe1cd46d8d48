// Package recorded turns a recording into a scenario: a server that has the same mail, and that
// gives the same answers as the recorded server to the same commands, in any order.
//
// Rules are made only for answers that a correct server would not give by itself, so that DELE and
// RSET still work. To find these answers, the package sends the recorded commands to a server that
// plays the scenario so far. Where its answer differs from the recorded one, a rule is added.
package recorded
