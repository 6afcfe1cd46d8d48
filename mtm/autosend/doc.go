// Package autosend sends the outbox of one SMTP service (behaviour sections 10 and 13): what the original's program
// autosend.exe does, as a function. cmd/autosend is the program; the client MTM starts it when it connects.
//
//	result, err := autosend.Run(ctx, st, smtpService, nil)
//
// It takes the messages of the Outbox that wait for the service (Waiting, Scheduled, Resend) and sends them one by one
// over one connection. What the server took moves to the Sent folder; what it refused goes back to Waiting, flagged as
// failed, with the reason in its envelope; what can never be sent is left as Failed. A recipient that was accepted is
// never sent to again, whatever happened to the others. The envelope says who gets a message; its header may not: fields
// named Bcc are left out.
//
// # Sending once
//
// Any number of programs may send from one store at the same time. Each message is leased before it is sent (see
// store.Store.Lease), so only one of them sends it; what a program that died held is free again when its lease ends. One
// window remains, as for any SMTP client (RFC 5321 section 4.1.1.4): when the program is killed, or the line breaks,
// between the server's taking the message after the final dot and the commit that notes it, the message is sent again. The
// two copies have the same Message-ID, by which mail programs and servers know them for one.
//
// A message that somebody suspends while it is being sent is not finished: the state is looked at again before each
// 64 KiB and before the final dot.
package autosend
