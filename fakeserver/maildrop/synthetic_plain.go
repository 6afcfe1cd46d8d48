package maildrop

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// plain makes r read plain message n: header, whole lines of the text, a last line.
func (r *syntheticReader) plain(seed uint64, n int, size int64) {
	const usual = 512 // octets of a header and a last line
	b := slices.Grow(r.text[:0], usual)
	header := appendHeader(b, seed, n, "")
	if (size-int64(len(header)))%textLine == 1 {
		// One octet is not enough for a line with its CRLF.
		header = appendHeader(b, seed, n, ".")
	}
	text := syntheticText()
	rest := size - int64(len(header))
	// The multiplier starts neighbouring messages at distant places of the text.
	first := (uint64(n)*0x9E3779B97F4A7C15 ^ seed) % textLines
	pieces := append(r.storage[:0], piece{ring: header, size: int64(len(header))})
	if whole := rest / textLine * textLine; whole > 0 {
		pieces = append(pieces, piece{ring: text, from: int64(first) * textLine, size: whole})
	}
	r.text = header
	if left := rest % textLine; left > 0 {
		r.text = append(append(r.text, text[:left-2]...), "\r\n"...)
		pieces = append(pieces, piece{ring: r.text[len(header):], size: left})
	}
	r.begin(pieces)
}

// appendHeader appends the header of plain message n, with pad at the end of its subject.
func appendHeader(b []byte, seed uint64, n int, pad string) []byte {
	sender := int64(n % 1000)
	b = strconv.AppendInt(append(b, "From: Sender "...), sender, 10)
	b = strconv.AppendInt(append(b, " <sender"...), sender, 10)
	b = append(b, "@example.org>\r\nTo: Reader <reader@example.net>\r\nSubject: Synthetic message "...)
	b = strconv.AppendInt(b, int64(n), 10)
	b = strconv.AppendUint(append(b, " of seed "...), seed, 10)
	b = append(append(b, pad...), "\r\nDate: "...)
	b = appendDate(b, syntheticDate(int64(n)))
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
