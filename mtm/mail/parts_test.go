package mail_test

import (
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/jhillyerd/enmime/v2/mediatype"

	"pop3mtm/mtm/mail"
)

// outline returns the parts of a message in one line.
func outline(m message) string {
	var all []string
	for _, p := range m.Leaves() {
		line := p.Path + " " + p.MediaType
		for _, more := range []string{p.Charset, p.Disposition, p.Filename} {
			if more != "" {
				line += " " + more
			}
		}
		all = append(all, fmt.Sprintf("%s %d", line, p.Size))
	}
	return strings.Join(all, "; ")
}

// withType returns a message with one content type and a body.
func withType(contentType, body string) string {
	return "Subject: x\r\nContent-Type: " + contentType + "\r\n\r\n" + body
}

var _ = Describe("The parts of a message", func() {
	DescribeTable("are listed", func(raw, want string) {
		Expect(outline(read(raw))).To(Equal(want))
	},
		Entry("of a text", "Subject: x\r\n\r\nHello\r\n", "1 text/plain 7"),
		Entry("of nothing", "", "1 text/plain 0"),
		Entry("of a header alone", "Subject: x\r\n", "1 text/plain 0"),
		Entry("of a text without a blank line before it", "Subject: x\r\nHello there\r\nall\r\n", "1 text/plain 18"),
		Entry("of a text without header", "Hello there\r\n", "1 text/plain 13"),
		Entry("of a tree", withType("multipart/mixed; boundary=o", "pre\r\n--o\r\nContent-Type: multipart/alternative; boundary=i\r\n\r\n"+
			"--i\r\n\r\na\r\n--i\r\nContent-Type: text/html\r\n\r\nbc\r\n--i--\r\nepilogue\r\n--o\r\nContent-Type: image/png; name=p.png\r\n"+
			"Content-Transfer-Encoding: base64\r\n\r\nREFUQQ==\r\n--o--\r\nmore\r\n"), "1.1 text/plain 1; 1.2 text/html 2; 2 image/png p.png 4"),
		Entry("with bare LF", "Content-Type: multipart/mixed; boundary=o\n\n--o\n\na\n--o\n\nb\n\n--o--\n", "1 text/plain 1; 2 text/plain 2"),
		Entry("without an end", withType("multipart/mixed; boundary=o", "--o\r\n\r\na\r\n--o\r\n\r\nbcd"), "1 text/plain 1; 2 text/plain 3"),
		Entry("of a part that is nothing", withType("multipart/mixed; boundary=o", "--o\r\n--o\r\n\r\n--o--\r\n"), "1 text/plain 0; 2 text/plain 0"),
		Entry("of a part without a header", withType("multipart/mixed; boundary=o", "--o\r\nHello there\r\n\r\nall\r\n--o--\r\n"), "1 text/plain 18"),
		Entry("with blanks behind boundaries", withType("multipart/mixed; boundary=o", "--o \t\r\n\r\na\r\n--o-- \r\n"), "1 text/plain 1"),
		Entry("with a boundary that begins another", withType("multipart/mixed; boundary=o", "--o\r\n\r\n--on\r\n--o-n\r\n--o\r\n\r\n--o--\r\n"), "1 text/plain 11; 2 text/plain 0"),
		Entry("with more behind the last boundary", withType("multipart/mixed; boundary=o", "--o\r\n\r\na\r\n--o-->\r\nb\r\n"), "1 text/plain 1"),
		Entry("of a multipart that names no boundary", withType("multipart/mixed", "--x=y\r\n\r\na\r\n--x=y\r\n\r\nbc\r\n--x=y--\r\n"), "1 text/plain 1; 2 text/plain 2"),
		Entry("of a multipart without parts", withType("multipart/mixed; boundary=o", "Hello\r\n"), "1 text/plain 7"),
		Entry("of a multipart without parts inside another", withType("multipart/mixed; boundary=o", "--o\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\nHello\r\n--o--\r\n"), "1 text/plain 5"),
		Entry("without the blank line behind the header", withType("multipart/mixed; boundary=o", "")[:len(withType("multipart/mixed; boundary=o", ""))-2]+"pre\r\n--o\r\n\r\na\r\n--o--\r\n", "1 text/plain 1"),
		Entry("of a message in a message", withType("multipart/mixed; boundary=o", "--o\r\n\r\na\r\n--o\r\nContent-Type: message/rfc822\r\n\r\n"+
			"Subject: in\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\nb\r\n--i--\r\n--o--\r\n"), "1 text/plain 1; 2 message/rfc822 75; 2.1 text/plain 1"),
		Entry("of a message in a message, encoded", withType("multipart/mixed; boundary=o", "--o\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"+
			"U3ViamVjdDogaW4NCg0KYg0K\r\n--o--\r\n"), "1 message/rfc822 18; 1.1 text/plain 3"),
		Entry("of a digest", withType("multipart/digest; boundary=o", "--o\r\n\r\nSubject: in\r\n\r\nb\r\n--o--\r\n"), "1 message/rfc822 16; 1.1 text/plain 1"),
		Entry("of a file in a text", "Subject: x\r\n\r\nSee:\r\nbegin 644 a b.txt\r\n#0V%T\r\n`\r\nend\r\nBye\r\n", "1 text/plain 45; 1.1 application/octet-stream attachment a b.txt 3"),
		Entry("of a file in a text that does not end", "Subject: x\r\n\r\nbegin 644 a.txt\r\n#0V%T\r\n`\r\n", "1 text/plain 27"),
		Entry("of words that begin like a file", "Subject: x\r\n\r\nbegin 644 a.txt\r\nthe rest of what I say is longer than that\r\nend\r\n", "1 text/plain 66"),
	)

	DescribeTable("have the type that is meant", func(contentType, want string) {
		Expect(outline(read(withType(contentType, "x")))).To(Equal("1 " + want + " 1"))
	},
		Entry(nil, "text/plain; charset=iso-8859-1; charset=ISO-8859-1", "text/plain iso-8859-1"),
		Entry(nil, `text/plain; charset = "iso-8859-1" Content-Transfer-Encoding: 8bit`, "text/plain iso-8859-1"),
		Entry(nil, "text/plain charset=utf-8", "text/plain utf-8"),
		Entry(nil, "text/plain; charset=us-ascii (Plain text)", "text/plain us-ascii"),
		Entry(nil, "text/plain; charset='utf-8'", "text/plain utf-8"),
		Entry(nil, "text/plain; charset=; charset=utf-8", "text/plain utf-8"),
		Entry(nil, `text/plain; charset="utf-8" format="flowed"`, "text/plain utf-8"),
		Entry(nil, "text", "text/plain"),
		Entry(nil, "TEXT/HTML", "text/html"),
		Entry(nil, "text/", "text/plain"),
		Entry(nil, "text/plain/x", "text/plain"),
		Entry(nil, "html", "text/html"),
		Entry(nil, "words without sense", "text/plain"),
		Entry(nil, `; name="test.bin"`, "application/octet-stream test.bin"),
		Entry(nil, `name="test.bin"`, "application/octet-stream test.bin"),
		Entry(nil, "image/png; name=my picture.png", "image/png my picture.png"),
		Entry(nil, "image/png;; ;name=a.png;", "image/png a.png"),
		Entry(nil, `image/png; name="a;b.png"`, "image/png a;b.png"),
		Entry(nil, `image/png; name="a.png`, "image/png a.png"),
		Entry(nil, `image/png; name=""a".png"`, `image/png "a".png`),
		Entry(nil, `image/png; name="a\"b.png"`, `image/png a"b.png`),
		Entry(nil, `image/png; name="C:\dir\a.png"`, `image/png C:\dir\a.png`),
		Entry(nil, "image/png; name==?utf-8?B?w6Q=?=.png", "image/png ä.png"),
		Entry(nil, `image/png; name="=?utf-8?Q?=C3=A4?= =?utf-8?Q?=C3=B6.png?="`, "image/png äö.png"),
		Entry(nil, "image/png; name=\"pl\xe4n.png\"", "image/png plän.png"),
		Entry(nil, "image/png; name*=ISO-8859-1''pl%E4n.png", "image/png plän.png"),
		Entry(nil, "image/png; name*=utf-8'de'pl%C3%A4n.png; name=plan.png", "image/png plän.png"),
		Entry(nil, `image/png; name*0="a b"; name*1=c.png`, "image/png a bc.png"),
		Entry(nil, "image/png; name*1*=%C3%A4.png; name*0*=utf-8''a", "image/png aä.png"),
		Entry(nil, "image/png; name*0*=utf-8''%C3; name*1*=%A4.png", "image/png ä.png"),
		Entry(nil, `image/png; name*0*="''lamp%2E"; name*1*="%70"; name*2=ng`, "image/png lamp.png"),
		Entry(nil, "image/png; name*=pl%C3%A4n.png", "image/png plän.png"),
		Entry(nil, "image/png; name*0*=utf-8''a; name*0*=utf-8''b; name*1=c", "image/png ac"),
	)

	It("are found behind a boundary with odd letters", func() {
		for _, boundary := range []string{"----=_NextPart_000_0012_A7.DC", `"a b"`, "a:b/c?d", "(x)", `"=_x--"`} {
			bare := strings.Trim(boundary, `"`)
			m := read(withType("multipart/mixed; boundary="+boundary, "--"+bare+"\r\n\r\na\r\n--"+bare+"--\r\n"))
			Expect(outline(m)).To(Equal("1 text/plain 1"), boundary)
		}
	})

	It("have parameters as enmime reads those that it can read", func() {
		for _, value := range []string{
			"text/plain; charset=utf-8; format=flowed", `multipart/mixed; boundary="a=b"; type="text/html"`,
			"attachment; filename=my file.pdf; size=3", `attachment; filename="x;y.txt"`, "multipart/mixed; boundary=----=_x_1.2",
			"text/html; charset=a; charset=b", `application/rtf; name=""V047.rtf".rtf"`,
		} {
			_, want, _, err := mediatype.Parse(value)
			Expect(err).NotTo(HaveOccurred())
			Expect(mail.Params(value)).To(Equal(want), value)
		}
	})

	DescribeTable("are decoded", func(encoding, body, want string) {
		m := read("Content-Type: application/x\r\nContent-Transfer-Encoding: " + encoding + "\r\n\r\n" + body)
		Expect(m.open("1")).To(Equal(want))
		Expect(m.Root.Size).To(BeEquivalentTo(len(want)))
	},
		Entry(nil, "base64", "SGVsbG8h\r\nSGk=\r\n", "Hello!Hi"),
		Entry("with padding inside", "base64", "SGk=\r\nSGVsbG8h\r\nSGk=", "HiHello!Hi"),
		Entry("without padding", "base64", "SGVsbG8hSGk", "Hello!Hi"),
		Entry("with a stray character", "base64", "SGVsb!G8h", "Hello!"),
		Entry("with one letter too many", "base64", "SGVsbG8hA", "Hello!"),
		Entry("with blanks at the ends", "base64", "  SGVs \r\n\tbG8h\r\n", "Hello!"),
		Entry("called so", "base64", "This is a text.\r\nReally.\r\n", "This is a text.\r\nReally.\r\n"),
		Entry("with a parameter", "Base64; x=y", "SGk=", "Hi"),
		Entry("with a comment", "base64 (x)", "SGk=", "Hi"),
		Entry(nil, "quoted-printable", "Gr=C3=BCn=\r\n e =3D x\r\n", "Gr\xc3\xbcn e = x\r\n"),
		Entry("with small letters", "QUOTED-PRINTABLE", "=c3=bc", "\xc3\xbc"),
		Entry("with an = that encodes nothing", "quoted-printable", "a=b =4 =\r\n==41 =G1=", "a=b =4 =A =G1"),
		Entry("with blanks at ends", "quoted-printable", "a \t\r\nb =\t\r\nc\r\n", "a\r\nb c\r\n"),
		Entry("with raw octets", "quoted-printable", "\xfc=\n\xfc", "\xfc\xfc"),
		Entry("with a CR alone", "quoted-printable", "a=\rb=\r", "a=\rb=\r"),
		Entry(nil, "x-uuencode", "begin 644 cat\r\n#0V%T\r\n`\r\nend\r\nmore", "Cat"),
		Entry("without blanks at ends", "uuencode", "begin 644 x\r\n#00\r\n`\r\nend", "A\x00\x00"),
		Entry(nil, "8bit", "\xfc=3D", "\xfc=3D"),
		Entry("that nobody knows", "x-new", "a=3D", "a=3D"),
	)

	It("say what was left out for the sake of a limit", func() {
		deep, end := "", ""
		for i := range 60 {
			deep += fmt.Sprintf("Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
			end = fmt.Sprintf("--b%d--\r\n", i) + end
		}
		m := read(deep + "\r\nx\r\n" + end)
		Expect(m.Notices).To(ConsistOf(ContainSubstring("nested more than 50 deep")))
		Expect(m.Leaves()).To(HaveLen(1))
		m = read(withType("multipart/mixed; boundary=o", strings.Repeat("--o\n\n", 10_050)))
		Expect(m.Notices).To(ConsistOf(Equal("more than 10,000 parts")))
		Expect(len(m.Leaves())).To(BeNumerically("<=", 10_000))
		m = read("X: " + strings.Repeat("x", 2<<20) + "\r\nSubject: y\r\n\r\nz")
		Expect(m.Notices).To(ConsistOf(ContainSubstring("1 MiB")))
		Expect(m.open("1")).To(Equal("z"))
	})

	It("do not depend on the pieces that the message comes in", func() {
		for _, c := range mails() {
			raw := fileText(c.path)
			whole := outline(read(raw))
			for _, size := range []int{1, 2, 3, 7, 64} {
				s := mail.NewScanner(mail.Options{})
				traits := mail.NewTraitScanner()
				for i := 0; i < len(raw); i += size {
					piece := []byte(raw[i:min(len(raw), i+size)])
					_, _ = s.Write(piece)
					_, _ = traits.Write(piece)
				}
				m := s.End()
				Expect(outline(message{m, raw})).To(Equal(whole), c.name)
				traits.End()
				Expect(traits.Traits()).To(Equal(m.Traits()), c.name)
			}
		}
	})

	It("are where their octets are", func() {
		for _, c := range mails() {
			m := read(fileText(c.path))
			for _, p := range m.Leaves() {
				Expect(len(m.open(p.Path))).To(BeEquivalentTo(p.Size), c.name+" "+p.Path)
			}
		}
	})

	DescribeTable("make traits", func(raw string, want mail.Traits) {
		Expect(read(raw).Traits()).To(Equal(want))
		s := mail.NewTraitScanner()
		for range 2 {
			_, _ = s.Write([]byte(raw))
			s.End()
			Expect(s.Traits()).To(Equal(want))
			s.Reset()
		}
	},
		Entry("a text", "Subject: x\r\n\r\nx", mail.Traits(0)),
		Entry("a page", withType("text/html", "x"), mail.HasHTML),
		Entry("an attachment", withType("multipart/mixed; boundary=o", "--o\r\n\r\nx\r\n--o\r\nContent-Type: image/png; name=x.png\r\n\r\n--o--"), mail.HasAttachment),
		Entry("a picture of the page", withType("multipart/related; boundary=o", "--o\r\nContent-Type: text/html\r\n\r\nx\r\n--o\r\nContent-Type: image/png\r\n"+
			"Content-Disposition: inline; filename=x.png\r\n\r\n--o--"), mail.HasHTML),
		Entry("a picture of its own", withType("multipart/mixed; boundary=o", "--o\r\n\r\nx\r\n--o\r\nContent-Type: image/jpeg\r\n"+
			"Content-Disposition: inline; filename=x.jpg\r\n\r\n--o--"), mail.HasAttachment),
		Entry("a document that is called inline", withType("multipart/mixed; boundary=o", "--o\r\n\r\nx\r\n--o\r\nContent-Type: application/pdf\r\n"+
			"Content-Disposition: inline; filename=x.pdf\r\n\r\n--o--"), mail.HasAttachment),
		Entry("a text that is called inline", withType("multipart/mixed; boundary=o", "--o\r\n\r\nx\r\n--o\r\nContent-Type: text/plain\r\n"+
			"Content-Disposition: inline; filename=x.log\r\n\r\n--o--"), mail.Traits(0)),
		Entry("a file in a text", "Subject: x\r\n\r\nbegin 644 x\r\n#0V%T\r\n`\r\nend\r\n", mail.HasAttachment),
		Entry("a card", withType("text/x-vcard", ""), mail.HasVCard),
		Entry("an appointment", withType("text/calendar", ""), mail.HasICalendar),
		Entry("an old appointment", withType("text/x-vcalendar", ""), mail.HasVCalendar),
		Entry("a signature", withType("multipart/signed; boundary=o", "--o\r\n\r\nx\r\n--o\r\nContent-Type: application/pgp-signature; name=s.asc\r\n\r\n--o--"), mail.IsSigned),
		Entry("a sealed message", withType("application/pkcs7-mime; name=smime.p7m", ""), mail.IsEncrypted|mail.HasAttachment),
		Entry("an attachment of a message in it", withType("message/rfc822", withType("image/png; name=x.png", "")), mail.Traits(0)),
	)
})
