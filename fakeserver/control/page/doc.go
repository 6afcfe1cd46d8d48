// Package page is the web page of a simulator: sessions as they happen, their transcripts with
// faults marked in place, the maildrop before and after, and buttons that write rules.
//
// It calls the operations of [control.Service]: it shows their results in HTML templates, calls
// them from forms, and sends the parts that have changed as server-sent events. All text from
// clients and users passes through html/template; the Content-Security-Policy allows only the
// page's own script. HTML of messages is shown in a sandboxed frame whose policy allows neither
// scripts nor anything from the network.
//
// The files: routes.go has the routes; view.go makes the data of the templates, rows.go that of the
// transcript, drop.go of the maildrop, message.go of one message; live.go sends changes; actions.go
// has the forms, faults.go their buttons, copies.go the texts to copy.
package page
