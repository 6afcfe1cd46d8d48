package pop3

import (
	"bytes"
	"context"
	"fmt"
)

// rows reads a list reply up to its dot and gives each row that is not empty to each, trimmed,
// valid until the next one. each returns nil, or what it expected (or which limit the row passed).
func (s *Session) rows(ctx context.Context, c command, limit int, option string, each func(row []byte) *ProtocolError) error {
	for i := 1; ; i++ {
		line, err := s.readLine(ctx, c, i)
		if err != nil {
			return err
		}
		if len(line) == 1 && line[0] == '.' {
			return nil
		}
		if i > limit {
			return s.spoil(c.limitError(i, option, fmt.Sprintf("at most %d rows", limit)))
		}
		row := trimRow(line)
		if len(row) == 0 { // QUIRK 48: empty first row.
			continue
		}
		if bad := each(row); bad != nil {
			bad.Row = i
			return s.spoil(bad)
		}
	}
}

func trimRow(line []byte) []byte {
	// RFC 1939 section 3: a row that starts with a dot has a second one.
	if len(line) > 1 && line[0] == '.' && line[1] == '.' {
		line = line[1:]
	}
	// QUIRK 44: trailing NUL and blanks.
	return bytes.TrimLeft(bytes.TrimRight(line, " \t\x00"), " \t")
}

// cutRowNumber reads the message number that starts a row of LIST or UIDL.
func cutRowNumber(row []byte) (n int, rest []byte, ok bool) {
	// QUIRK 46: "+OK" before each row. A row of its own never starts like that.
	if after, found := afterWord(row, "+OK"); found {
		row = bytes.TrimLeft(after, " \t")
	}
	number, rest, ok := cutNumber(row, maxNumber)
	return int(number), rest, ok && number > 0
}
