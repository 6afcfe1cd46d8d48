package mail

import (
	"slices"
	"strconv"
	"strings"
)

// Limits on a Content-Type or Content-Disposition.
const (
	maxParamValue = 16 << 10 // octets of the whole value
	maxParams     = 200
)

// params holds the parameters of a field in their order: names in lower case, values not
// decoded and without quotes.
type params []param

type param struct {
	name, value string
	section     int  // number of a section of a value (RFC 2231 section 3), -1 for a value in one piece
	coded       bool // with %XX (RFC 2231 section 4)
}

// parseParams returns the first token and the parameters of a value such as that of Content-Type.
// Quotes, separators and blanks may be missing or doubled.
func parseParams(value string) (token string, list params) {
	value = value[:min(len(value), maxParamValue)]
	token, rest, _ := strings.Cut(value, ";")
	if at := strings.IndexByte(token, '='); at >= 0 { // the token or its separator is missing
		start := strings.LastIndexAny(strings.TrimRight(token[:at], " \t"), " \t") + 1
		token, rest = token[:start], value[start:]
	}
	token, _, _ = strings.Cut(token, "(")
	if words := strings.Fields(token); len(words) > 0 {
		token = strings.Trim(words[0], "\"'")
	}
	for rest != "" && len(list) < maxParams {
		var p param
		if p, rest = cutParam(rest); p.name != "" {
			list = append(list, p)
		}
	}
	return token, list
}

// cutParam returns the first parameter of s and the rest. At the end the name is empty.
func cutParam(s string) (p param, rest string) {
	s = strings.TrimLeft(s, "; \t\r\n,")
	end := strings.IndexAny(s, "=;")
	if end < 0 {
		return p, ""
	}
	if s[end] == ';' {
		return p, s[end:]
	}
	words := strings.Fields(s[:end])
	s = strings.TrimLeft(s[end+1:], " \t\r\n")
	if len(words) > 0 {
		p.setName(strings.ToLower(words[len(words)-1]))
	}
	if strings.HasPrefix(s, `"`) {
		p.value, rest = cutQuoted(s[1:])
		return p, rest
	}
	p.value, rest = cutBare(s)
	return p, rest
}

// setName reads a name of the form name, name*, name*0 or name*0*.
func (p *param) setName(name string) {
	p.section = -1
	base, coded := strings.CutSuffix(name, "*")
	p.name, p.coded = base, coded
	if before, number, found := strings.Cut(base, "*"); found {
		if n, err := strconv.ParseUint(number, 10, 16); err == nil {
			p.name, p.section = before, int(n)
		}
	}
}

// cutBare returns a value without quotes and the rest. The value ends at the next separator, or
// before what looks like the next parameter.
func cutBare(s string) (value, rest string) {
	value, rest, _ = strings.Cut(s, ";")
	if at := strings.IndexAny(value, " \t"); at >= 0 && startsParam(value[at:]) {
		return value[:at], s[at:]
	}
	return strings.TrimSpace(value), rest
}

// startsParam reports whether s is blanks, a name and an =.
func startsParam(s string) bool {
	s = strings.TrimLeft(s, " \t\r\n")
	end := strings.IndexFunc(s, func(r rune) bool { return !isNameRune(r) })
	return end > 0 && s[end] == '='
}

func isNameRune(r rune) bool {
	return r == '-' || r == '*' || r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}

// cutQuoted returns a quoted value, whose opening quote was read, and the rest. A quote that
// does not end the parameter belongs to the value, and so does a backslash that is not before
// a quote or a backslash.
func cutQuoted(s string) (value, rest string) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
			b.WriteByte(s[i])
		case s[i] == '"' && closesQuote(s[i+1:]):
			return b.String(), s[i+1:]
		default:
			b.WriteByte(s[i])
		}
	}
	// The closing quote is missing.
	value, rest, _ = strings.Cut(s, ";")
	return strings.TrimSpace(value), rest
}

// closesQuote reports whether a quote ends its value. after is the text after the quote.
func closesQuote(after string) bool {
	trimmed := strings.TrimLeft(after, " \t\r\n")
	if trimmed == "" || trimmed[0] == ';' || len(trimmed) < len(after) && startsParam(trimmed) {
		return true
	}
	next := strings.IndexAny(after, `";`)
	return next < 0 || after[next] == ';'
}

// raw returns the value of a parameter, not decoded; "" when it is missing. If it is repeated, the
// first value that is not empty counts.
func (list params) raw(name string) string {
	for _, p := range list {
		if p.name == name && p.section < 0 && !p.coded && p.value != "" {
			return p.value
		}
	}
	text, _ := list.extended(name, "")
	return text
}

// text returns the value of a parameter in UTF-8: decoded by RFC 2231, or encoded words, or plain.
func (list params) text(name, fallback string) string {
	if text, ok := list.extended(name, fallback); ok {
		return text
	}
	return DecodeText(list.raw(name), fallback)
}

// token returns the first word of a parameter's value in lower case.
func (list params) token(name string) string {
	value := strings.ToLower(strings.TrimLeft(list.raw(name), "\"' \t"))
	if end := strings.IndexAny(value, "\"' \t(;,"); end >= 0 {
		value = value[:end]
	}
	return value
}

// extended returns the joined and decoded sections of a value (RFC 2231 sections 3 and 4). The
// charset, before the first two apostrophes, may be missing.
func (list params) extended(name, fallback string) (string, bool) {
	var sections params
	for _, p := range list {
		if p.name == name && (p.section >= 0 || p.coded) {
			sections = append(sections, p)
		}
	}
	if len(sections) == 0 {
		return "", false
	}
	slices.SortStableFunc(sections, func(a, b param) int { return a.section - b.section })
	charset := ""
	first := &sections[0]
	if parts := strings.SplitN(first.value, "'", 3); first.coded && len(parts) == 3 {
		charset, first.value = parts[0], parts[2]
	}
	var octets []byte
	coded := false
	for i, p := range sections {
		if i > 0 && p.section == sections[i-1].section {
			continue // doubled
		}
		if coded = coded || p.coded; p.coded {
			octets = decodePercent(octets, p.value)
		} else {
			octets = append(octets, p.value...)
		}
	}
	if !coded {
		return DecodeText(string(octets), fallback), true
	}
	return decodeString(charset, string(octets), fallback), true
}

func decodePercent(dst []byte, text string) []byte {
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) && hexDigit(text[i+1]) >= 0 && hexDigit(text[i+2]) >= 0 {
			dst = append(dst, byte(hexDigit(text[i+1])<<4|hexDigit(text[i+2])))
			i += 2
			continue
		}
		dst = append(dst, text[i])
	}
	return dst
}
