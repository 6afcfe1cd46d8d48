package pop3

import (
	"context"
	"strconv"
)

// Listing is one row of LIST: a message number and the size that the server claims, in octets.
// QUIRK 42: the size may be wrong. QUIRK 104: in an unreadable row Number is 0 or Octets is
// UnknownOctets.
type Listing struct {
	Number int
	Octets int64
}

// UnknownOctets is the size of a message for which LIST gives no readable size.
const UnknownOctets = -1

// List returns the sizes of all messages in the server's order, with gaps and repeated numbers as
// they came. It ignores text after the size (QUIRK 43). An unreadable row does not affect the
// others (QUIRK 104), but a reply in which no row has a message number is a *ProtocolError.
func (s *Session) List(ctx context.Context) ([]Listing, error) {
	var list []Listing
	err := s.ListEach(ctx, func(one Listing) {
		if list == nil {
			list = make([]Listing, 0, s.room())
		}
		list = append(list, one)
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// ListEach calls f for each row that List would return. An error shows only after some calls.
func (s *Session) ListEach(ctx context.Context, f func(Listing)) error {
	var senseless *ProtocolError // about the first row, as long as no row has a number
	first := true
	c := command{verb: "LIST"}
	return s.exchange(ctx, c, "LIST", func([]byte) error {
		err := s.rows(ctx, c, s.opt.MaxRows, "MaxRows", func(row []byte) *ProtocolError {
			one := parseListing(row)
			if first && one.Number == 0 {
				senseless = c.protocolError("a message number and a size in octets", row)
				senseless.Row = 1
			} else if one.Number > 0 {
				senseless = nil
			}
			first = false
			f(one)
			return nil
		})
		if err == nil && senseless != nil {
			err = s.spoil(senseless)
		}
		return err
	})
}

// ListOne returns the size of message n. QUIRK 55: the reply may lack the number.
func (s *Session) ListOne(ctx context.Context, n int) (Listing, error) {
	if err := checkNumber(n); err != nil {
		return Listing{}, err
	}
	var one Listing
	c := command{verb: "LIST", number: n}
	err := s.exchange(ctx, c, "LIST "+strconv.Itoa(n), func(text []byte) error {
		var ok bool
		if one, ok = parseListingOf(n, trimRow(text)); !ok {
			return s.spoil(c.protocolError("this message number and a size in octets", text))
		}
		return nil
	})
	return one, err
}

func parseListing(row []byte) Listing {
	n, rest, ok := cutRowNumber(row)
	if !ok {
		return Listing{Octets: UnknownOctets}
	}
	octets, _, ok := cutNumber(rest, maxOctets)
	if !ok {
		octets = UnknownOctets
	}
	return Listing{Number: n, Octets: octets}
}

func parseListingOf(n int, row []byte) (Listing, bool) {
	if one := parseListing(row); one.Number > 0 && one.Octets >= 0 {
		return one, one.Number == n
	}
	octets, rest, ok := cutNumber(row, maxOctets)
	return Listing{Number: n, Octets: octets}, ok && len(rest) == 0
}
