package pop3

import "io"

// Sink receives the messages of RetrAll and TopAll, one after the other, on the caller's goroutine.
//
// When a method or a writer returns an error, the sink is not called again and no further command
// is sent. The replies in flight (at most Options.Window) are read and discarded; the run returns
// the error unchanged, and the session stays usable.
//
// When the connection fails or a reply is invalid, the run returns that error. A message without
// Done is not complete.
//
// Done is called when the message is proven to be the one asked for: by its size, which a Sizer
// knows, or by a probe, a STAT sent directly after it (see the table of next in resync.go). Until
// then up to 8 MiB are held back.
//
// A message that cannot be proven is asked for again: Message is called once more for it, without
// Done in between, and the octets written before do not count.
type Sink interface {
	// Message is called before the first octet of message n and returns the writer for it; nil
	// discards the message. A message below 64 KiB comes in one Write.
	Message(n int) (io.Writer, error)
	// Done is called after the last octet of message n, with the octets written. err is nil; a
	// *ReplyError when the server refused n, without Message before; or a *ProtocolError when n
	// could not be proven even when asked for again.
	//
	// After a *ProtocolError the last writer's octets begin with message n and may contain more
	// than n; the session stays usable.
	Done(n int, octets int64, err error) error
}

// Sizer is a Sink that knows the sizes in LIST. While they are right, a message of its size is
// proven, and one of another size is asked for again (QUIRK 72, 74).
//
// When the same octets come again it is accepted, and from then on sizes prove nothing
// (QUIRK 42; see Session.SizesAreEstimates).
type Sizer interface {
	Size(n int) int64 // in octets; 0 or less when it is not known
}

// Follower is a Sink that follows how much of a message has come. Came is called before each wait
// for the server, with the octets of message n so far; it is not called while messages are held
// back.
type Follower interface {
	Came(n int, octets int64)
}
