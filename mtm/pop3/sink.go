package pop3

import "io"

// Sink takes the messages of RetrAll and TopAll, one after the other, on the caller's goroutine.
//
// When a method or a writer returns an error, the sink is not called again and no further
// command is sent; the replies in flight (at most Options.Window) are read and thrown away, and
// the run returns that error as it is, with the session usable. When the line fails or the
// bytes make no sense, the run returns that error and the sink hears nothing more: a message
// without Done is not whole.
//
// Done comes when the message is proven to be the one that was asked for: by the size that a Sizer
// knows, or by a probe, which is STAT asked directly behind it (see the table of next in
// resync.go). Up to 8 MiB are held back until then. What turns out not to be proven is thrown away
// and asked for again: then Message comes once more for the same message, without Done in between,
// and what its writer got before does not count.
type Sink interface {
	// Message comes before the first octet of message n. A nil writer throws the message away.
	// The slices that the writer gets are valid until its Write returns; a message below 64
	// KiB comes in one Write.
	Message(n int) (io.Writer, error)
	// Done comes after the last octet, with the octets written. With a *ReplyError and without
	// Message it says that the server refused n; with a *ProtocolError, that n was asked for again
	// in vain: the session goes on, and what the last writer got, octets in all, is how n begins,
	// and perhaps not only n.
	Done(n int, octets int64, err error) error
}

// Sizer is a Sink that knows how long messages are, as LIST told. As long as they prove right, a
// message of that size is proven by it, and one of another size is asked for again (QUIRK 72, 74):
// the same again, it is taken, and sizes prove nothing from then on (QUIRK 42; see
// Session.SizesAreEstimates).
type Sizer interface {
	Size(n int) int64 // in octets; 0 or less when it is not known
}

// Follower is a Sink that hears how much of a message has come, each time before the server is
// waited for. A message below 64 KiB is written only when it is there; while messages are held back
// to be proven, nothing is heard.
type Follower interface {
	Came(n int, octets int64)
}
