// Package stored reads the mail that a client has stored below a directory, in any of the usual
// layouts, and compares it with what a server sent. The comparison allows for what clients do to
// every message: line ends of the system, header fields of their own, quoted From lines.
package stored
