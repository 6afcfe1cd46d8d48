package pop3

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
)

// UID is one row of UIDL: a message number and the server's unique id for it, "" when the row has
// none (QUIRK 49). An id may be longer than 70 octets and contain any octets, blanks included
// (QUIRK 51, 52).
type UID struct {
	Number int
	UID    string
}

// Uidl returns the unique ids of all messages in the server's order, repeated ones included. It
// omits rows without a readable message number (behaviour section 4).
//
// The ids share a few blocks of memory: clone one that outlives the list. QUIRK 86: before Uidl
// returns a *ReplyError, a STAT proves that it answers this command.
func (s *Session) Uidl(ctx context.Context) ([]UID, error) {
	var list []UID
	var names arena
	err := s.UidlEach(ctx, func(number int, uid []byte) {
		if list == nil {
			list = make([]UID, 0, s.room())
		}
		list = append(list, UID{Number: number, UID: names.keep(uid)})
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// UidlEach calls f for each row that Uidl would return; uid is valid only during the call. An error
// shows only after some calls.
func (s *Session) UidlEach(ctx context.Context, f func(number int, uid []byte)) error {
	c := command{verb: "UIDL"}
	err := s.exchange(ctx, c, "UIDL", func([]byte) error {
		var total int64
		return s.rows(ctx, c, s.opt.MaxRows, "MaxRows", func(row []byte) *ProtocolError {
			n, uid, ok := parseUID(row)
			if !ok {
				return nil
			}
			if total += int64(len(uid)); total > s.opt.MaxUIDOctets {
				return c.limitError(0, "MaxUIDOctets", fmt.Sprintf("at most %d octets of UIDs", s.opt.MaxUIDOctets))
			}
			f(n, uid)
			return nil
		})
	})
	return s.confirm(ctx, c, err)
}

// UidlOne returns the unique id of message n. QUIRK 55: the reply may lack the number. QUIRK 54: a
// reply with another number is a *ProtocolError.
func (s *Session) UidlOne(ctx context.Context, n int) (UID, error) {
	if err := checkNumber(n); err != nil {
		return UID{}, err
	}
	one := UID{Number: n}
	c := command{verb: "UIDL", number: n}
	err := s.exchange(ctx, c, "UIDL "+strconv.Itoa(n), func(text []byte) error {
		uid, ok := parseUIDOf(n, trimRow(text))
		if !ok {
			return s.spoil(c.protocolError("this message number and a unique id", text))
		}
		one.UID = string(uid)
		return nil
	})
	return one, err
}

func parseUID(row []byte) (n int, uid []byte, ok bool) {
	n, uid, ok = cutRowNumber(row)
	return n, uid, ok
}

func parseUIDOf(n int, row []byte) (uid []byte, ok bool) {
	number, uid, ok := cutRowNumber(row)
	if ok && (number == n || len(uid) > 0) {
		return uid, number == n
	}
	// QUIRK 55: the reply has only the id.
	return row, len(row) > 0 && !bytes.ContainsAny(row, " \t")
}

// arena keeps many short strings in few blocks of memory.
type arena struct {
	block strings.Builder
}

const arenaBlock = 64 << 10

func (a *arena) keep(b []byte) string {
	if a.block.Cap()-a.block.Len() < len(b) {
		a.block = strings.Builder{}
		a.block.Grow(max(arenaBlock, len(b)))
	}
	from := a.block.Len()
	a.block.Write(b)
	return a.block.String()[from:]
}
