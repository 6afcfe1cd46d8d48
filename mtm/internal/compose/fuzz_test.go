package compose_test

import (
	"bufio"
	"bytes"
	"io"
	"math"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-message/textproto"

	"pop3mtm/mtm/internal/compose"
	mtmmail "pop3mtm/mtm/mail"
)

// FuzzTypedAddresses wants a list that is taken to come out of a message as it went in.
func FuzzTypedAddresses(f *testing.F) {
	for _, seed := range []string{
		"ada@example.org", `"Lovelace, Ada" <ada@example.org>, b@c`, "x: a@b, c@d;", `"a b"@example.org`, "ada@bücher.example",
		"a@b\r\nBcc: c@d", "=?utf-8?q?a=0Ab?= <a@b>", "a@[::1]", "\"\\\"\"@b", "(c) a@b", "nobody:;",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, err := compose.ParseList("to", []string{text})
		if err != nil {
			return
		}
		l := plainLetter(list)
		var raw bytes.Buffer
		if err := l.Write(&raw, math.MaxInt32); err != nil {
			t.Fatal(err)
		}
		header := fields(t, raw.Bytes(), "From", "To", "Subject", "Date", "Message-Id", "Mime-Version", "Content-Type", "Content-Transfer-Encoding")
		back, err := mail.ParseAddressList(header.Get("To"))
		if err != nil || len(back) != len(list) {
			t.Fatalf("%q: %v, %q", text, err, header.Get("To"))
		}
		for i, a := range back {
			if a.Address != list[i].Address {
				t.Fatalf("%q became %q", list[i].Address, a.Address)
			}
			if wire := compose.Wire(a); strings.ContainsAny(wire, "\r\n\x00<>") && !strings.HasPrefix(wire, `"`) {
				t.Fatalf("%q in an envelope", wire)
			}
		}
	})
}

// FuzzAnswers wants no field in an answer that the original put there.
func FuzzAnswers(f *testing.F) {
	for _, seed := range []string{
		"From: a@b\r\nTo: c@d, e@f\r\nSubject: x\r\nMessage-ID: <1@x>\r\n\r\n", "From: =?utf-8?q?a=0D=0ABcc:_x?= <a@b>\r\nSubject: =?utf-8?b?DQpCY2M6IHg=?=\r\n\r\n",
		"References: <a@b> <c@d\r\n e>\r\nReply-To: x: a@b;\r\n\r\n", "Resent-From: a@b\r\nResent-To: c@d\r\nFrom: e@f\r\n\r\n", "From\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		header := mtmmail.ParseHeader(raw, "")
		own := &mail.Address{Address: "ada@example.org"}
		to, cc := compose.Everybody(header, own)
		l := plainLetter(to)
		l.Cc = cc
		l.Subject = compose.Subject(compose.ReplyPrefix, header.Text("Subject"))
		l.InReplyTo, l.References = compose.ID(header), compose.References(header)
		var out bytes.Buffer
		if err := l.Write(&out, math.MaxInt32); err != nil {
			t.Fatal(err)
		}
		fields(t, out.Bytes(), "From", "To", "Cc", "Subject", "Date", "Message-Id", "In-Reply-To", "References", "Mime-Version", "Content-Type", "Content-Transfer-Encoding")
	})
}

func plainLetter(to []*mail.Address) *compose.Letter {
	return &compose.Letter{From: &mail.Address{Address: "ada@example.org"}, Date: time.Unix(0, 0), MessageID: "1@example.org", To: to, Subject: "x"}
}

// fields reads a header, which must have these at most, without control characters, and in ASCII
// but for mailboxes (RFC 6532).
func fields(t *testing.T, raw []byte, allowed ...string) textproto.Header {
	in := bufio.NewReader(bytes.NewReader(raw))
	h, err := textproto.ReadHeader(in)
	if err != nil {
		t.Fatal(err)
	}
	for f := h.Fields(); f.Next(); {
		if !slices.Contains(allowed, f.Key()) {
			t.Fatalf("a field %s in %q", f.Key(), raw)
		}
	}
	if rest, _ := io.ReadAll(in); len(rest) > 0 || bytes.ContainsFunc(raw, func(r rune) bool { return r == 0x7f || r >= 0x80 && r < 0xa0 || (r < ' ' && r != '\r' && r != '\n') }) {
		t.Fatalf("%q", raw)
	}
	return h
}
