package client

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"

	"github.com/grafana/sobek"

	"pop3mtm/mtm/pop3"
)

// Listing is the result of stat and list.
type Listing struct {
	Count  int   `js:"count"`
	Octets int64 `js:"octets"`
}

// Stat asks how many messages there are, and their total size.
func (s *Session) Stat(c sobek.FunctionCall) sobek.Value {
	return s.method("stat", c, func(ctx context.Context, _ call) (any, error) {
		stat, err := s.stat(ctx)
		return Listing{Count: stat.Count, Octets: stat.Octets}, err
	})
}

func (s *Session) stat(ctx context.Context) (stat pop3.Stat, err error) {
	err = s.timed(ctx, "STAT", func() error {
		var failed error
		stat, failed = s.line.Stat(ctx)
		return failed
	})
	return stat, err
}

// List asks for the sizes of all messages, and keeps them: 8 octets a message.
func (s *Session) List(c sobek.FunctionCall) sobek.Value {
	return s.method("list", c, func(ctx context.Context, _ call) (any, error) {
		if err := s.list(ctx); err != nil {
			return nil, err
		}
		all := Listing{Count: len(s.sizes)}
		for _, size := range s.sizes {
			all.Octets += max(size, 0)
		}
		return all, nil
	})
}

// list keeps the sizes of LIST. Numbers that are not 1, 2, 3 ... are an invalid reply here: with
// marks of this session LIST leaves messages out, but their sizes are known already.
func (s *Session) list(ctx context.Context) error {
	if s.sizes != nil {
		return nil
	}
	return s.timed(ctx, "LIST", func() error {
		rows, err := s.line.List(ctx)
		if err != nil {
			return err
		}
		sizes := make([]int64, len(rows))
		for i, row := range rows {
			if row.Number != i+1 {
				return &pop3.ProtocolError{Verb: "LIST", Row: i + 1, Expected: "message " + strconv.Itoa(i+1), Got: strconv.Itoa(row.Number)}
			}
			sizes[i] = row.Octets
		}
		s.sizes = sizes
		return nil
	})
}

// seen holds what a refresh found: a hash of each unique-id, sorted, 8 octets a message.
type seen struct {
	seed maphash.Seed
	all  []uint64
}

// Refreshed is the result of refresh.
type Refreshed struct {
	Count  int   `js:"count"`
	Octets int64 `js:"octets"`
	Fresh  int   `js:"fresh"` // messages that the refresh before did not have
	Gone   int   `js:"gone"`  // those that only it had
}

// Refresh asks STAT, LIST and UIDL, and compares the list with the one that this VU has seen
// before of this user on this server.
func (s *Session) Refresh(c sobek.FunctionCall) sobek.Value {
	return s.method("refresh", c, func(ctx context.Context, _ call) (any, error) {
		stat, err := s.stat(ctx)
		if err == nil {
			s.sizes = nil
			err = s.list(ctx)
		}
		var rows []pop3.UID
		if err == nil {
			rows, err = s.uidl(ctx)
		}
		if err != nil {
			return nil, err
		}
		return s.compare(stat, rows), nil
	})
}

func (s *Session) uidl(ctx context.Context) (rows []pop3.UID, err error) {
	err = s.timed(ctx, "UIDL", func() error {
		var failed error
		rows, failed = s.line.Uidl(ctx)
		return failed
	})
	return rows, err
}

// compare finds what is new since the last refresh, and keeps the list for the next one.
func (s *Session) compare(stat pop3.Stat, rows []pop3.UID) Refreshed {
	key := s.Address + " " + s.user
	before := s.module.known[key]
	if before == nil {
		before = &seen{seed: maphash.MakeSeed()}
	}
	now := &seen{seed: before.seed, all: make([]uint64, 0, len(rows))}
	s.fresh = []int32{}
	for _, row := range rows {
		hash := maphash.String(now.seed, row.UID)
		now.all = append(now.all, hash)
		if _, found := slices.BinarySearch(before.all, hash); !found {
			s.fresh = append(s.fresh, int32(row.Number))
		}
	}
	slices.Sort(now.all)
	s.module.known[key] = now
	stayed := len(now.all) - len(s.fresh)
	return Refreshed{Count: stat.Count, Octets: stat.Octets, Fresh: len(s.fresh), Gone: max(len(before.all)-stayed, 0)}
}

