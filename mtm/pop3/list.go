package pop3

import (
	"context"
	"strconv"
)

// Listing is one row of LIST: a message number and the size that the server claims, in octets. QUIRK 42: never trust it.
type Listing struct {
	Number int
	Octets int64
}

// List asks for the sizes of all messages, in the server's order; gaps and repeated numbers are left as they came.
// Text after the size is ignored (QUIRK 43); a row that cannot be read is a *ProtocolError that names it.
func (s *Session) List(ctx context.Context) ([]Listing, error) {
	var list []Listing
	c := command{verb: "LIST"}
	err := s.exchange(ctx, c, "LIST", func([]byte) error {
		return s.rows(ctx, c, s.opt.MaxRows, "MaxRows", func(row []byte) *ProtocolError {
			one, ok := parseListing(row)
			if !ok {
				return c.protocolError("a message number and a size in octets", row)
			}
			list = append(list, one)
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// ListOne asks for the size of message n. QUIRK 55: the reply may lack the number.
func (s *Session) ListOne(ctx context.Context, n int) (Listing, error) {
	if err := checkNumber(n); err != nil {
		return Listing{}, err
	}
	var one Listing
	c := command{verb: "LIST", number: n}
	err := s.exchange(ctx, c, "LIST "+strconv.Itoa(n), func(text []byte) error {
		var ok bool
		if one, ok = parseListingOf(n, trimRow(text)); !ok {
			return s.spoil(c.protocolError("that number and a size in octets", text))
		}
		return nil
	})
	return one, err
}

func parseListing(row []byte) (Listing, bool) {
	n, rest, ok := cutRowNumber(row)
	if !ok {
		return Listing{}, false
	}
	octets, _, ok := cutNumber(rest, maxOctets)
	return Listing{Number: n, Octets: octets}, ok
}

func parseListingOf(n int, row []byte) (Listing, bool) {
	if one, ok := parseListing(row); ok {
		return one, one.Number == n
	}
	octets, rest, ok := cutNumber(row, maxOctets)
	return Listing{Number: n, Octets: octets}, ok && len(rest) == 0
}
