package maildrop

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// MinSyntheticSize is the size of the smallest synthetic message in octets: its
// header has to fit.
const MinSyntheticSize = 512

// SyntheticOptions describe a generated mailbox.
type SyntheticOptions struct {
	// Count of messages.
	Count int
	// Size of each message in octets, CRLFs included. Default: 8 KiB; at least
	// MinSyntheticSize.
	Size int64
	// Seed of the content.
	Seed uint64
}

// Synthetic makes a mailbox in which message n is a function of the seed, n and
// the size alone. It takes no memory per message until messages are removed,
// and then 8 octets for each that is left.
func Synthetic(o SyntheticOptions) (Source, error) {
	if o.Size == 0 {
		o.Size = 8 << 10
	}
	if o.Count < 0 {
		return nil, fmt.Errorf("synthetic mail: %d messages are not possible; give 0 or more", o.Count)
	}
	if o.Size < MinSyntheticSize {
		return nil, fmt.Errorf("synthetic mail: %d octets are too few; give at least %d", o.Size, MinSyntheticSize)
	}
	return &synthetic{list: syntheticList{seed: o.Seed, size: o.Size, count: o.Count}}, nil
}

// SyntheticMessage is message n, counted from 1, of a synthetic mailbox with
// this seed and size: exactly size octets, or MinSyntheticSize if size is less.
func SyntheticMessage(seed uint64, n int, size int64) []byte {
	m := syntheticMessage{seed: seed, n: n, size: max(size, MinSyntheticSize)}
	r := m.reader()
	b := make([]byte, 0, m.size)
	for pos := int64(0); pos < m.size; pos = int64(len(b)) {
		b = append(b, r.at(pos)...)
	}
	return b
}

type synthetic struct {
	mu   sync.Mutex
	list syntheticList
}

// List implements Source.
func (s *synthetic) List() (List, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.list, nil
}

// Remove implements Source.
func (s *synthetic) Remove(uids []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	gone := make([]int, 0, len(uids))
	for _, uid := range uids {
		if n, ok := s.list.numberOf(uid); ok {
			gone = append(gone, n)
		}
	}
	slices.Sort(gone)
	left := make([]int, 0, max(s.list.Len()-len(gone), 0))
	for i := range s.list.Len() {
		n := s.list.number(i)
		if _, found := slices.BinarySearch(gone, n); !found {
			left = append(left, n)
		}
	}
	s.list.left, s.list.count = left, len(left)
	return nil
}

// syntheticList is a List. left holds the numbers of the messages once some
// are gone; nil means 1 to count.
type syntheticList struct {
	seed  uint64
	size  int64
	count int
	left  []int
}

func (l syntheticList) Len() int      { return l.count }
func (l syntheticList) Octets() int64 { return int64(l.count) * l.size }

func (l syntheticList) At(i int) Message {
	return &syntheticMessage{seed: l.seed, n: l.number(i), size: l.size}
}

func (l syntheticList) number(i int) int {
	if l.left == nil {
		return i + 1
	}
	return l.left[i]
}

func (l syntheticList) numberOf(uid string) (int, bool) {
	seed, n, ok := strings.Cut(uid, "-")
	if !ok || seed != strconv.FormatUint(l.seed, 16) {
		return 0, false
	}
	number, err := strconv.Atoi(n)
	return number, err == nil
}

type syntheticMessage struct {
	seed uint64
	n    int
	size int64
}

func (m *syntheticMessage) UID() string {
	b := append(strconv.AppendUint(make([]byte, 0, 40), m.seed, 16), '-')
	return string(strconv.AppendInt(b, int64(m.n), 10))
}

func (m *syntheticMessage) Size() int64 { return m.size }

func (m *syntheticMessage) Open() (io.ReadCloser, error) { return m.reader(), nil }

// reader lays the message out: header, whole lines of the text, a last line.
func (m *syntheticMessage) reader() *syntheticReader {
	header := m.header("")
	if (m.size-int64(len(header)))%textLine == 1 {
		// One octet is too few for a line with its CRLF.
		header = m.header(".")
	}
	text := syntheticText()
	rest := m.size - int64(len(header))
	// The multiplier spreads neighbours over the text.
	first := (uint64(m.n)*0x9E3779B97F4A7C15 ^ m.seed) % textLines
	r := &syntheticReader{
		header: header, text: text, first: int64(first) * textLine,
		whole: rest / textLine * textLine, size: m.size,
	}
	if n := rest % textLine; n > 0 {
		r.tail = append(append(make([]byte, 0, n), text[:n-2]...), "\r\n"...)
	}
	return r
}

func (m *syntheticMessage) header(pad string) []byte {
	n := int64(m.n)
	b := make([]byte, 0, MinSyntheticSize)
	b = strconv.AppendInt(append(b, "From: Sender "...), n%1000, 10)
	b = strconv.AppendInt(append(b, " <sender"...), n%1000, 10)
	b = append(b, "@example.org>\r\nTo: Reader <reader@example.net>\r\nSubject: Synthetic message "...)
	b = strconv.AppendInt(b, n, 10)
	b = strconv.AppendUint(append(b, " of seed "...), m.seed, 10)
	b = append(append(b, pad...), "\r\nDate: "...)
	// One a minute, for half a century.
	date := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(n%(50*365*24*60)) * time.Minute)
	b = date.AppendFormat(b, "Mon, 02 Jan 2006 15:04:05 -0700")
	b = strconv.AppendInt(append(b, "\r\nMessage-ID: <"...), n, 10)
	b = strconv.AppendUint(append(b, '.'), m.seed, 16)
	return append(b, "@synthetic.example>\r\nMIME-Version: 1.0\r\n"+
		"Content-Type: text/plain; charset=us-ascii\r\n\r\n"...)
}

// syntheticReader serves a message by slices of the text.
type syntheticReader struct {
	header, text, tail []byte
	first              int64 // where in the text the message begins
	whole              int64 // octets of whole lines
	size               int64
	pos                int64
}

// at returns octets from pos on, at least one; pos must be below size.
func (r *syntheticReader) at(pos int64) []byte {
	if pos < int64(len(r.header)) {
		return r.header[pos:]
	}
	pos -= int64(len(r.header))
	if pos >= r.whole {
		return r.tail[pos-r.whole:]
	}
	from := (r.first + pos) % int64(len(r.text))
	return r.text[from:min(int64(len(r.text)), from+r.whole-pos)]
}

func (r *syntheticReader) Read(p []byte) (int, error) {
	if r.pos == r.size {
		return 0, io.EOF
	}
	n := copy(p, r.at(r.pos))
	r.pos += int64(n)
	return n, nil
}

func (r *syntheticReader) WriteTo(w io.Writer) (int64, error) {
	start := r.pos
	for r.pos < r.size {
		n, err := w.Write(r.at(r.pos))
		r.pos += int64(n)
		if err != nil {
			return r.pos - start, err
		}
	}
	return r.pos - start, nil
}

func (*syntheticReader) Close() error { return nil }

const (
	textLine  = 72 // octets, CRLF included
	textLines = 1024
)

// syntheticText is the text that all messages are cut from: lines of words,
// here and there one that begins with a dot.
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
