// Package maildrop says where the mail of a simulated POP3 server comes from:
// memory, a folder of .eml files, an mbox file, a Maildir, or a generator.
//
// Line endings follow one rule for all files: a message whose every LF is bare
// (Unix form) is served with CRLF, any other message byte for byte. Memory is
// always served byte for byte.
package maildrop
