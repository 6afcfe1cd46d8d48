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

// Capabilities are what the server says it can do: words in upper case, with the arguments of each.
type Capabilities map[string][]string

// Has says whether the server listed word, in any case.
func (c Capabilities) Has(word string) bool {
	_, ok := c[strings.ToUpper(word)]
	return ok
}

// Mechanisms are the SASL mechanisms that the server listed, in upper case. Domino writes them
// after AUTH= (behaviour section 3, "Wire order").
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

// LoginDelay is how long a client has to wait between two logins, as far as the server says so
// (RFC 2449 section 6.5).
func (c Capabilities) LoginDelay() (time.Duration, bool) {
	args := c["LOGIN-DELAY"]
	if len(args) == 0 {
		return 0, false
	}
	seconds, err := strconv.ParseUint(args[0], 10, 31)
	return time.Duration(seconds) * time.Second, err == nil
}

// Capa asks for the capabilities and keeps them in the session; PIPELINING sets the
// window of RetrAll, TopAll and DeleAll. RFC 2449 section 5: a server may refuse CAPA.
// Then what an earlier CAPA said stays (QUIRK 9: refused after login only), or the set is
// empty. The caller owns the map.
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

// Capabilities are those of the last Capa, empty before it. The caller owns the map.
func (s *Session) Capabilities() Capabilities {
	caps := make(Capabilities, len(s.caps))
	maps.Copy(caps, s.caps)
	return caps
}

// add reads one row. QUIRK 14: words in lower case. A word that comes twice collects
// the arguments of both.
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

// window is how many commands may be in flight. RFC 2449 section 6.6: more than
// one only with PIPELINING.
func (s *Session) window() int {
	if s.caps.Has("PIPELINING") {
		return s.opt.Window
	}
	return 1
}
