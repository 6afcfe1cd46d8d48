package mail

import (
	"bytes"
	"strings"
)

// entityHeader holds what a header says about the content below it (RFC 2045, RFC 2183).
type entityHeader struct {
	mediaType   string // lower case
	given       bool   // there is a Content-Type
	readable    bool   // the Content-Type names a valid type
	params      params
	disposition string // lower case
	dispParams  params
	encoding    Encoding
	contentID   string
}

// contentType is a Content-Type as it was read last. Many messages of a mailbox have the same.
type contentType struct {
	text      string
	mediaType string
	readable  bool
	params    params // nobody changes them
}

func readContentType(text string) contentType {
	token, list := parseParams(text)
	c := contentType{text: text, params: list}
	c.mediaType, c.readable = normalType(token)
	return c
}

// readEntity reads the fields of a part's header that describe its content, in one pass.
func readEntity(raw []byte, last *contentType) entityHeader {
	var e entityHeader
	seen := [4]bool{}
	for len(raw) > 0 {
		if raw[0]|' ' != 'c' { // a fast pre-check, since every header of a mailbox is read here
			lf := bytes.IndexByte(raw, '\n')
			if lf < 0 {
				break
			}
			raw = raw[lf+1:]
			continue
		}
		end := fieldEnd(raw)
		name, value := splitField(raw[:end])
		raw = raw[end:]
		which := entityField(name)
		if which < 0 || seen[which] {
			continue
		}
		seen[which] = true
		text := string(Unfold(value))
		switch which {
		case 0:
			if last.text != text {
				*last = readContentType(text)
			}
			e.given, e.mediaType, e.readable, e.params = true, last.mediaType, last.readable, last.params
		case 1:
			e.disposition, e.dispParams = parseParams(text)
			e.disposition = strings.ToLower(e.disposition)
		case 2:
			e.encoding = parseEncoding(text)
		case 3:
			e.contentID = strings.Trim(text, "<> \t")
		}
	}
	if !e.readable {
		e.mediaType = "text/plain" // RFC 2045 section 5.2
		if e.given && (e.disposition == "attachment" || e.named()) {
			e.mediaType = "application/octet-stream"
		}
	}
	return e
}

// entityField returns the number of a field that readEntity reads, or -1.
func entityField(name []byte) int {
	const prefix = "content-"
	if len(name) <= len(prefix) || !strings.EqualFold(string(name[:len(prefix)]), prefix) {
		return -1
	}
	for i, known := range [...]string{"type", "disposition", "transfer-encoding", "id"} {
		if len(known) == len(name)-len(prefix) && strings.EqualFold(string(name[len(prefix):]), known) {
			return i
		}
	}
	return -1
}

// normalType returns the media type for a token that should be one: text/plain for "text".
func normalType(token string) (mediaType string, ok bool) {
	token = strings.ToLower(token)
	kind, sub, slash := strings.Cut(token, "/")
	sub, _, _ = strings.Cut(sub, "/")
	if !isToken(kind) || slash && sub != "" && !isToken(sub) {
		return "", false
	}
	if sub != "" {
		return kind + "/" + sub, true
	}
	switch kind {
	case "text", "plain":
		return "text/plain", true
	case "html":
		return "text/html", true
	case "multipart":
		return "multipart/mixed", true
	case "message":
		return "message/rfc822", true
	}
	if slash {
		return "application/octet-stream", true
	}
	return "", false
}

// isToken reports whether s is a token of RFC 2045 section 5.1.
func isToken(s string) bool {
	const longest = 127 // RFC 6838 section 4.2
	return s != "" && len(s) <= longest && strings.IndexFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?=`, r)
	}) < 0
}

// named reports whether the part has a file name.
func (e *entityHeader) named() bool {
	for _, list := range []params{e.dispParams, e.params} {
		for _, p := range list {
			if (p.name == "filename" || p.name == "name") && p.value != "" {
				return true
			}
		}
	}
	return false
}

// filename returns the file name of a part, as the message gives it.
func (e *entityHeader) filename(fallback string) string {
	if name := e.dispParams.text("filename", fallback); name != "" {
		return name
	}
	if name := e.params.text("name", fallback); name != "" {
		return name
	}
	return e.dispParams.text("name", fallback)
}
