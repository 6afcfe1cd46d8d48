package pop3

import (
	"bytes"
	"context"
	"errors"
)

// Stat holds a reply to STAT: the number of messages not marked as deleted, and their total size in
// octets.
type Stat struct {
	Count  int
	Octets int64
}

// Stat returns the number of messages and their total size. A negative number, more than 2^31-1
// messages or more than 2^63-1 octets is a *ProtocolError (QUIRK 58, 59).
func (s *Session) Stat(ctx context.Context) (Stat, error) {
	var stat Stat
	c := command{verb: "STAT"}
	err := s.exchange(ctx, c, "STAT", func(text []byte) error {
		var ok bool
		if stat, ok = parseStat(text); !ok {
			return s.spoil(c.protocolError("a message count and a size in octets", text))
		}
		s.count = stat.Count
		s.probe.learn(text)
		return nil
	})
	if _, refused := errors.AsType[*ReplyError](err); refused {
		s.probe.turn(saysERR)
	}
	return stat, err
}

func parseStat(text []byte) (Stat, bool) {
	count, rest, ok := cutNumber(bytes.TrimLeft(text, " \t"), maxNumber)
	if !ok {
		return Stat{}, false
	}
	octets, _, ok := cutNumber(bytes.TrimRight(rest, "\x00"), maxOctets)
	return Stat{Count: int(count), Octets: octets}, ok
}
