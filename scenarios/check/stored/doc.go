// Package stored reads the mail that a client has stored below a directory, in any of the usual
// layouts, and compares it with what a server sent. The comparison allows for the changes that
// clients make to every message: the system's line ends, added header fields, quoted From lines.
package stored
