package maildrop

import (
	"encoding/base64"
	"math/rand/v2"
	"mime"
	"strings"
	"sync"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// tongue is a language in a charset, with text in the forms that messages need.
type tongue struct {
	charset  string
	eightBit bool
	names    []string // of people; encoded words where needed (RFC 2047)
	subjects []string
	rawName  string // in the charset, not encoded
	rawTitle string
	asIs     pool // lines in the charset
	quoted   pool // quoted-printable (RFC 2045 section 6.7)
	base64   pool
	html     pool // quoted-printable
}

// vocabulary is the source of a tongue.
type vocabulary struct {
	charset string
	charmap encoding.Encoding
	letter  byte // of the encoded words: Q or B
	names   string
	words   string
}

func vocabularies() []vocabulary {
	return []vocabulary{
		{"us-ascii", unicode.UTF8, 'Q', "Ann Miller|Bob O'Hara|\"Stone, Carl\"", "harbour letter answer tomorrow the of and price offer weather meeting minutes draft please find thanks report from"},
		{"utf-8", unicode.UTF8, 'Q', "Zoë Müller|José Ñandú|Åsa Öberg", "Grüße für schöne Straße über Maße façade élève garçon naïve señor mañana smörgås på från"},
		{"iso-8859-1", charmap.ISO8859_1, 'Q', "François Lefèvre|Jürgen Groß", "déjà été où très bientôt réunion demain façon hôtel fenêtre straße können müssen"},
		{"windows-1252", charmap.Windows1252, 'Q', "Renée d’Été|Søren Kjær", "price “quote” – 20 € dash… naïve café ‘single’ œuvre"},
		{"koi8-r", charmap.KOI8R, 'B', "Анна Петрова|Иван Кузнецов", "письмо ответ завтра погода встреча отчёт спасибо маяк море берег утро вечер"},
		{"utf-8", unicode.UTF8, 'B', "Ελένη Δούκα|Юлия Ким|שרה לוי|محمد علي", "γράμμα φάρος ήλιος письмо берег מכתב שלום رسالة سلام 灯台 手紙 😀 ⛵ 🌊"},
		{"iso-2022-jp", japanese.ISO2022JP, 'B', "山田太郎|佐藤花子", "手紙 返事 明日 会議 天気 報告 灯台 ありがとう よろしく お願い します"},
		{"shift_jis", japanese.ShiftJIS, 'B', "鈴木一郎|高橋美咲", "手紙 表示 能力 ソフト 予定 会議 天気 報告 ありがとう"},
		{"gb18030", simplifiedchinese.GB18030, 'B', "王小明|李丽", "信件 回复 明天 会议 天气 报告 灯塔 谢谢 早上 晚上"},
	}
}

const (
	tongueLines = 256
	// plainHalf is the number of octets in a line of 76 octets of base64.
	plainHalf = 57
	wireLine  = 78
)

// tongues returns the languages. They are built once, in a few milliseconds, when a mix first
// needs them.
var tongues = sync.OnceValue(func() []*tongue {
	source := rand.New(rand.NewPCG(2822, 2045))
	var all []*tongue
	for _, v := range vocabularies() {
		all = append(all, v.tongue(source))
	}
	return all
})

func (v vocabulary) encode(text string) string {
	// The words are chosen so that each can be encoded.
	encoded, _ := v.charmap.NewEncoder().String(text)
	return encoded
}

func (v vocabulary) tongue(source *rand.Rand) *tongue {
	t := &tongue{charset: v.charset}
	words := strings.Fields(v.words)
	for i := range words {
		words[i] = v.encode(words[i] + " ") // the blank ends a shift sequence
	}
	names := strings.Split(v.names, "|")
	for _, name := range names {
		t.names = append(t.names, v.word(v.encode(name)))
	}
	t.rawName = strings.Trim(v.encode(names[0]), `"`)
	for range 16 {
		a, b := words[source.IntN(len(words))], words[source.IntN(len(words))]
		t.rawTitle = strings.TrimSpace(a + b)
		t.subjects = append(t.subjects, v.word(t.rawTitle))
	}
	text := strings.Join(words, "")
	t.eightBit = strings.IndexFunc(text, func(r rune) bool { return r >= 0x80 }) >= 0
	t.asIs = lines(textLine, func(room int) string { return prose(source, words, room) })
	t.quoted = lines(wireLine, func(room int) string { return quotedLine(source, words, room, "", "") })
	t.html = lines(wireLine, func(room int) string { return quotedLine(source, words, room, "<p>", "</p>") })
	t.base64 = lines(wireLine, func(int) string {
		return base64.StdEncoding.EncodeToString([]byte(prose(source, words, plainHalf-2) + "\r\n"))
	})
	return t
}

// word returns text as an encoded word, if it needs to be one. RFC 2047 section 2: it has at
// most 75 octets; all texts here are short enough.
func (v vocabulary) word(text string) string {
	if v.letter == 'Q' {
		return mime.QEncoding.Encode(v.charset, text)
	}
	return mime.BEncoding.Encode(v.charset, text)
}

// lines returns a pool of lines of size octets each, CRLF included.
func lines(size int, line func(room int) string) pool {
	ring := make([]byte, 0, size*tongueLines)
	for range tongueLines {
		ring = append(append(ring, line(size-2)...), "\r\n"...)
	}
	return pool{ring, int64(size)}
}

// prose returns room octets of words; the rest is filled with dots.
func prose(source *rand.Rand, words []string, room int) string {
	var b strings.Builder
	for {
		word := words[source.IntN(len(words))]
		if b.Len()+len(word) > room {
			return b.String() + strings.Repeat(".", room-b.Len())
		}
		b.WriteString(word)
	}
}

// quotedLine returns a line of quoted-printable text. Every third one ends with a soft line
// break.
func quotedLine(source *rand.Rand, words []string, room int, before, after string) string {
	soft := ""
	if before == "" && source.IntN(3) == 0 {
		soft = "="
	}
	room -= len(before) + len(after) + len(soft)
	var b strings.Builder
	for {
		word := quote(words[source.IntN(len(words))])
		if b.Len()+len(word) > room {
			return before + b.String() + strings.Repeat(".", room-b.Len()) + after + soft
		}
		b.WriteString(word)
	}
}

// quote returns text in quoted-printable. A blank is never at the end of a line here, so it
// stays.
func quote(text string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(text) {
		if c == ' ' || c > 0x20 && c < 0x7F && c != '=' {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'=', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}

// files holds 192 KiB of random octets as base64, the pool of all attachments.
var files = sync.OnceValue(func() *pool {
	const rows = 4096
	source := rand.New(rand.NewPCG(4648, 1))
	ring := make([]byte, 0, rows*wireLine)
	raw := make([]byte, plainHalf)
	for range rows {
		for i := range raw {
			raw[i] = byte(source.Uint32())
		}
		ring = append(base64.StdEncoding.AppendEncode(ring, raw), "\r\n"...)
	}
	return &pool{ring, wireLine}
})
