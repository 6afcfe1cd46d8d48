// Package record writes down what a client and a real server say to one another,
// and serves it again.
//
// A [Proxy] stands between the two, hands every octet on, and writes a transcript
// in the notation of package notation as it happens, secrets masked. [Open] reads
// a transcript, pairs commands and replies, pipelined ones too, and
// [Recording.Replay] is a server that gives them again, octet for octet.
package record
