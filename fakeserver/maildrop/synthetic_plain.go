package maildrop

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
)

// plainMessage lays out plain message n: header, whole lines of the text, a last line.
func plainMessage(seed uint64, n int, size int64) *syntheticReader {
	header := plainHeader(seed, n, "")
	if (size-int64(len(header)))%textLine == 1 {
		// One octet is not enough for a line with its CRLF.
		header = plainHeader(seed, n, ".")
	}
	text := syntheticText()
	rest := size - int64(len(header))
	// The multiplier starts neighbouring messages at distant places of the text.
	first := (uint64(n)*0x9E3779B97F4A7C15 ^ seed) % textLines
	r := &syntheticReader{}
	r.pieces = append(r.first[:0], piece{ring: header, size: int64(len(header))})
	if whole := rest / textLine * textLine; whole > 0 {
		r.pieces = append(r.pieces, piece{ring: text, from: int64(first) * textLine, size: whole})
	}
	if left := rest % textLine; left > 0 {
		tail := append(append(make([]byte, 0, left), text[:left-2]...), "\r\n"...)
		r.pieces = append(r.pieces, piece{ring: tail, size: left})
	}
	return r
}

// plainHeader returns the header of plain message n, with pad at the end of its subject.
func plainHeader(seed uint64, n int, pad string) []byte {
	sender := int64(n % 1000)
	const usual = 320 // most octets of a header
	b := make([]byte, 0, usual)
	b = strconv.AppendInt(append(b, "From: Sender "...), sender, 10)
	b = strconv.AppendInt(append(b, " <sender"...), sender, 10)
	b = append(b, "@example.org>\r\nTo: Reader <reader@example.net>\r\nSubject: Synthetic message "...)
	b = strconv.AppendInt(b, int64(n), 10)
	b = strconv.AppendUint(append(b, " of seed "...), seed, 10)
	b = append(append(b, pad...), "\r\nDate: "...)
	b = syntheticDate(int64(n)).AppendFormat(b, mailDate)
	b = appendID(append(b, "\r\nMessage-ID: <"...), seed, n)
	return append(append(b, messageHost...), ">\r\nMIME-Version: 1.0\r\n"+
		"Content-Type: text/plain; charset=us-ascii\r\n\r\n"...)
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
