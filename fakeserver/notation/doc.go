// Package notation reads and writes the traffic of connections in the notation of the RFCs: a line
// of the server begins with "S: ", a line of the client with "C: ", and a remark is in brackets.
//
//	[session 1 from 127.0.0.1:41712]
//	S: +OK POP3 server ready
//	C: USER ann
//
// No octet is lost. Octets that are not text are escaped as in Go (\x00, \r, \n, \\). A line stands
// for its text and CRLF. A line that ends with \n has a bare LF instead. A line that ends with a
// single \ has no line end: it continues in the next line of that side, or the side stopped there.
// Secrets are written as ******** (see [Secrets.Mask]).
package notation