// numbers is a choice of messages, handed out in pieces so that a large mailbox needs no list.
type numbers struct {
	from, to int     // when the other two are nil
	some     []int32 // of the last refresh
	given    []int   // by the script
}

const mostNumbers = 1 << 20 // that a script may list

// choice reads what a script says about messages: undefined or "all", "new", a number, a list of
// numbers, or {from, to}.
func (s *Session) choice(ctx context.Context, c call, v sobek.Value) (numbers, error) {
	if v == nil || sobek.IsUndefined(v) {
		return s.everything(ctx)
	}
	switch given := v.Export().(type) {
	case string:
		switch given {
		case "all":
			return s.everything(ctx)
		case "new":
			if s.fresh == nil {
				return numbers{}, errors.New(`"new" is what the last refresh found: call refresh first`)
			}
			return numbers{some: s.fresh}, nil
		}
	case int64:
		n, err := wholeOf(v, "a message number", 1, 1<<31-1)
		return numbers{given: []int{int(n)}}, err
	case []any:
		return listed(given)
	case map[string]any:
		return ranged(c.rt, v)
	}
	return numbers{}, fmt.Errorf(`the messages must be "all", "new", a number, a list of numbers or {from, to}, not %s`, kindOf(v))
}

// everything returns all messages of LIST.
func (s *Session) everything(ctx context.Context) (numbers, error) {
	if err := s.list(ctx); err != nil {
		return numbers{}, err
	}
	return numbers{from: 1, to: len(s.sizes)}, nil
}

func listed(given []any) (numbers, error) {
	if len(given) > mostNumbers {
		return numbers{}, fmt.Errorf("a list of %d messages is longer than %d: give {from, to}", len(given), mostNumbers)
	}
	all := numbers{given: make([]int, len(given))}
	for i, one := range given {
		n, ok := one.(int64)
		if !ok || n < 1 || n > 1<<31-1 {
			return numbers{}, fmt.Errorf("a message number is a whole number from 1, not %v", one)
		}
		all.given[i] = int(n)
	}
	return all, nil
}

func ranged(rt *sobek.Runtime, v sobek.Value) (numbers, error) {
	var n numbers
	bound := func(name string, to *int) taker {
		return func(v sobek.Value) error {
			got, err := wholeOf(v, name, 1, 1<<31-1)
			*to = int(got)
			return err
		}
	}
	err := takeOptions(rt, v, map[string]taker{"from": bound("from", &n.from), "to": bound("to", &n.to)})
	if err == nil && (n.from == 0 || n.to < n.from) {
		err = errors.New("{from, to} needs both, and to must not be below from")
	}
	return n, err
}

// piece is how many messages are asked for in one run.
const piece = 16 << 10

// each calls do for one piece of the numbers after the other.
func (n numbers) each(do func([]int) error) error {
	if n.given != nil {
		return do(n.given)
	}
	total := n.to - n.from + 1
	if n.some != nil {
		total = len(n.some)
	}
	some := make([]int, 0, min(total, piece))
	for done := 0; done < total; done += len(some) {
		some = some[:0]
		for i := done; i < min(done+piece, total); i++ {
			if n.some != nil {
				some = append(some, int(n.some[i]))
			} else {
				some = append(some, n.from+i)
			}
		}
		if err := do(some); err != nil {
			return err
		}
	}
	return nil
}

// numberIn returns the number of a message in a synthetic mailbox with this seed, from its
// unique-id SEED-NUMBER; 0 for another unique-id.
func numberIn(uid string, seed uint64) int32 {
	of, text, ok := strings.Cut(uid, "-")
	if !ok || of != strconv.FormatUint(seed, 16) {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0
	}
	return int32(n)
}
