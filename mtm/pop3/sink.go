package pop3

import "io"

// Sink takes the messages of RetrAll and TopAll, one after the other, on the caller's goroutine.
//
// When a method or a writer returns an error, the sink is not called again and no further command is sent; the
// replies in flight (at most Options.Window) are read and thrown away, and the run returns that error as it is, with
// the session usable. When the line fails or the bytes make no sense, the run returns that error and the sink hears
// nothing more: a message without Done is not whole.
type Sink interface {
	// Message comes before the first octet of message n. A nil writer throws the message away. The slices that the
	// writer gets are valid until its Write returns; a message below 64 KiB comes in one Write.
	Message(n int) (io.Writer, error)
	// Done comes after the last octet, with the octets written; or, with a *ReplyError and without Message, when the
	// server refused n.
	Done(n int, octets int64, err error) error
}
