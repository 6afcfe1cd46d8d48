package compose

import (
	"encoding/base64"
	"mime"
	"strings"
	"unicode/utf8"
)

// encodeText writes a text of a header in the words of RFC 2047 when it is not plain.
func encodeText(text string) string {
	if !strings.Contains(text, "=?") {
		return mime.QEncoding.Encode("utf-8", text)
	}
	// It looks like such words, and has to be read as it stands.
	const most = 45 // octets, so that a word has at most 75
	var words []string
	for len(text) > 0 {
		n := min(most, len(text))
		for n < len(text) && !utf8.RuneStart(text[n]) {
			n--
		}
		words = append(words, "=?utf-8?b?"+base64.StdEncoding.EncodeToString([]byte(text[:n]))+"?=")
		text = text[n:]
	}
	return strings.Join(words, " ")
}

// The texts that go before a subject (behaviour section 12).
const (
	ReplyPrefix   = "Re: "
	ForwardPrefix = "Fwd: "
	ReceiptPrefix = "Receipt of message: "
)

// Subject puts a prefix before the subject of a foreign message, unless it begins
// with it already, in any case.
func Subject(prefix, subject string) string {
	subject = CleanText(subject, maxSubject-len(prefix))
	mark := strings.TrimRight(prefix, " ")
	if len(subject) >= len(mark) && strings.EqualFold(subject[:len(mark)], mark) {
		return subject
	}
	return strings.TrimRight(prefix+subject, " ")
}

// Receipt returns the subject of a receipt; the prefix always stands there.
func Receipt(subject string) string {
	return ReceiptPrefix + CleanText(subject, maxSubject-len(ReceiptPrefix))
}
