// Package autosend sends the Outbox of an SMTP service (behaviour sections 10 and 13), as
// the original's program autosend.exe does. cmd/autosend is the program; the client MTM
// starts it when it connects.
//
//	result, err := autosend.Run(ctx, st, smtpService, nil)
//
// It sends the messages of the Outbox that wait for the service (Waiting, Scheduled, Resend) one by
// one over one connection. A message that the server accepts moves to the Sent folder. A message
// that the server refuses temporarily goes back to Waiting, flagged as failed, with the reason in
// its envelope; one that is refused permanently, or can never be sent, becomes Failed. A recipient
// that was accepted is never sent to again. The envelope says who gets a message, not its header:
// fields named Bcc are left out.
//
// # Sending once
//
// Any number of programs may send from one store at the same time. Each message is leased before it
// is sent (see store.Store.Lease), so only one of them sends it; the lease of a program that died
// ends. One gap remains, as for any SMTP client (RFC 5321 section 4.1.1.4): when the program is
// killed, or the connection breaks, after the server has accepted the message and before the commit
// that records it, the message is sent again. The two copies have the same Message-ID, by which
// mail programs and servers recognize them.
//
// Sending a message stops when somebody suspends it: its state is read again before each 64 KiB
// and before the final dot.
package autosend
