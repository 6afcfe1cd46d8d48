package compose

import (
	"encoding/base64"
	"mime"
	"strings"
	"unicode/utf8"
)

// encodeText encodes a text of a header as in RFC 2047 unless it is plain.
func encodeText(text string) string {
	if !strings.Contains(text, "=?") {
		return mime.QEncoding.Encode("utf-8", text)
	}
	// It looks like an encoded word, but has to be read literally.
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

// The prefixes of subjects (behaviour section 12).
const (
	ReplyPrefix   = "Re: "
	ForwardPrefix = "Fwd: "
	receiptPrefix = "Receipt of message: "
)

// Subject adds a prefix to the subject of a received message, unless it begins with it already, in
// any case.
func Subject(prefix, subject string) string {
	subject = CleanText(subject, maxSubject-len(prefix))
	mark := strings.TrimRight(prefix, " ")
	if len(subject) >= len(mark) && strings.EqualFold(subject[:len(mark)], mark) {
		return subject
	}
	return strings.TrimRight(prefix+subject, " ")
}

// Receipt returns the subject of a receipt, always with its prefix.
func Receipt(subject string) string {
	return receiptPrefix + CleanText(subject, maxSubject-len(receiptPrefix))
}
