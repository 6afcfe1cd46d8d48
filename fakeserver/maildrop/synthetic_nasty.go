package maildrop

import (
	"strconv"
	"strings"
	"sync"
)

// layNasty writes one of the things that break clients. Each message has its Message-ID near
// the start and ends with CRLF.
func layNasty(l *layout) {
	all := []func(*layout, *tongue){
		nastyLine, nastyDots, nastyEnds, nastyOctets, nastyHeaderOnly, nastyParts, nastyCodings,
		nastyFields, nastyFrom, nastyReplies, nastyLongField, nastyFirstLine, nastyManyParts,
	}
	all[l.pick(len(all))](l, tongues()[0])
}

// ordinary writes the header that most of them have.
func (l *layout) ordinary(about string) {
	l.say("From: Nasty <nasty@example.org>\r\nTo: Reader <reader@example.net>\r\nSubject: ", about, " ", strconv.Itoa(l.n), "\r\n")
	l.identity()
}

// nastyLine writes a single line that takes all the room.
func nastyLine(l *layout, _ *tongue) {
	l.ordinary("an endless line")
	l.say("\r\n")
	l.flow(oneLine(), 1)
	l.say("\r\n")
}

// nastyDots writes lines that look like the end of the message.
func nastyDots(l *layout, t *tongue) {
	l.ordinary("dots")
	l.say("\r\n.\r\n\r\n.\r\n..\r\n.\n.\n.\r.\r\n")
	l.flow(&t.asIs, 1)
	l.say("\r\n.\r\n.\r\n.QUIT\r\n..\r\n.\r\n")
}

// nastyEnds writes bare CR and LF, and CR CR LF.
func nastyEnds(l *layout, t *tongue) {
	l.ordinary("line ends")
	l.say("\r\nbare LF\nbare CR\rCR CR LF\r\r\nLF CR\n\r\n\n\n\r\r")
	l.flow(&t.asIs, 1)
}

// nastyOctets writes every octet except CR and LF.
func nastyOctets(l *layout, t *tongue) {
	l.ordinary("octets")
	l.say("\r\n")
	for c := range 256 {
		if c != '\r' && c != '\n' {
			l.buf = append(l.buf, byte(c))
		}
	}
	l.say("\x00\x00\r\n\x1b[2J\x1b]0;title\x07\r\n\xff\xfe\xc3\x28\xe2\x82\r\n")
	l.flow(&t.asIs, 1)
}

// nastyHeaderOnly writes a message that ends within its header.
func nastyHeaderOnly(l *layout, _ *tongue) {
	l.ordinary("no body")
	l.flow(fields(), 1)
}

// nastyParts writes parts whose closing boundaries are missing, and a multipart without a
// boundary parameter.
func nastyParts(l *layout, t *tongue) {
	l.ordinary("boundaries")
	l.say("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: multipart/alternative; boundary=ab\r\n\r\n" +
		"--ab\r\n\r\n--a\r\n--abc\r\nContent-Type: text/plain\r\n--ab--\r\n--a\r\nContent-Type: multipart/mixed\r\n\r\n")
	l.flow(&t.asIs, 1)
	l.say("--ab\r\n")
}

// nastyCodings writes text that contradicts its declared charset and encoding.
func nastyCodings(l *layout, t *tongue) {
	l.ordinary("codings")
	claims := []string{
		"text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64", "text/html; charset=x-nobody-knows\r\nContent-Transfer-Encoding: 8bit",
		"text/plain; charset=utf-16\r\nContent-Transfer-Encoding: uuencode", "text\r\nContent-Transfer-Encoding: quoted-printable",
	}
	l.say("MIME-Version: 1.0\r\nContent-Type: ", claims[l.pick(len(claims))], "\r\n\r\n=\r\n=Z\r\n====\r\nAB*D\r\n\xe9\xe8 =E\r\n")
	l.flow(&t.asIs, 1)
}

// nastyFields writes invalid header fields.
func nastyFields(l *layout, t *tongue) {
	l.ordinary("fields")
	l.say("Subject: a second one\r\nDate: yesterday, 99 Foo 20xx 25:61\r\nDate:\r\nX-Word: =?utf-8?Q?never ends\r\nX-Word: =?no-such?X?a?=\r\n" +
		"X-Word: =?utf-8?B?!!!?= =?utf-8?Q?=C3?= =?utf-8?Q?=A9?=\r\n folded\r\n \r\nno colon here\r\n: no name\r\nA name: with a blank\r\n" +
		"From: <<@>>, \"open <x@y\r\nTo: \xe9\xff <a@b>, ,,;:\r\nContent-Type: text/plain; charset=\"open; x\r\n\r\n")
	l.flow(&t.asIs, 1)
}

// nastyFrom writes lines that an mbox must quote.
func nastyFrom(l *layout, t *tongue) {
	l.ordinary("From lines")
	l.say("\r\nFrom nobody@example.org Thu Jan  1 00:00:00 2026\r\nSubject: not a message\r\n\r\n>From one\r\n>>From two\r\n From blank\r\nFrom:\r\nFrom\r\n\r\nFrom \r\n")
	l.flow(&t.asIs, 1)
	l.say("\r\nFrom the end\r\n\r\n")
}

// nastyReplies writes lines that look like replies or commands.
func nastyReplies(l *layout, t *tongue) {
	l.ordinary("replies")
	l.say("\r\n+OK\r\n-ERR [IN-USE] no\r\n.\r\n+OK 2 messages\r\n1 100\r\n2 100\r\n.\r\nQUIT\r\n+ \r\n")
	l.flow(&t.asIs, 1)
}

// nastyLongField writes a header line that takes half of the room.
func nastyLongField(l *layout, t *tongue) {
	l.ordinary("a long field")
	l.say("X-Long: ")
	l.fill(oneLine(), 1)
	l.say("\r\n\r\n")
	l.flow(&t.asIs, 1)
}

// nastyFirstLine writes a header whose first line begins with a dot.
func nastyFirstLine(l *layout, t *tongue) {
	l.say(".first: a dot\r\n")
	l.ordinary("a first line")
	l.say("\r\n")
	l.flow(&t.asIs, 1)
}

// nastyManyParts writes hundreds of empty parts.
func nastyManyParts(l *layout, t *tongue) {
	l.ordinary("many parts")
	l.say("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n", strings.Repeat("--b\r\n\r\n\r\n", 250))
	l.flow(&t.asIs, 1)
	l.say("--b--\r\n")
}

// oneLine holds text without a line end. It can be cut anywhere.
var oneLine = sync.OnceValue(func() *pool { return &pool{lastLine, 1} })

// fields holds meaningless header fields.
var fields = sync.OnceValue(func() *pool {
	const line = 72
	return &pool{[]byte(strings.Repeat("X-Field: "+string(lastLine[:line-11])+"\r\n", 4)), line}
})
