package store_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/internal/budget"
	"pop3mtm/mtm/store"
)

// crlf turns the lines of a test's message into those of the wire.
func crlf(text string) []byte { return []byte(strings.ReplaceAll(text, "\n", "\r\n")) }

const nested = `From: Anne <anne@example.org>
Content-Type: multipart/mixed; boundary=outer

preamble
--outer
Content-Type: multipart/alternative; boundary="in ner"

--in ner
Content-Type: TEXT/plain; charset=ISO-8859-1
Content-Transfer-Encoding: quoted-printable

gr=FC=DFe
--in ner
Content-Type: text/html; charset=utf-8

<p>grüße</p>
--in ner--
--outer
Content-Type: application/pdf; name="old.pdf"
Content-Disposition: ATTACHMENT; filename="=?utf-8?q?m=C3=BCsli.pdf?="
Content-Transfer-Encoding: base64

aGVs
bG8=
--outer
Content-Type: message/rfc822

Subject: inside

text
--outer--
epilogue
`

var _ = Describe("Parts", func() {
	ctx := context.Background()
	var s *store.Store

	BeforeEach(func() { s = open(newDir(), nil) })

	part := func(id store.ID, path string) string {
		GinkgoHelper()
		r, err := s.OpenPart(ctx, id, path)
		Expect(err).NotTo(HaveOccurred())
		data, err := io.ReadAll(r)
		Expect(err).NotTo(HaveOccurred())
		Expect(r.Close()).To(Succeed())
		return string(data)
	}

	It("lists nested parts with their names and decoded sizes, and opens each", func() {
		e := stored(s, store.Inbox, crlf(nested))
		Expect(s.Parts(ctx, e.ID)).To(Equal([]store.Part{
			{Path: "1.1", MediaType: "text/plain", Charset: "iso-8859-1", Size: 5},
			{Path: "1.2", MediaType: "text/html", Charset: "utf-8", Size: 14},
			{Path: "2", MediaType: "application/pdf", Filename: "müsli.pdf", Disposition: "attachment", Size: 5},
			{Path: "3", MediaType: "message/rfc822", Size: 23},
		}))
		Expect(part(e.ID, "1.1")).To(Equal("gr\xfc\xdfe"))
		Expect(part(e.ID, "2")).To(Equal("hello"))
		Expect(part(e.ID, "3")).To(Equal("Subject: inside\r\n\r\ntext"))
		_, err := s.OpenPart(ctx, e.ID, "9.9")
		Expect(err).To(MatchError(store.ErrNotFound))
	})

	DescribeTable("make out what they can of a broken message",
		func(text string, want ...store.Part) {
			e := stored(s, store.Inbox, crlf(text))
			Expect(s.Parts(ctx, e.ID)).To(Equal(want))
		},
		Entry("nothing at all", "", store.Part{Path: "1", MediaType: "text/plain"}),
		Entry("no header", "\nhello\n", store.Part{Path: "1", MediaType: "text/plain", Size: 7}),
		Entry("lines in the header that are none", "Subject: x\nno colon here\nContent-Type: text/html\n\nabc",
			store.Part{Path: "1", MediaType: "text/html", Size: 3}),
		Entry("a content type that is none", "Content-Type: ;;;\n\nabc", store.Part{Path: "1", MediaType: "text/plain", Size: 3}),
		Entry("no boundary", "Content-Type: multipart/mixed\n\nabc",
			store.Part{Path: "1", MediaType: "multipart/mixed", Size: 3}),
		Entry("a boundary that never comes", "Content-Type: multipart/mixed; boundary=x\n\nabc",
			store.Part{Path: "1", MediaType: "multipart/mixed", Size: 3}),
		Entry("no end", "Content-Type: multipart/mixed; boundary=x\n\n--x\n\nabc",
			store.Part{Path: "1", MediaType: "text/plain", Size: 3}),
		Entry("a part whose header is none", "Content-Type: multipart/mixed; boundary=x\n\n--x\nno colon\n\n1\n--x\n\n22\n--x--\n",
			store.Part{Path: "1", MediaType: "text/plain", Size: 1}, store.Part{Path: "2", MediaType: "text/plain", Size: 2}),
		Entry("a part without the end of its header", "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/html\n--x\n\n22\n--x--\n",
			store.Part{Path: "1", MediaType: "text/html"}, store.Part{Path: "2", MediaType: "text/plain", Size: 2}),
		Entry("an inner multipart that the outer one ends", "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: multipart/y; boundary=z\n\n--z\n\n1\n--x\n\n22\n--x--\n",
			store.Part{Path: "1.1", MediaType: "text/plain", Size: 1}, store.Part{Path: "2", MediaType: "text/plain", Size: 2}),
		Entry("lines longer than the buffer", "Content-Type: multipart/mixed; boundary=x\n\n--x\n\n"+strings.Repeat("y", 200_000)+"\n--x\n\n"+strings.Repeat("--x", 70_000)+"\n--x--\n",
			store.Part{Path: "1", MediaType: "text/plain", Size: 200_000}, store.Part{Path: "2", MediaType: "text/plain", Size: 210_000}),
		Entry("a digest", "Content-Type: multipart/digest; boundary=x\n\n--x\n\nSubject: y\n\n--x\nContent-Type: text/plain\n\n1\n--x--\n",
			store.Part{Path: "1", MediaType: "message/rfc822", Size: 12}, store.Part{Path: "2", MediaType: "text/plain", Size: 1}),
		Entry("an unknown transfer encoding", "Content-Transfer-Encoding: rot13\n\nabc",
			store.Part{Path: "1", MediaType: "text/plain", Size: 3}),
		Entry("broken base64", "Content-Transfer-Encoding: base64\n\naGVsbG8h!!!",
			store.Part{Path: "1", MediaType: "text/plain", Size: 6}),
		Entry("a header without end", "Subject: "+strings.Repeat("x", 3<<20), store.Part{Path: "1", MediaType: "text/plain"}),
	)

	It("stays within bounds for deep nesting and many parts", func() {
		var deep, wide strings.Builder
		for i := range 200 {
			fmt.Fprintf(&deep, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
		}
		e := stored(s, store.Inbox, crlf(deep.String()))
		m, err := s.Structure(ctx, e.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(m.Parts).To(HaveLen(1))
		Expect(m.Limits.String()).To(Equal("parts nested more than 50 deep"))
		wide.WriteString("Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n\nx\n", 11_000) + "--b--\n")
		e = stored(s, store.Inbox, crlf(wide.String()))
		m, err = s.Structure(ctx, e.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(m.Parts).To(HaveLen(10_000))
		Expect(m.Limits.String()).To(Equal("more than 10,000 parts"))
		e = stored(s, store.Inbox, crlf("X: "+strings.Repeat("x", 2<<20)+"\nContent-Type: text/html\n\nabc"))
		m, err = s.Structure(ctx, e.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(m.Parts).To(Equal([]store.Part{{Path: "1", MediaType: "text/plain", Size: 3}}))
		Expect(m.Limits.String()).To(Equal("a header of more than 1 MiB"))
	})

	It("hands out all parts in one pass, and ends when it is told to", func() {
		e := stored(s, store.Inbox, crlf(nested))
		var all []string
		limits, err := s.EachPart(ctx, e.ID, func(p store.Part, content io.Reader) error {
			data, err := io.ReadAll(content)
			Expect(data).To(HaveLen(int(p.Size)))
			all = append(all, p.Path+" "+string(data))
			return err
		})
		Expect(err).NotTo(HaveOccurred())
		Expect(limits).To(BeZero())
		Expect(all).To(HaveLen(4))
		Expect(all[2]).To(Equal("2 hello"))
		Expect(s.EachPart(ctx, e.ID, func(store.Part, io.Reader) error { return io.ErrNoProgress })).Error().To(MatchError(io.ErrNoProgress))
		Expect(s.EachPart(ctx, store.Inbox, nil)).Error().To(MatchError(store.ErrNoBody))
	})

	It("keeps the list of a large message until its body changes", func() {
		text := strings.Replace(nested, "preamble", strings.Repeat("preamble\n", 10_000), 1)
		dir := newDir()
		s = open(dir, nil)
		e := stored(s, store.Inbox, crlf(text))
		first, err := s.Parts(ctx, e.ID)
		Expect(err).NotTo(HaveOccurred())
		db := sqlite(dir)
		var rows int
		Expect(db.QueryRow("SELECT count(*) FROM parts").Scan(&rows)).To(Succeed())
		Expect(rows).To(Equal(4))
		Expect(s.Parts(ctx, e.ID)).To(Equal(first))
		b := s.NewBatch()
		e.Body = message(b, store.Sent, store.BodyWhole, []byte("\r\nnew")).Body
		b.Update(e)
		Expect(b.Commit(ctx)).To(Succeed())
		Expect(s.Parts(ctx, e.ID)).To(Equal([]store.Part{{Path: "1", MediaType: "text/plain", Size: 3}}))
	})

	It("says when there is nothing to take apart", func() {
		_, err := s.Parts(ctx, store.Inbox)
		Expect(err).To(MatchError(store.ErrNoBody))
		e := stored(s, store.Inbox, crlf(nested))
		ended, cancel := context.WithCancel(ctx)
		cancel()
		_, err = s.Parts(ended, e.ID)
		Expect(err).To(MatchError(context.Canceled))
	})
})

// FuzzParts: any bytes give at least one part, every part that is listed can be opened and has
// the size that is listed, and no octet is in two parts. It takes no more than the budget.
func FuzzParts(f *testing.F) {
	f.Add(crlf(nested))
	f.Add([]byte("Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n"))
	f.Add([]byte("Content-Type: multipart/x; boundary=x\n\n--x\nContent-Type: multipart/y; boundary=x\n\n--x\n\n--x--\n--x--"))
	f.Add([]byte("a\r\n b\r\n:c\r\nContent-Disposition: ;x\r\n\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		budget.Of(t, raw, func(raw []byte) { store.PartsOf(raw) })
		list := store.PartsOf(raw)
		if len(list) == 0 {
			t.Fatal("no part")
		}
		if covered := store.CoveredByParts(raw); covered > len(raw) {
			t.Errorf("%d octets in parts of a message of %d", covered, len(raw))
		}
		for _, p := range list[:min(len(list), 20)] {
			r := store.OpenPartOf(raw, p.Path)
			if r == nil {
				t.Fatalf("part %s cannot be opened", p.Path)
			}
			n, _ := io.Copy(io.Discard, r) // broken encoding ends early, as it did for the list
			if n != p.Size {
				t.Errorf("part %s: %d octets, listed as %d", p.Path, n, p.Size)
			}
		}
	})
}

// FuzzRecord: what is read as the header of a record is what would be written
// for it, and nothing else is.
func FuzzRecord(f *testing.F) {
	f.Add([]byte("mtmB\x01\x00\x00\x00"), int64(5), uint32(7))
	f.Add([]byte{}, int64(-1), uint32(0))
	f.Fuzz(func(t *testing.T, raw []byte, length int64, crc uint32) {
		if b, err := store.ParseRecord(raw); err == nil && string(store.RecordOf(b)) != string(raw[:store.RecordHeader]) {
			t.Errorf("%q was read as %+v", raw, b)
		}
		want := store.Body{Kind: store.BodyWhole, Length: length & (1<<62 - 1), CRC: crc}
		record := store.RecordOf(want)
		if got, err := store.ParseRecord(record); err != nil || got != want {
			t.Errorf("%+v became %+v, %v", want, got, err)
		}
		for i := range record {
			record[i] ^= 1 + byte(crc)
			if _, err := store.ParseRecord(record); err == nil && byte(crc) != 255 {
				t.Errorf("octet %d was changed and not missed", i)
			}
			record[i] ^= 1 + byte(crc)
		}
	})
}
