package pop3

import "time"

// Options are the limits of a session. nil and zero fields mean the defaults.
type Options struct {
	// Timeout bounds each wait for the server: a read or a write that makes no progress for so long
	// ends the session. Default one minute.
	Timeout time.Duration
	// MinRate ends the session when the server, once it has begun to answer a command, sends fewer
	// octets a second than this, for ten seconds in all. 0 and less is no limit.
	MinRate int64
	// MaxLine bounds status lines and rows of LIST, UIDL and CAPA, in octets without the line
	// ending. RFC 1939 section 3 and RFC 2449 section 4 say 512, servers exceed it: default 8 KiB.
	// Lines of a message have no limit.
	MaxLine int
	// MaxRows bounds the rows of LIST and UIDL. Default 10 million.
	MaxRows int
	// MaxUIDOctets bounds the sum of all UIDs of one UIDL reply. Default 1 GiB.
	MaxUIDOctets int64
	// MaxCapa bounds the lines of CAPA. Default 1000.
	MaxCapa int
	// MaxBody bounds one message of RETR or TOP, in octets. Default 1 TiB.
	MaxBody int64
	// MaxRest bounds the octets that are read and thrown away after a writer failed, so
	// that the session stays usable. Where the server has more to send the session ends
	// instead. Default 1 MiB.
	MaxRest int64
	// Window is how many commands may be in flight when the server says PIPELINING; otherwise
	// it is one. Default 128.
	Window int
	// WindowBytes bounds the octets of the commands in flight. Default 4096. One
	// command always goes.
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
