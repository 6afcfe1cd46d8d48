package peer

import (
	"bytes"
	"fmt"
)

// checkEach compares every stored message with the served one after alter has changed it.
func checkEach(served, stored [][]byte, alter func(served []byte) []byte) error {
	if err := checkCount(served, stored); err != nil {
		return err
	}
	for i, s := range served {
		if err := checkOne(i, alter(s), stored[i]); err != nil {
			return err
		}
	}
	return nil
}

func checkCount(served, stored [][]byte) error {
	if len(served) != len(stored) {
		return fmt.Errorf("%d messages were served and %d stored", len(served), len(stored))
	}
	return nil
}

// checkOne returns an error that names the first octet that differs, with the octets around it.
func checkOne(i int, want, got []byte) error {
	if bytes.Equal(want, got) {
		return nil
	}
	at := 0
	for at < len(want) && at < len(got) && want[at] == got[at] {
		at++
	}
	return fmt.Errorf("message %d of those compared differs at octet %d of %d (stored: %d): expected %q, stored %q",
		i+1, at, len(want), len(got), around(want, at), around(got, at))
}

func around(b []byte, at int) []byte {
	return b[max(0, at-20):min(len(b), at+40)]
}

// unixLines replaces each CRLF by LF and keeps every other CR and LF.
func unixLines(b []byte) []byte {
	return bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
}

// longestLine returns the length of the longest line, line end included, where only LF ends a line.
func longestLine(b []byte) int {
	longest := 0
	for len(b) > 0 {
		n := bytes.IndexByte(b, '\n') + 1
		if n == 0 {
			n = len(b)
		}
		longest = max(longest, n)
		b = b[n:]
	}
	return longest
}
