// Package notation reads and writes what went over connections in the notation
// of the RFCs: a line of the server begins with "S: ", one of the client with
// "C: ", and a remark stands in brackets.
//
//	[session 1 from 127.0.0.1:41712]
//	S: +OK POP3 server ready
//	C: USER ann
//
// No octet is lost. What is not text is escaped as in Go (\x00, \r, \n, \\). A
// line stands for its text and CRLF; one that ends with \n has a bare LF
// instead, and one that ends with a single \ has no line end: it goes on in the
// next line of that side, or the side stopped there. Secrets are written as
// ******** (see [Mask]).
package notation
