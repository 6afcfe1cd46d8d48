package maildrop

import (
	"strconv"
	"strings"
	"time"
)

// SyntheticNumber returns the seed and the number of the synthetic message with this
// Message-ID, with or without angle brackets.
func SyntheticNumber(messageID string) (seed uint64, n int, ok bool) {
	id := strings.TrimSuffix(strings.TrimPrefix(messageID, "<"), ">")
	id, ours := strings.CutSuffix(id, messageHost)
	number, hex, dot := strings.Cut(id, ".")
	n, err := strconv.Atoi(number)
	seed, bad := strconv.ParseUint(hex, 16, 64)
	ok = ours && dot && err == nil && bad == nil && n >= 1 && id == string(appendID(nil, seed, n))
	return seed, n, ok
}

const messageHost = "@synthetic.example"

// appendID appends the part of a Message-ID before messageHost.
func appendID(b []byte, seed uint64, n int) []byte {
	b = append(strconv.AppendInt(b, int64(n), 10), '.')
	return strconv.AppendUint(b, seed, 16)
}

// mailDate is the form of a date in a header.
const mailDate = "Mon, 02 Jan 2006 15:04:05 -0700"

// syntheticDate returns the date of message n: one message a minute, for 50 years.
func syntheticDate(n int64) time.Time {
	return time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(n%(50*365*24*60)) * time.Minute)
}
