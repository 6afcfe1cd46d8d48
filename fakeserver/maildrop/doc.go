// Package maildrop holds the mail of a simulated POP3 server. The mail comes from
// memory, a directory of .eml files, an mbox file, a Maildir, or a generator.
//
// Line endings follow one rule for all files: a message in which every LF is bare
// (Unix form) is served with CRLF, any other message byte for byte. Mail from memory
// is always served byte for byte.
package maildrop
