package mail_test

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/mail"
)

// hostileSize is that of each input here: what takes more than linear time would not end.
const hostileSize = 1 << 20

// hostile are inputs that readers of mail have been slow with.
func hostile() map[string]string {
	fill := func(before, unit string) string { return before + strings.Repeat(unit, hostileSize/len(unit)) }
	multi := "Content-Type: multipart/mixed; boundary=o\n\n"
	nested := ""
	for i := range 60 {
		nested += fmt.Sprintf("Content-Type: multipart/mixed; boundary=%s%d\n\n--%s%d\n", strings.Repeat("o", 200), i, strings.Repeat("o", 200), i)
	}
	return map[string]string{
		"parts":                    fill(multi, "--o\n\nx\n"),
		"empty parts":              fill(multi, "--o\n"),
		"parts with many fields":   fill(multi, "--o\nContent-Type: text/plain; a=b; c=d; charset=utf-8\nContent-Disposition: attachment; filename=x\n\n"),
		"near boundaries":          fill(multi, "\n--p"),
		"near boundaries, nested":  fill(nested, "--"+strings.Repeat("o", 200)+"x\n"),
		"fields":                   fill("", "a:\n"),
		"a folded field":           fill("Subject: x\n", " x\n"),
		"lines that are no fields": fill("", "--\n"),
		"boundaries in a header":   fill("Content-Type: multipart/mixed; boundary=o\n", "--p\n"),
		"words":                    fill("Subject: ", "=?utf-8?Q?=C3?= "),
		"words that do not end":    fill("Subject: ", "=?a?q?"),
		"beginnings of words":      fill("Subject: ", "=?"),
		"addresses":                fill("To: ", "a@b,"),
		"groups":                   fill("To: ", "a:b,"),
		"brackets":                 fill("To: ", "<"),
		"quotes":                   fill("To: ", `"\`),
		"comments":                 fill("To: ", "("),
		"names":                    fill("To: ", "a,"),
		"colons":                   fill("To: x", ":a<"),
		"parameters":               fill("Content-Type: text/plain", ";a=b"),
		"quotes in parameters":     fill("Content-Type: text/plain; a=\"", `"a`),
		"sections":                 fill("Content-Type: text/plain", ";name*0=b"),
		"messages in messages":     fill("", "Content-Type: message/rfc822\n\n"),
		"files in a text":          fill("Subject: x\n\n", "begin 644 x\n`\nend\n"),
		"soft line ends":           fill("Content-Transfer-Encoding: quoted-printable\n\n", "=\n"),
		"blanks":                   fill("Content-Transfer-Encoding: quoted-printable\n\n", " "),
		"padding":                  fill("Content-Transfer-Encoding: base64\n\n", "="),
		"open elements":            fill("Content-Type: text/html\n\n", "<div><b>x"),
		"open links":               fill("Content-Type: text/html\n\n", "<a href=x>x"),
		"lists":                    fill("Content-Type: text/html\n\n", "<ul><li>x"),
		"quotes in quotes":         fill("Content-Type: text/html\n\n", "<blockquote>x"),
		"entities":                 fill("Content-Type: text/html\n\n", "&amp"),
		"angles":                   fill("Content-Type: text/html\n\n", "<"),
		"one tag":                  fill("Content-Type: text/html\n\n<a ", "href=x "),
		"one comment":              fill("Content-Type: text/html\n\n<!--", "-"),
		"one style":                fill("Content-Type: text/html\n\n<style>", "x"),
		"flowed lines":             fill("Content-Type: text/plain; format=flowed\n\n", "> \n"),
		"alternatives":             fill("Content-Type: multipart/alternative; boundary=o\n\n", "--o\n\n\n--o\nContent-Type: text/html\n\n\n"),
		"UTF-7":                    fill("Content-Type: text/plain; charset=utf-7\n\n", "+A"),
		"cut characters":           fill("Content-Type: text/plain\n\n", "\xe2\x82"),
	}
}

var _ = Describe("Hostile mail", func() {
	It("takes linear time and little memory", func(ctx SpecContext) {
		var before, after runtime.MemStats
		for name, raw := range hostile() {
			runtime.GC()
			runtime.ReadMemStats(&before)
			m, err := mail.Read(strings.NewReader(raw), mail.Options{})
			Expect(err).NotTo(HaveOccurred())
			runtime.ReadMemStats(&after)
			allocated := (after.TotalAlloc - before.TotalAlloc) >> 20
			Expect(allocated).To(BeNumerically("<", 10*hostileSize>>20), name)
			use(m, raw)
			Expect(ctx.Err()).NotTo(HaveOccurred(), name)
		}
	}, NodeTimeout(suiteTime))
})

// use does with a message what commands do, and returns what there is to read.
func use(m *mail.Message, raw string) (all []string) {
	GinkgoHelper()
	m.Header.Text("Subject")
	m.Header.Addresses("To")
	m.Header.Date()
	m.Header.IDs("References")
	open := func(p *mail.Part) (io.Reader, error) { return p.OpenView(bytes.NewReader([]byte(raw)), mail.Options{}) }
	texts, err := m.Texts(open)
	Expect(err).NotTo(HaveOccurred())
	for i, t := range texts {
		const some = 100 // of many texts
		if t.Part.IsMessage() || i > some {
			continue
		}
		r, err := t.Part.OpenView(strings.NewReader(raw), mail.Options{})
		Expect(err).NotTo(HaveOccurred())
		text, err := io.ReadAll(r)
		Expect(err).NotTo(HaveOccurred())
		all = append(all, string(text))
	}
	return all
}
