package mail_test

import (
	"bytes"
	"io"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pop3mtm/internal/budget"
	"pop3mtm/mtm/mail"
)

// seeds adds the test mails of this package.
func seeds(f *testing.F) {
	f.Helper()
	paths, err := filepath.Glob("testdata/odd/*.eml")
	if err != nil || len(paths) == 0 {
		f.Fatal("no test mails", err)
	}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw, 7)
	}
}

// FuzzRead takes any octets apart, in any pieces, and opens all parts and texts.
func FuzzRead(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, raw []byte, size int) {
		budget.Of(t, raw, func(raw []byte) { mustRead(t, raw) })
		m, err := mail.Read(bytes.NewReader(raw), mail.Options{})
		if err != nil {
			t.Fatal(err)
		}
		s, traits := mail.NewScanner(mail.Options{}), mail.NewTraitScanner()
		for rest := raw; len(rest) > 0; {
			n := min(len(rest), max(1, size))
			_, _ = s.Write(rest[:n])
			_, _ = traits.Write(rest[:n])
			rest = rest[n:]
		}
		other := s.End()
		traits.End()
		all, again := m.Leaves(), other.Leaves()
		if len(all) != len(again) || len(all) == 0 || m.Traits() != traits.Traits() {
			t.Fatalf("in pieces: %d parts, traits %b; at once %d, %b", len(again), traits.Traits(), len(all), m.Traits())
		}
		for i, p := range all {
			checkPart(t, p, raw)
			if q := again[i]; p.Path != q.Path || p.Size != q.Size || p.MediaType != q.MediaType || p.Filename != q.Filename {
				t.Fatalf("in pieces: %+v, at once %+v", q, p)
			}
		}
		open := func(p *mail.Part) (io.Reader, error) { return p.OpenView(bytes.NewReader(raw), mail.Options{}) }
		if _, err := m.Texts(open); err != nil {
			t.Fatal(err)
		}
	})
}

