package pop3

import "io"

// Sink takes the messages of RetrAll and TopAll, one after the other, on the caller's goroutine.
//
// When a method or a writer returns an error, the sink is not called again and no further command is sent; the
// replies in flight (at most Options.Window) are read and thrown away, and the run returns that error as it is, with
// the session usable. When the line fails or the bytes make no sense, the run returns that error and the sink hears
// nothing more: a message without Done is not whole.
//
// When answers may no longer match the commands (QUIRK 86: the server refuses a message, one begins like a status line, a blank
// line comes before its answer, or one is shorter than a Sizer says), the run sends no more, holds back up to 8 MiB of what is
// in flight, and asks STAT. The sink hears of it all once STAT is answered as before, or twice alike; otherwise that is a
// *ProtocolError.
type Sink interface {
	// Message comes before the first octet of message n. A nil writer throws the message away. The slices that the
	// writer gets are valid until its Write returns; a message below 64 KiB comes in one Write.
	Message(n int) (io.Writer, error)
	// Done comes after the last octet, with the octets written; or, with a *ReplyError and without Message, when the
	// server refused n.
	Done(n int, octets int64, err error) error
}

// Sizer is a Sink that knows how long messages are, as LIST told. A message that is shorter may have ended at a dot that the
// server did not stuff (QUIRK 74): Done comes once it is known that no more of it follows. After eight that were just
// shorter the sizes of the session are held for estimates.
type Sizer interface {
	Size(n int) int64 // in octets; 0 or less when it is not known
}
