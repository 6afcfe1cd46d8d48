// Package check judges a POP3 client by what becomes of the mail. Each case plays a server or a
// line that fails in one way; the client visits it, and then three witnesses are compared: what
// went over the wire, what the mailbox still has, and what the client has stored. The verdict comes
// from a few invariants that hold for every client (Classes), not from a list of commands.
//
// A client is anything with a Drive: a command line (Exec), a function of a Go test (Func), or the
// MTM of this project, which plays every case that fails a second time to show that the case itself
// is sound.
//
//	r := check.Runner{Drive: check.Func(fetch), Cases: check.Named()}
//	report, err := r.Run(ctx)
package check
