// Package check judges a POP3 client by what happens to the mail. Each case plays a server or a
// connection that fails in one way. The client fetches its mail from it, and then three things are
// compared: what was sent over the wire, what the mailbox still has, and what the client has
// stored. The verdict follows from a few invariants that hold for every client (Classes), not from
// a list of expected commands.
//
// A client is run by a Drive: a command line (Exec), a function of a Go test (Func), a program that
// speaks JSON (Listen), a person (Attend), or the MTM of this project. The MTM also plays each case
// that fails, to show that the case itself is sound.
//
//	r := check.Runner{Drive: check.Func(fetch), Cases: check.Named()}
//	report, err := r.Run(ctx)
package check