// mustRead takes a message apart and reads what there is to read.
func mustRead(t *testing.T, raw []byte) {
	t.Helper()
	m, err := mail.Read(bytes.NewReader(raw), mail.Options{})
	if err != nil {
		t.Fatal(err)
	}
	open := func(p *mail.Part) (io.Reader, error) { return p.OpenView(bytes.NewReader(raw), mail.Options{}) }
	texts, err := m.Texts(open)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range texts {
		if text.Part.IsMessage() {
			continue
		}
		r, err := open(text.Part)
		if err == nil {
			_, err = io.Copy(io.Discard, r)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// checkPart opens a part: it has the size that is said, and its view is UTF-8.
func checkPart(t *testing.T, p *mail.Part, raw []byte) {
	t.Helper()
	for _, text := range []string{p.MediaType, p.Charset, p.Filename, p.Disposition} {
		if !utf8.ValidString(text) {
			t.Fatalf("part %s: %q is not UTF-8", p.Path, text)
		}
	}
	r, err := p.Open(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, r); err != nil || n != p.Size {
		t.Fatalf("part %s: %d octets, not %d: %v", p.Path, n, p.Size, err)
	}
	if !strings.HasPrefix(p.MediaType, "text/") {
		return
	}
	if r, err = p.OpenView(bytes.NewReader(raw), mail.Options{}); err != nil {
		t.Fatal(err)
	}
	checkText(t, r)
}

func checkText(t *testing.T, r io.Reader) {
	t.Helper()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if !utf8.Valid(text) {
		t.Fatalf("%q is not UTF-8", text)
	}
}

// FuzzHeader reads any octets as a header, and as the value of each kind of field.
func FuzzHeader(f *testing.F) {
	for _, value := range []string{
		"@:", "=?utf-8?Q?=C3?= =?utf-8?b?pA==?=", "Berg, Jon <j@x>, A: B <c@d>;", "Mon, 2 Mar 26 10:00 PM GMT+1", "<a@b> c@d",
		`text/plain; name*0*=utf-8''%C3; name*1="\"x"; charset = "a" b=c`,
	} {
		f.Add([]byte(value))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		budget.Of(t, value, func(value []byte) {
			mail.DecodeText(string(value), "")
			mail.ParseAddresses(string(value), "")
			mail.ParseDate(value)
			mail.ParseIDs(string(value))
			mail.Params(string(value))
		})
		for _, fallback := range []string{"", "windows-1251", "shift_jis"} {
			h := mail.ParseHeader(append([]byte("Subject: "), value...), fallback)
			if text := h.Text("Subject"); !utf8.ValidString(text) {
				t.Fatalf("%q is not UTF-8", text)
			}
			for _, a := range mail.ParseAddresses(string(value), fallback) {
				if !strings.Contains(a.Address, "@") || !utf8.ValidString(a.Address+a.Name) {
					t.Fatalf("%q is no address", a)
				}
			}
		}
		if d, ok := mail.ParseDate(value); ok && (d.Year() < 1 || d.Year() > 9999) {
			t.Fatal(d)
		}
		for _, id := range mail.ParseIDs(string(value)) {
			if id == "" {
				t.Fatal("an empty identifier")
			}
		}
		mail.Params(string(value))
	})
}

// FuzzText reads any octets in any charset, and as a page.
func FuzzText(f *testing.F) {
	f.Add("utf-7", []byte("Gr+APw-n +2D3eAA-"))
	f.Add("iso-2022-jp", []byte("a\x1b$B%F\x1b(B"))
	f.Add("", []byte("<p>a<ul><li><a href=x>b</a><blockquote><pre>\n c</pre>&amp;<img alt=d><style>"))
	f.Fuzz(func(t *testing.T, charset string, octets []byte) {
		budget.Of(t, octets, func(octets []byte) {
			mustRead(t, append([]byte("Content-Type: text/html\n\n"), octets...))
			checkText(t, mail.NewTextReader(bytes.NewReader(octets), charset, ""))
		})
		checkText(t, mail.NewTextReader(bytes.NewReader(octets), charset, ""))
		checkText(t, mail.NewTextReader(bytes.NewReader(octets), "", charset))
		raw := append([]byte("Content-Type: text/html; charset=utf-8\n\n"), octets...)
		m, err := mail.Read(bytes.NewReader(raw), mail.Options{})
		if err != nil {
			t.Fatal(err)
		}
		r, err := m.Root.OpenView(bytes.NewReader(raw), mail.Options{})
		if err != nil {
			t.Fatal(err)
		}
		checkText(t, r)
	})
}

// FuzzUsualDate wants the short way to read a date as the general parser does, or leave it.
func FuzzUsualDate(f *testing.F) {
	for _, seed := range []string{
		"Mon, 02 Jan 2006 15:04:05 -0700", "2 Jan 2006 15:04:05 +0000", "Fri, 29 Feb 2023 00:00:00 +0000", "Thu, 29 Feb 2024 23:59:59 -0030",
		"Mon, 2 Jan 2006 15:04:05 +0100 (CET)", "1 Jan 2001 01:00:00 +0000 (()", "Mon, 2 Jan 2006 15:04:05 +0100 (a (b))", "Xxx, 2 Jan 2006 15:04:05 +0100",
		"1 Jan 2006 24:00:00 +0000", "0 Jan 2006 00:00:00 +0000", "31 Dec 9999 23:59:59 -0100", "1 Jan 0001 00:00:00 +0100", "1 Jan 2006 00:00:60 +0000",
		"Mon, 2 Jan 2006 15:04:05 +2400", "Mon, 2 Jan 2006 15:04:05 GMT", "2 Jan 06 15:04 +0000", "Mon,2 Jan 2006 15:04:05 -0700",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := mail.UsualDate([]byte(text))
		if !ok {
			return
		}
		want, err := netmail.ParseDate(text)
		if err != nil || !got.Equal(want) || got.Location() != time.UTC {
			t.Fatalf("%q: %v, the general parser says %v, %v", text, got, want, err)
		}
	})
}
