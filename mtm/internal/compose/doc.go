// Package compose writes mail: it turns a Letter into the octets of a message
// (RFC 5322, MIME), reads addresses that people type, and knows whom an answer goes
// to. It refuses whatever could put a line of its own into a header. It knows nothing
// of stores and accounts.
package compose
