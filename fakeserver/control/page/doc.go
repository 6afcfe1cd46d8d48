// Package page is the web page of a simulator: sessions as they happen, their transcripts with
// faults marked in place, the maildrop before and after, and buttons that write rules.
//
// It is one more caller of the operations of [control.Service]: HTML templates on the way out,
// forms on the way in, and server-sent events with the parts that have changed. All that a client
// or a user has written passes through html/template; the Content-Security-Policy allows no script
// but the page's own. HTML of messages is shown in a sandboxed frame whose policy allows neither
// scripts nor anything from the network.
//
// The files: page.go has the routes; view.go makes what the templates show, rows.go the transcript,
// drop.go the maildrop, message.go one message; live.go sends what changes; actions.go are the
// forms, faults.go their buttons, copies.go what can be copied.
package page
