package mail_test

import (
	"os"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/mail"
)

func fileText(path string) string {
	GinkgoHelper()
	raw, err := os.ReadFile(path)
	Expect(err).NotTo(HaveOccurred())
	return string(raw)
}

// mixed returns a multipart of parts, each a header and a body.
func mixed(kind string, parts ...string) string {
	boundary := "=_" + kind
	return "Content-Type: multipart/" + kind + "; boundary=\"" + boundary + "\"\r\n\r\n--" + boundary + "\r\n" +
		strings.Join(parts, "\r\n--"+boundary+"\r\n") + "\r\n--" + boundary + "--\r\n"
}

func plain(body string) string { return "Content-Type: text/plain; charset=utf-8\r\n\r\n" + body }
func page(body string) string  { return "Content-Type: text/html; charset=utf-8\r\n\r\n" + body }

var _ = Describe("What there is to read", func() {
	long := strings.Repeat("All that there is to say about it. ", 60)

	DescribeTable("is all texts in their order", func(raw string, want ...string) {
		Expect(read(raw).texts()).To(Equal(want))
	},
		Entry("a text", plain("a"), "a"),
		Entry("a page", page("<p>a</p>"), "a\n"),
		Entry("two texts around a picture", mixed("mixed", plain("a"), "Content-Type: image/png\r\n\r\n", plain("b")), "a", "b"),
		Entry("a page and a footer", mixed("mixed", page("<b>a</b>"), plain("list")), "a\n", "list"),
		Entry("a page and an inline log", mixed("mixed", page("a"), "Content-Type: text/plain; name=log.txt\r\nContent-Disposition: inline\r\n\r\nlog"), "a\n", "log"),
		Entry("no attached text", mixed("mixed", plain("a"), "Content-Type: text/plain; name=log.txt\r\n\r\nlog",
			"Content-Disposition: attachment\r\n\r\nb"), "a"),
		Entry("a first text with a name", "Content-Type: text/plain; name=message.txt\r\n\r\na", "a"),
		Entry("the plain one of two", mixed("alternative", plain("a"), page("<p>a</p>")), "a"),
		Entry("the page where the text is blank", mixed("alternative", plain(" \r\n\r\n"), page("<p>a</p>")), "a\n"),
		Entry("the page where the text only says so", mixed("alternative", plain("Please use a newer mail program."), page("<p>"+long+"</p>")), strings.TrimSpace(long)+"\n"),
		Entry("the page with pictures", mixed("alternative", plain(""), mixed("related", page("a"), "Content-Type: image/png\r\n\r\n")), "a\n"),
		Entry("neither an appointment nor a card", mixed("alternative", plain("a"), "Content-Type: text/calendar\r\n\r\nBEGIN"), "a"),
		Entry("a message in the message", mixed("mixed", plain("a"), "Content-Type: message/rfc822\r\n\r\nSubject: in\r\n"+mixed("alternative", plain("b"), page("c"))), "a", "message: in", "b"),
		Entry("the messages of a digest", mixed("digest", "\r\nSubject: one\r\n\r\n1", "\r\nSubject: two\r\n\r\n2"), "message: one", "1", "message: two", "2"),
		Entry("a report", mixed("report", plain("a"), "Content-Type: message/delivery-status\r\n\r\nStatus: 5.1.1\r\n", "Content-Type: text/rfc822-headers\r\n\r\nSubject: x\r\n"), "a", "Status: 5.1.1\r\n", "Subject: x\r\n"),
		Entry("what is signed", mixed("signed", plain("a"), "Content-Type: application/pgp-signature\r\n\r\nx"), "a"),
		Entry("a text without the files in it", "Subject: x\r\n\r\na\r\nbegin 644 x\r\n#0V%T\r\n`\r\nend\r\nb\r\n", "a\r\nb\r\n"),
		Entry("an appointment where there is no text", "Content-Type: text/calendar\r\n\r\nBEGIN", "BEGIN"),
		Entry("nothing", "Content-Type: image/png\r\n\r\nx"),
	)

	It("says what was left out: siblings in an alternative and nothing else", func() {
		m := read(mixed("mixed", mixed("alternative", plain("a"), mixed("related", page("<p>a"), "Content-Type: image/png\r\n\r\n"),
			"Content-Type: text/calendar\r\n\r\nBEGIN"), page("<p>b")))
		list, err := m.Texts(m.view)
		Expect(err).NotTo(HaveOccurred())
		Expect(list).To(HaveLen(2))
		Expect(list[0].Instead).To(HaveLen(1))
		Expect(list[0].Instead[0].Path).To(Equal("1.2.1"))
		Expect(list[1].Instead).To(BeEmpty())
	})

	DescribeTable("is joined where format=flowed broke it", func(delsp, body, want string) {
		Expect(read("Content-Type: text/plain; format=flowed" + delsp + "\r\n\r\n" + body).texts()).To(Equal([]string{want}))
	},
		Entry(nil, "", "a \r\nb\r\nc\r\n", "a b\nc\n"),
		Entry("with delsp", "; delsp=yes", "a \r\nb\r\n", "ab\n"),
		Entry("in quotes", "", "> a \r\n> b\r\n>> c \r\n> d\r\n", "> a b\n>> c \n> d\n"),
		Entry("in quotes with blanks between the marks", "", "> > a \r\n> > b\r\n> c\r\n> >= 5\r\n", "> > a b\n> c\n> >= 5\n"),
		Entry("with stuffed blanks", "", " From me\r\n > no quote\r\n", "From me\n> no quote\n"),
		Entry("before a signature", "", "a \r\n-- \r\nAda\r\n", "a \n-- \nAda\n"),
		Entry("at the end", "", "a ", "a "),
		Entry("with lines longer than any", "", strings.Repeat("x", 9000)+" \r\ny\r\n", strings.Repeat("x", 9000)+" y\n"),
	)

	DescribeTable("is the text of a page", func(html, want string) {
		Expect(read(page(html)).texts()).To(Equal([]string{want}))
	},
		Entry("with blanks around inline tags", "<p>Dear <b>Ben</b>, your code is <b>1234</b></p>", "Dear Ben, your code is 1234\n"),
		Entry("with no blanks inside words", "<p>un<i>split</i> wo<b>r</b>d <b> x </b>y", "unsplit word x y\n"),
		Entry("without </head>", "<html><head><meta charset=utf-8><title>T</title><body><p>Pay here</p></body></html>", "Pay here\n"),
		Entry("without scripts and styles", "<style>p{}</style><script>if (a<b) x()</script>a", "a\n"),
		Entry("with paragraphs", "<p>a</p>\n<p>b<br>c</p><div>d</div><div>e</div>", "a\n\nb\nc\n\nd\ne\n"),
		Entry("with lists", "a<ul><li>x<li><p>y</p><ol><li>p</li><li>q</li></ol></ul>b", "a\n\n- x\n- y\n  1. p\n  2. q\n\nb\n"),
		Entry("with tables", "<table><tr><th>A</th><th>B</th></tr><tr><td>1<td>2</table>", "A\tB\n1\t2\n"),
		Entry("with links", `<a href="https://a.example/x?b=1&amp;c=2">here</a>, <a href="mailto:b@a.example">b@a.example</a> <a href="#x">up</a> <a href="javascript:x()">z</a>`,
			"here <https://a.example/x?b=1&c=2>, b@a.example up z\n"),
		Entry("with a link that does not end", `<a href="http://a.example/">a.example<a href="http://b.example">b</a>`, "a.exampleb <http://b.example>\n"),
		Entry("with pictures", `<img src=x alt="a  cat"> <img src=y alt=""><img src=z>`, "[a cat]\n"),
		Entry("with quotes", "a<blockquote>b<br>c<blockquote>d</blockquote></blockquote>e", "a\n\n> b\n> c\n\n> > d\n\ne\n"),
		Entry("with preformatted text", "a<pre>\n x  y\n z</pre>b", "a\n\n\n x  y\n z\n\nb\n"),
		Entry("with characters that show nothing", "a&nbsp;&nbsp;b&shy;c\u200b\ufeff &lt;tag&gt; &#9731;", "a bc <tag> \u2603\n"),
		Entry("with a rule", "a<hr>b", "a\n----\nb\n"),
		Entry("with a picture in an attribute", `a<img src="data:image/png;base64,`+strings.Repeat("A", 3<<20)+`" alt=x>b`, "ab\n"),
		Entry("with a run of text longer than any", strings.Repeat("word ", 400_000), strings.TrimSpace(strings.Repeat("word ", 400_000))+"\n"),
		Entry("of nothing", "", ""),
	)

	DescribeTable("is read in the charset that is meant", func(contentType, body, want string) {
		m := read("Content-Type: " + contentType + "\r\n\r\n" + body)
		Expect(m.texts()).To(Equal([]string{want}))
	},
		Entry("none, and UTF-8", "text/plain", "Grün", "Grün"),
		Entry("none, and Latin-1", "text/plain", "Gr\xfcn \x93x\x94", "Grün “x”"),
		Entry("none, and ISO-2022-JP", "text/plain", "a\x1b$B%F%9%H\x1b(B", "aテスト"),
		Entry("Latin-1, and windows-1252", "text/plain; charset=iso-8859-1", "It\x92s\x85", "It’s…"),
		Entry("Latin-1, and UTF-8", "text/plain; charset=iso-8859-1", "Dzień", "Dzień"),
		Entry("ASCII, and Latin-1", "text/plain; charset=us-ascii", "Gr\xfcn", "Grün"),
		Entry("UTF-8, and Latin-1", "text/plain; charset=utf-8", "Grün Gr\xfcn", "Grün Grün"),
		Entry("UTF-8 with a mark", "text/plain; charset=utf-8", "\xef\xbb\xbfGrün", "Grün"),
		Entry("UTF-16 with a mark", "text/plain; charset=utf-16", "\xff\xfea\x00\xfc\x00", "aü"),
		Entry("UTF-7", "text/plain; charset=unicode-1-1-utf-7", "Gr+APw-n +- 1", "Grün + 1"),
		Entry("gb2312, and gbk", "text/plain; charset=gb2312", "\x87\xd6", "囍"),
		Entry("with an odd name", "text/plain; charset=cp-850", "\x81", "ü"),
		Entry("another odd name", "text/plain; charset=cp1251", "\xcf", "П"),
		Entry("that nobody knows", "text/plain; charset=klingon", "Gr\xfcn", "Grün"),
		Entry("of a page, by its head", "text/html", `<html><head><meta http-equiv="Content-Type" content="text/html; charset=windows-1251"></head><body>`+"\xcf\xf0\xe8</body>", "При\n"),
		Entry("of a page, by its header", "text/html; charset=utf-8", `<meta charset=windows-1251>Grün`, "Grün\n"),
		Entry("after much ASCII", "text/plain", strings.Repeat("x", 100_000)+"Grün", strings.Repeat("x", 100_000)+"Grün"),
		Entry("a character on the edge of what is looked at", "text/plain; charset=iso-8859-1", "ä"+strings.Repeat("x", 32<<10-3)+"ä", "ä"+strings.Repeat("x", 32<<10-3)+"ä"),
	)

	It("is read in the fallback", func() {
		m := read("Subject: x\r\n\r\n\xcf\xf0\xe8 Gr\xc3\xbcn")
		r, err := m.Root.OpenView(strings.NewReader(m.raw), mail.Options{Fallback: "windows-1251"})
		Expect(err).NotTo(HaveOccurred())
		Expect(content(r)).To(Equal("При GrГјn"))
	})
})
