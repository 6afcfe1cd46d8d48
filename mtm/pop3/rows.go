package pop3

import (
	"bytes"
	"context"
	"fmt"
)

// rows reads a list reply up to its dot and calls each for every row that is not empty. The row is
// trimmed, and valid only during the call. each returns nil, or what is wrong with the row.
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
		if len(row) == 0 { // QUIRK 48: some servers send an empty first row.
			continue
		}
		if bad := each(row); bad != nil {
			bad.Row = i
			return s.spoil(bad)
		}
	}
}

// mostRoom limits the rows for which memory is reserved before they come, since STAT may be wrong.
const mostRoom = 1 << 20

// room returns for how many rows of a list to reserve memory: as many as STAT counts messages. A
// list that grows row by row needs twice the memory for a while.
func (s *Session) room() int { return min(s.count, mostRoom) }

func trimRow(line []byte) []byte {
	// RFC 1939 section 3: a row that starts with a dot is sent with a second dot.
	if len(line) > 1 && line[0] == '.' && line[1] == '.' {
		line = line[1:]
	}
	// QUIRK 44: trailing NUL and blanks.
	return bytes.TrimLeft(bytes.TrimRight(line, " \t\x00"), " \t")
}

// cutRowNumber parses the message number at the start of a row of LIST or UIDL.
func cutRowNumber(row []byte) (n int, rest []byte, ok bool) {
	// QUIRK 46: some servers send "+OK" before each row. No other row starts like that.
	if after, found := afterWord(row, "+OK"); found {
		row = bytes.TrimLeft(after, " \t")
	}
	number, rest, ok := cutNumber(row, maxNumber)
	return int(number), rest, ok && number > 0
}
