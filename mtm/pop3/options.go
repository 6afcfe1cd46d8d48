package pop3

import "time"

// Options sets the limits of a session. A nil pointer and zero fields select the defaults.
type Options struct {
	// Timeout limits each wait for the server: a read or write without progress for this long ends
	// the session. Default 1 minute.
	Timeout time.Duration
	// MinRate ends the session when the server, once it has begun to answer a command, sends fewer
	// octets per second than this, for 10 seconds in all. 0 or less sets no limit.
	MinRate int64
	// MaxLine limits status lines and rows of LIST, UIDL and CAPA, in octets without the line
	// ending. Default 8 KiB, since servers exceed the 512 octets of RFC 1939 section 3 and RFC 2449
	// section 4. Lines of a message have no limit.
	MaxLine int
	// MaxRows limits the rows of a LIST or UIDL reply. Default 10 million.
	MaxRows int
	// MaxUIDOctets limits the total length of the UIDs in one UIDL reply. Default 1 GiB.
	MaxUIDOctets int64
	// MaxCapa limits the rows of a CAPA reply. Default 1000.
	MaxCapa int
	// MaxBody limits one message of RETR or TOP, in octets. Default 1 TiB.
	MaxBody int64
	// MaxRest limits the octets that are read and discarded after a writer failed, so that the
	// session stays usable. When the server has more to send, the session ends. Default 1 MiB.
	MaxRest int64
	// Window limits the commands in flight on a server with PIPELINING; without it the window is 1.
	// Default 128.
	Window int
	// WindowBytes limits the octets of the commands in flight; a single command is always sent.
	// Default 4096.
	WindowBytes int
}

func (o *Options) orDefault() Options {
	var c Options
	if o != nil {
		c = *o
	}
	c.Timeout = positiveOr(c.Timeout, time.Minute)
	c.MaxLine = positiveOr(c.MaxLine, 8<<10)
	c.MaxRows = positiveOr(c.MaxRows, 10_000_000)
	c.MaxUIDOctets = positiveOr(c.MaxUIDOctets, 1<<30)
	c.MaxCapa = positiveOr(c.MaxCapa, 1000)
	c.MaxBody = positiveOr(c.MaxBody, 1<<40)
	c.MaxRest = positiveOr(c.MaxRest, 1<<20)
	c.Window = positiveOr(c.Window, 128)
	c.WindowBytes = positiveOr(c.WindowBytes, 4096)
	return c
}

func positiveOr[T int | int64 | time.Duration](v, otherwise T) T {
	if v > 0 {
		return v
	}
	return otherwise
}
