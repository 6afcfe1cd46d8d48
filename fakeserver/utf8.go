package fakeserver

import (
	"bytes"
	"io"
	"unicode/utf8"

	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
)

// utf8Mode answers UTF8. RFC 6856 section 2.1: before login, and from then on header
// fields come in UTF-8.
func utf8Mode(t *popTalk, _ *Exchange) Answer {
	return Answer{Reply: edit.OK("UTF-8 from now on"), Took: func() edit.Reply {
		t.utf8 = true
		return nil
	}}
}

// maxHeader is how much of a header is looked at.
const maxHeader = 256 << 10

// needsUTF8 reports whether a header may only be sent in UTF-8 mode. Octets that are
// not UTF-8 are old mail, and pass as they always did.
func needsUTF8(m maildrop.Message) (bool, error) {
	r, err := m.Open()
	if err != nil {
		return false, err
	}
	defer func() { _ = r.Close() }() // it was only read
	header, err := io.ReadAll(io.LimitReader(r, maxHeader))
	if err != nil {
		return false, err
	}
	for _, blank := range []string{"\r\n\r\n", "\n\n"} {
		if before, _, found := bytes.Cut(header, []byte(blank)); found {
			header = before
		}
	}
	return !isASCII(header) && utf8.Valid(header), nil
}
