// Package compose writes mail: it turns a Letter into the octets of a message (RFC 5322, MIME),
// parses addresses that people type, and finds the recipients of a reply. It rejects all texts that
// could add a line to a header. It does not depend on stores and accounts.
package compose
