package maildrop

import (
	"io"
	"slices"
	"strconv"
	"strings"
)

// Mix is a named kind of synthetic mail.
type Mix struct {
	Name  string
	About string // one line
	// Least is the smallest size in octets that every message of the mix can have.
	Least int64
	// WellFormed means that every message conforms to RFC 5322 and MIME, apart from octets
	// above 127 in some headers.
	WellFormed bool

	kinds []kind // each message has one of them; a kind listed twice is twice as frequent
}

// kind is a way to lay out a message.
type kind struct {
	least int64 // octets that the largest of its fixed parts needs
	lay   func(*layout)
}

const plainMix = "plain"

// Mixes returns all mixes of synthetic mail.
func Mixes() []Mix {
	text, raw, html := kind{2 << 10, layText}, kind{2 << 10, layRaw}, kind{4 << 10, layHTML}
	files, deep, headers := kind{4 << 10, layFiles}, kind{4 << 10, layNested}, kind{12 << 10, layHeaders}
	reply, long, odd := kind{4 << 10, layReply}, kind{8 << 10, layLines}, kind{4 << 10, layNasty}
	return []Mix{
		{plainMix, "short header, English text; the fastest to serve", MinSyntheticSize, true, nil},
		{"mail", "what a mailbox holds: text, HTML, attachments, replies; plain where the size is small", MinSyntheticSize, true,
			[]kind{text, text, text, text, text, html, html, html, html, html, html, files, files, files, reply, reply, reply, reply, raw, deep}},
		{"text", "text in nine charsets, as it is, quoted-printable or base64", text.least, true, []kind{text}},
		{"html", "text and HTML as alternatives, with or without a picture", html.least, true, []kind{html}},
		{"attachments", "text with one to four files in base64, named in many ways", files.least, true, []kind{files}},
		{"nested", "parts in parts and messages in messages, up to forty deep", deep.least, true, []kind{deep}},
		{"headers", "long, folded, repeated and encoded header fields, every fourth with octets above 127", headers.least, true,
			[]kind{headers, headers, headers, raw}},
		{"threads", "replies that quote, with References, in threads of up to 64 messages", reply.least, true, []kind{reply}},
		{"lines", "lines of 998 octets, lines of dots, lines that begin with one", long.least, true, []kind{long}},
		{"nasty", "what breaks clients: broken MIME, bare CR and LF, NUL, endless lines, no body", odd.least, false, []kind{odd}},
		{"everything", "all of the others in equal shares, plain where the size is small", MinSyntheticSize, false,
			[]kind{text, raw, html, files, deep, headers, reply, long, odd}},
	}
}

// findMix returns the mix with that name, nil if it does not exist. An empty name means plain.
func findMix(name string) *Mix {
	if name == "" {
		name = plainMix
	}
	all := Mixes()
	i := slices.IndexFunc(all, func(m Mix) bool { return m.Name == name })
	if i < 0 {
		return nil
	}
	return &all[i]
}

func mixNames() string {
	var names []string
	for _, m := range Mixes() {
		names = append(names, m.Name)
	}
	return strings.Join(names, ", ")
}

// kinds returns the kinds of the options' mix, which must exist.
func (o *SyntheticOptions) kinds() []kind { return findMix(o.Mix).kinds }

// mixture holds what the messages of a mailbox have in common.
type mixture struct {
	seed  uint64
	kinds []kind // empty: all are plain
}

// syntheticMessage is message n of a mailbox; it generates its octets when it is read.
type syntheticMessage struct {
	mix  *mixture
	n    int
	size int64
}

func (m *syntheticMessage) UID() string {
	b := append(strconv.AppendUint(make([]byte, 0, 40), m.mix.seed, 16), '-')
	return string(strconv.AppendInt(b, int64(m.n), 10))
}

func (m *syntheticMessage) Size() int64 { return m.size }

func (m *syntheticMessage) Open() (io.ReadCloser, error) { return m.openIn(new(Scratch)) }

func (m *syntheticMessage) openIn(s *Scratch) (io.ReadCloser, error) {
	return m.read(s.generated()), nil
}

// read makes r read the message, and returns it. It always yields as many octets as the size.
func (m *syntheticMessage) read(r *syntheticReader) *syntheticReader {
	if len(m.mix.kinds) > 0 {
		l := &layout{seed: m.mix.seed, n: m.n, size: m.size, luck: mix64(m.mix.seed ^ mix64(uint64(m.n))), tail: lastLine}
		if k := m.mix.kinds[l.pick(len(m.mix.kinds))]; m.size >= k.least {
			l.buf, l.pieces = r.text[:0], r.storage[:0]
			k.lay(l)
			pieces := l.finish()
			if r.text = l.buf; pieces != nil {
				r.begin(pieces)
				return r
			}
		}
	}
	r.plain(m.mix.seed, m.n, m.size)
	return r
}
