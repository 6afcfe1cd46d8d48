package fakeserver

import (
	"bytes"
	"io"
	"unicode/utf8"

	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
)

// utf8Mode answers UTF8. RFC 6856 section 2.1: it is allowed before login; afterwards headers may
// be in UTF-8.
func utf8Mode(t *popTalk, _ *Exchange) Answer {
	return Answer{Reply: edit.OK("UTF-8 from now on"), Took: func() edit.Reply {
		t.utf8 = true
		return nil
	}}
}

// maxHeader limits the part of a header that is examined.
const maxHeader = 256 << 10

// needsUTF8 reports whether a header may only be sent in UTF-8 mode. Octets that are not UTF-8
// belong to old mail, and may always be sent.
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
