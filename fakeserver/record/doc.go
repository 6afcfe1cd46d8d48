// Package record records the traffic between a client and a real server, and replays it.
//
// A [Proxy] between the two forwards every octet and writes a transcript in the notation of package
// notation, with secrets masked. [Open] reads a transcript and matches commands with replies,
// pipelined ones too. [Recording.Replay] is a server that repeats the replies, octet for octet.
package record
