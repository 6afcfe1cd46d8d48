package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/fakeserver/maildrop"
)

// synthetic is the value of --synthetic: COUNT[,size=8KiB][,seed=1].
type synthetic struct {
	given bool
	o     maildrop.SyntheticOptions
}

// Set parses the value.
func (s *synthetic) Set(text string) error {
	count, rest, more := strings.Cut(text, ",")
	n, err := strconv.ParseUint(count, 10, 31)
	if err != nil || n == 0 {
		return errors.New("write COUNT[,size=8KiB][,seed=1] with a count of 1 or more")
	}
	o := maildrop.SyntheticOptions{Count: int(n), Size: 8 << 10, Seed: 1}
	seen := map[string]bool{}
	for more {
		var word string
		word, rest, more = strings.Cut(rest, ",")
		name, value, _ := strings.Cut(word, "=")
		if seen[name] {
			return fmt.Errorf("%s is given twice", name)
		}
		seen[name] = true
		switch name {
		case "size":
			if err = (*cli.Size)(&o.Size).Set(value); err == nil && o.Size < maildrop.MinSyntheticSize {
				err = fmt.Errorf("size is at least %d", maildrop.MinSyntheticSize)
			}
		case "seed":
			if o.Seed, err = strconv.ParseUint(value, 10, 64); err != nil {
				err = fmt.Errorf("seed is a whole number, not %q", value)
			}
		default:
			err = fmt.Errorf("there is no %q, only size and seed", name)
		}
		if err != nil {
			return err
		}
	}
	if o.Size > math.MaxInt64/int64(n) {
		return errors.New("that is more octets than can be counted")
	}
	*s = synthetic{true, o}
	return nil
}

// String is the value in full, empty when it was not given.
func (s *synthetic) String() string {
	if !s.given {
		return ""
	}
	return fmt.Sprintf("%d,size=%s,seed=%d", s.o.Count, cli.Size(s.o.Size), s.o.Seed)
}

// Type is what help shows for the value.
func (s *synthetic) Type() string { return "COUNT" }

func (s *synthetic) open() (maildrop.Source, error) { return maildrop.Synthetic(s.o) }
