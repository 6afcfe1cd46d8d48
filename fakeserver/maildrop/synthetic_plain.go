package maildrop

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"
)

// plain lays out a plain message: header, whole lines of the text, a last line.
func (m *syntheticMessage) plain() *syntheticReader {
	header := m.header("")
	if (m.size-int64(len(header)))%textLine == 1 {
		// One octet is not enough for a line with its CRLF.
		header = m.header(".")
	}
	text := syntheticText()
	rest := m.size - int64(len(header))
	// The multiplier starts neighbouring messages at distant places of the text.
	first := (uint64(m.n)*0x9E3779B97F4A7C15 ^ m.mix.seed) % textLines
	r := &syntheticReader{}
	r.pieces = append(r.first[:0], piece{ring: header, size: int64(len(header))})
	if whole := rest / textLine * textLine; whole > 0 {
		r.pieces = append(r.pieces, piece{ring: text, from: int64(first) * textLine, size: whole})
	}
	if n := rest % textLine; n > 0 {
		tail := append(append(make([]byte, 0, n), text[:n-2]...), "\r\n"...)
		r.pieces = append(r.pieces, piece{ring: tail, size: n})
	}
	return r
}

func (m *syntheticMessage) header(pad string) []byte {
	n := int64(m.n)
	const usual = 320 // most octets of a header
	b := make([]byte, 0, usual)
	b = strconv.AppendInt(append(b, "From: Sender "...), n%1000, 10)
	b = strconv.AppendInt(append(b, " <sender"...), n%1000, 10)
	b = append(b, "@example.org>\r\nTo: Reader <reader@example.net>\r\nSubject: Synthetic message "...)
	b = strconv.AppendInt(b, n, 10)
	b = strconv.AppendUint(append(b, " of seed "...), m.mix.seed, 10)
	b = append(append(b, pad...), "\r\nDate: "...)
	b = syntheticDate(n).AppendFormat(b, mailDate)
	b = appendID(append(b, "\r\nMessage-ID: <"...), m.mix.seed, m.n)
	return append(append(b, messageHost...), ">\r\nMIME-Version: 1.0\r\n"+
		"Content-Type: text/plain; charset=us-ascii\r\n\r\n"...)
}

const mailDate = "Mon, 02 Jan 2006 15:04:05 -0700"

// syntheticDate returns the date of message n: one message a minute, for 50 years.
func syntheticDate(n int64) time.Time {
	return time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(n%(50*365*24*60)) * time.Minute)
}

const (
	textLine  = 72 // octets, CRLF included
	textLines = 1024
)

// syntheticText holds the text that all plain messages are cut from: lines of words, some of
// which begin with a dot.
var syntheticText = sync.OnceValue(func() []byte {
	words := strings.Fields("mail drop server client message header body line octet " +
		"number session state lock update reply command greeting letter folder paper " +
		"ink stamp post road river bridge morning evening window garden a of to in by")
	source := rand.New(rand.NewPCG(1939, 1996))
	text := make([]byte, 0, textLine*textLines)
	for i := range textLines {
		start := len(text)
		if i%32 == 7 {
			text = append(text, '.')
		}
		for len(text)-start < textLine-2 {
			text = append(append(text, words[source.IntN(len(words))]...), ' ')
		}
		text = append(text[:start+textLine-2], "\r\n"...)
	}
	return text
})
