package compose_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"

	_ "github.com/emersion/go-message/charset" // the reader of these specs knows all charsets
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/internal/compose"
)

var _ = Describe("A letter (behaviour section 12)", func() {
	It("has the fields of RFC 5322 in their usual order, and lines that end with CRLF", func() {
		l := letter()
		l.Cc, l.ReplyTo = addresses("cleo@example.org"), addresses("desk@example.org")[0]
		l.ReceiptTo = addresses("ada@example.org")[0]
		l.InReplyTo, l.References = "b@example.org", []string{"a@example.org", "b@example.org"}
		Expect(written(l)).To(Equal(strings.Join([]string{
			`From: "Ada" <ada@example.org>`, "Reply-To: <desk@example.org>", `To: "Ben" <ben@example.org>`, "Cc: <cleo@example.org>",
			"Subject: Lunch", "Date: Mon, 02 Mar 2026 08:15:00 +0000", "Message-Id: <1@example.org>", "In-Reply-To: <b@example.org>",
			"References: <a@example.org> <b@example.org>", "Disposition-Notification-To: <ada@example.org>", "Mime-Version: 1.0",
			"Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable", "", "At noon?", "",
		}, "\r\n")))
	})

	DescribeTable("brings every text across as it is", func(text, want string) {
		l := letter()
		l.Text = compose.String(text)
		raw := written(l)
		for line := range strings.SplitSeq(raw, "\r\n") {
			Expect(len(line)).To(BeNumerically("<=", 78))
			Expect(line).NotTo(ContainSubstring("\n"))
		}
		p, err := read(raw).NextPart()
		Expect(err).NotTo(HaveOccurred())
		Expect(content(p.Body)).To(Equal(want))
	},
		Entry("long lines", strings.Repeat("word ", 400)+"\n", strings.Repeat("word ", 400)+"\r\n"),
		Entry("one long word", strings.Repeat("x", 3000), strings.Repeat("x", 3000)),
		Entry("any line ends", "a\nb\r\nc\rd", "a\r\nb\r\nc\r\nd"),
		Entry("dots and From", ".\n..\nFrom here\n", ".\r\n..\r\nFrom here\r\n"),
		Entry("trailing blanks", "a  \n\t\n", "a  \r\n\t\r\n"),
		Entry("letters of many scripts", "Grüße, 灯台, منارة\n", "Grüße, 灯台, منارة\r\n"),
		Entry("nothing", "", ""),
	)

	DescribeTable("brings every subject across as it is", func(subject string) {
		l := letter()
		l.Subject = subject
		raw := written(l)
		for line := range strings.SplitSeq(raw, "\r\n") {
			Expect(len(line)).To(BeNumerically("<=", 998))
		}
		Expect(strings.ToValidUTF8(raw, "?")).To(Equal(raw))
		Expect(read(raw).Header.Subject()).To(Equal(subject))
	},
		Entry("plain", "Lunch at noon"),
		Entry("other letters", "Grüße aus 東京"),
		Entry("long and plain", strings.TrimSpace(strings.Repeat("word ", 150))),
		Entry("long, one word", strings.Repeat("x", 900)),
		Entry("long, other letters", strings.Repeat("灯台", 100)),
		Entry("what looks encoded", "=?utf-8?q?Bcc=3A?= is not a trick"),
	)

	It("puts a page beside its text, files behind both, with names of any letters", func() {
		l := letter()
		l.HTML = compose.String("<p>At noon?</p>")
		l.Attachments = []compose.Attachment{
			{Name: "Gemälde \"1\".png", Type: "image/png", Content: compose.String("\x89PNG\r\n\x00")},
			{Type: "text/plain", Charset: "iso-8859-1", Content: compose.String("\xe4")},
			{Name: strings.Repeat("ü", 120) + ".txt", Type: "nonsense", Content: compose.String(strings.Repeat("x", 5000))},
		}
		raw := written(l)
		Expect(raw).To(MatchRegexp(`Content-Type: multipart/mixed;\s+boundary=`))
		Expect(raw).To(MatchRegexp(`Content-Type: multipart/alternative;\s+boundary=`))
		r := read(raw)
		var got []string
		for {
			p, err := r.NextPart()
			if err == io.EOF {
				break
			}
			Expect(err).NotTo(HaveOccurred())
			got = append(got, p.Header.Get("Content-Type"), content(p.Body))
		}
		Expect(got).To(Equal([]string{
			"text/plain; charset=utf-8", "At noon?\r\n", "text/html; charset=utf-8", "<p>At noon?</p>", "image/png", "\x89PNG\r\n\x00",
			"text/plain; charset=iso-8859-1", "ä", "application/octet-stream", strings.Repeat("x", 5000),
		}))
		Expect(raw).To(ContainSubstring(`filename*=utf-8''Gem%C3%A4lde%20%221%22.png`))
	})

	It("makes an attachment of a page without a text", func() {
		l := letter()
		l.Text, l.HTML = nil, compose.String("<p>At noon?</p>")
		Expect(written(l)).To(MatchRegexp(`(?s)multipart/mixed.*text/plain.*text/html; charset=utf-8\r\nContent-Disposition: attachment; filename=message.html`))
	})

	DescribeTable("embeds a message as it is, or as a file when no server would pass it on", func(inner, contentType, encoding, ofAll string) {
		l := letter()
		l.Attachments = []compose.Attachment{{Name: "message.eml", Content: compose.String(inner), Message: true}}
		raw := written(l)
		Expect(raw).To(ContainSubstring("Content-Type: " + contentType + "\r\n"))
		if encoding == "base64" {
			Expect(raw).NotTo(ContainSubstring(inner))
		} else {
			Expect(raw).To(ContainSubstring("\r\nContent-Transfer-Encoding: " + encoding + "\r\n\r\n" + inner + "\r\n--"))
		}
		head, _, _ := strings.Cut(raw, "\r\n\r\n")
		Expect(strings.Contains(head, "Content-Transfer-Encoding: 8bit")).To(Equal(ofAll == "8bit"))
	},
		Entry("plain", "Subject: x\r\n\r\ny\r\n", "message/rfc822", "7bit", ""),
		Entry("with octets above 127", "Subject: x\r\n\r\n\xe4\r\n", "message/rfc822", "8bit", "8bit"),
		Entry("with a bare line feed", "Subject: x\r\n\r\na\nb\r\n", "application/octet-stream", "base64", ""),
		Entry("with a CR alone", "Subject: x\r\n\r\na\rb\r\n", "application/octet-stream", "base64", ""),
		Entry("with NUL", "Subject: x\r\n\r\na\x00\r\n", "application/octet-stream", "base64", ""),
		Entry("with a line that is too long", "Subject: x\r\n\r\n"+strings.Repeat("x", 999)+"\r\n", "application/octet-stream", "base64", ""),
		Entry("without an end", "Subject: x\r\n\r\ny", "message/rfc822", "7bit", ""),
		Entry("that ends in the middle of a line end", "Subject: x\r\n\r\ny\r", "application/octet-stream", "base64", ""),
	)

	DescribeTable("refuses what could make more of it than one message", func(spoil func(*compose.Letter), want string) {
		l := letter()
		spoil(l)
		var b bytes.Buffer
		err := l.Write(&b, math.MaxInt32)
		Expect(err).To(MatchError(compose.ErrRefused))
		Expect(err).To(MatchError(ContainSubstring(want)))
		Expect(b.Len()).To(BeZero(), "nothing was written")
	},
		Entry("a subject with a field", func(l *compose.Letter) { l.Subject = "x\r\nBcc: eve@example.org" }, "U+000D"),
		Entry("a subject with NUL", func(l *compose.Letter) { l.Subject = "x\x00" }, "U+0000"),
		Entry("a subject that reverses letters", func(l *compose.Letter) { l.Subject = "x\u202eexe" }, "U+202E"),
		Entry("a subject that is no text", func(l *compose.Letter) { l.Subject = "\xff" }, "not UTF-8"),
		Entry("a subject without end", func(l *compose.Letter) { l.Subject = strings.Repeat("x", 901) }, "longer than 900"),
		Entry("an identifier with a field", func(l *compose.Letter) { l.InReplyTo = "a@b>\r\nBcc: <eve@example.org" }, "identifier"),
		Entry("a reference with a blank", func(l *compose.Letter) { l.References = []string{"a b@c"} }, "identifier"),
		Entry("a file with a field", func(l *compose.Letter) {
			l.Attachments = []compose.Attachment{{Name: "x\r\nBcc: eve@example.org", Content: compose.String("")}}
		}, "U+000D"),
		Entry("a file in a folder", func(l *compose.Letter) {
			l.Attachments = []compose.Attachment{{Name: "../x", Content: compose.String("")}}
		}, "contains a directory"),
		Entry("too many files", func(l *compose.Letter) { l.Attachments = make([]compose.Attachment, compose.MaxAttachments+1) }, "at most 1000 are allowed"),
		Entry("no sender", func(l *compose.Letter) { l.From = nil }, "sender"),
	)

	It("stops at its limit, and with the error of what it holds", func() {
		l := letter()
		l.Attachments = []compose.Attachment{{Name: "endless", Content: func() (io.ReadCloser, error) { return io.NopCloser(endless{}), nil }}}
		var b bytes.Buffer
		Expect(l.Write(&b, 100_000)).To(MatchError(compose.ErrRefused))
		Expect(b.Len()).To(BeNumerically("<=", 100_000))
		broken := errors.New("the disk")
		l.Text = compose.Join(compose.String("a"), func() (io.ReadCloser, error) { return nil, broken })
		Expect(l.Write(io.Discard, math.MaxInt32)).To(MatchError(broken))
	})
})

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }
