package pop3

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Capabilities holds the capabilities that the server lists: keywords in upper case, with their
// arguments.
type Capabilities map[string][]string

// Has reports whether the server listed the keyword word; case does not matter.
func (c Capabilities) Has(word string) bool {
	_, ok := c[strings.ToUpper(word)]
	return ok
}

// Mechanisms returns the SASL mechanisms that the server listed, sorted and in upper case. Domino
// lists them as AUTH=NAME (behaviour section 3, "Wire order").
func (c Capabilities) Mechanisms() []string {
	var names []string
	for word, args := range c {
		if name, ok := strings.CutPrefix(word, "AUTH="); ok {
			names = append(append(names, name), args...)
		}
	}
	names = append(names, c["SASL"]...)
	for i, name := range names {
		names[i] = strings.ToUpper(name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// LoginDelay returns how long a client must wait between two logins (RFC 2449 section 6.5), and
// whether the server says so.
func (c Capabilities) LoginDelay() (time.Duration, bool) {
	args := c["LOGIN-DELAY"]
	if len(args) == 0 {
		return 0, false
	}
	seconds, err := strconv.ParseUint(args[0], 10, 31)
	return time.Duration(seconds) * time.Second, err == nil
}

// Capa asks for the capabilities and returns a copy. The session keeps them: PIPELINING sets the
// window of RetrAll, TopAll and DeleAll.
//
// A server may refuse CAPA (RFC 2449 section 5): then Capa returns those of an earlier Capa (QUIRK
// 9: refused after login only), or an empty map, and no error.
func (s *Session) Capa(ctx context.Context) (Capabilities, error) {
	c := command{verb: "CAPA"}
	err := s.exchange(ctx, c, "CAPA", func([]byte) error {
		caps := Capabilities{}
		err := s.rows(ctx, c, s.opt.MaxCapa, "MaxCapa", func(row []byte) *ProtocolError {
			caps.add(row)
			return nil
		})
		if err == nil {
			s.caps = caps
		}
		return err
	})
	var refused *ReplyError
	if err != nil && !errors.As(err, &refused) {
		return nil, err
	}
	return s.Capabilities(), nil
}

// Capabilities returns a copy of what the last successful Capa returned, or an empty map.
func (s *Session) Capabilities() Capabilities {
	caps := make(Capabilities, len(s.caps))
	maps.Copy(caps, s.caps)
	return caps
}

// add parses one row. QUIRK 14: keywords in lower case. A keyword that comes twice collects the
// arguments of both rows.
func (c Capabilities) add(row []byte) {
	words := bytes.Fields(row)
	if len(words) == 0 {
		return
	}
	name := strings.ToUpper(string(words[0]))
	args := c[name]
	for _, w := range words[1:] {
		args = append(args, string(w))
	}
	c[name] = args
}

// window returns how many commands may be in flight. RFC 2449 section 6.6: more than one only with
// PIPELINING.
func (s *Session) window() int {
	if s.caps.Has("PIPELINING") {
		return s.opt.Window
	}
	return 1
}
