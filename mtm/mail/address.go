package mail

import (
	"net/mail"
	"strings"
)

// parseAddresses returns the addresses of a field. It accepts what RFC 5322 allows, and also
// unquoted names with commas, colons or an @, missing commas, and letters beyond ASCII. The members
// of a group are returned one by one. When all else fails, the text in the last angle brackets is
// the address. An entry without an @ is left out.
func parseAddresses(value, fallback string) []*mail.Address {
	if isPlainASCII(value) {
		if list, err := mail.ParseAddressList(value); err == nil {
			for _, a := range list {
				if len(a.Address) > 2 && strings.HasPrefix(a.Address, "'") && strings.HasSuffix(a.Address, "'") {
					a.Address = a.Address[1 : len(a.Address)-1]
				}
			}
			return list
		}
	}
	s := addressScanner{text: value, fallback: fallback}
	for s.next < len(s.text) {
		s.step()
	}
	s.end()
	if len(s.list) == 0 {
		return lastBrackets(value, fallback)
	}
	return s.list
}

// isPlainASCII reports whether a value is so plain that the standard library reads
// it as this package does.
func isPlainASCII(value string) bool {
	for i := range len(value) {
		if value[i] >= 0x7f || value[i] < ' ' && value[i] != '\t' {
			return false
		}
	}
	return !strings.Contains(value, "=?")
}

// lastBrackets returns the address in the last angle brackets.
func lastBrackets(value, fallback string) []*mail.Address {
	end := strings.LastIndexByte(value, '>')
	start := strings.LastIndexByte(value[:max(0, end)], '<')
	if end < 0 || start < 0 {
		return nil
	}
	address := cleanAddress(value[start+1 : end])
	if !strings.Contains(address, "@") {
		return nil
	}
	return []*mail.Address{{Name: displayName(value[:start], fallback), Address: decodeAddress(address, fallback)}}
}

// addressScanner reads a list of addresses in one pass.
type addressScanner struct {
	text, fallback string
	next           int
	list           []*mail.Address

	phrase   strings.Builder // the text before the brackets, or all of the entry, without comments
	comment  strings.Builder
	address  string // in brackets
	has      bool   // there were brackets
	waiting  string // an entry without an address, which is the first half of a name with a comma
	noQuotes bool   // no further quote is closed
	inGroup  bool
}

// step reads the next piece.
func (s *addressScanner) step() {
	switch c := s.text[s.next]; c {
	case '"':
		s.quoted()
	case '(':
		s.commented()
	case '<':
		s.bracketed()
	case ',', ';':
		s.next++
		s.end()
		if c == ';' {
			s.waiting, s.inGroup = "", false
		}
	case ':':
		s.colon()
	default:
		s.beforeText(c)
		s.phrase.WriteByte(c)
		s.next++
	}
}

// beforeText ends the entry when text follows its brackets: the comma is missing.
func (s *addressScanner) beforeText(c byte) {
	if s.has && c != ' ' && c != '\t' {
		s.end()
	}
}

func (s *addressScanner) quoted() {
	s.beforeText('"')
	end := s.next + 1
	for end < len(s.text) && s.text[end] != '"' && !s.noQuotes {
		if s.text[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(s.text) || s.noQuotes {
		s.noQuotes = true
		s.next++ // a quote that is never closed
		return
	}
	s.phrase.WriteString(s.text[s.next : end+1])
	s.next = end + 1
}

// commented skips a comment, which may have comments in it.
func (s *addressScanner) commented() {
	depth := 0
	for i := s.next; i < len(s.text); i++ {
		switch s.text[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				s.comment.WriteString(s.text[s.next+1 : i])
				s.next = i + 1
				return
			}
		}
	}
	s.phrase.WriteString(strings.ReplaceAll(s.text[s.next:], "(", " ")) // the comment is never closed
	s.next = len(s.text)
}

func (s *addressScanner) bracketed() {
	rest := s.text[s.next+1:]
	end := strings.IndexAny(rest, "<>")
	if end < 0 {
		end = len(rest)
	}
	if end == len(rest) || rest[end] == '<' { // brackets that are never closed end with the entry
		if comma := strings.IndexAny(rest[:end], ",;"); comma >= 0 {
			end = comma
		}
	}
	s.next += 1 + end
	if strings.HasPrefix(s.text[s.next:], ">") {
		s.next++
	}
	address := cleanAddress(rest[:end])
	if address == "" {
		return
	}
	if s.has && !strings.Contains(address, "@") {
		return
	}
	if s.has {
		s.end()
	}
	s.address, s.has = address, true
}

// colon begins a group, or belongs to a name when brackets follow before the end of the group.
func (s *addressScanner) colon() {
	s.next++
	name := strings.TrimSpace(s.phrase.String())
	rest := s.text[s.next:]
	if name != "" && !s.has && !s.inGroup && !strings.ContainsAny(name, "@:") && isGroup(rest) {
		s.phrase.Reset()
		s.waiting, s.inGroup = "", true
		return
	}
	s.phrase.WriteByte(':')
}

// isGroup reports whether the text after a colon is a group: it ends with a
// semicolon, or has no brackets.
func isGroup(rest string) bool {
	const near = 1000 // a limit, so that many colons do not take long
	at := strings.IndexAny(rest[:min(len(rest), near)], ";<")
	return at < 0 || rest[at] == ';' || strings.Contains(rest[at:min(len(rest), near)], ";")
}

// end ends the current entry.
func (s *addressScanner) end() {
	phrase, comment := strings.TrimSpace(s.phrase.String()), s.comment.String()
	s.phrase.Reset()
	s.comment.Reset()
	if !s.has {
		s.bare(phrase, comment)
		return
	}
	if s.waiting != "" {
		phrase = strings.TrimSuffix(s.waiting+", "+phrase, ", ")
		s.waiting = ""
	}
	if phrase == "" {
		phrase = comment
	}
	if strings.Contains(s.address, "@") {
		s.add(phrase, s.address)
	}
	s.address, s.has = "", false
}

// bare reads an entry without brackets: an address, several addresses, or a name and an address.
func (s *addressScanner) bare(phrase, comment string) {
	words := fieldsOutsideQuotes(phrase)
	addresses := 0
	for _, w := range words {
		if strings.Contains(w, "@") {
			addresses++
		}
	}
	switch {
	case addresses == 0:
		const longest = 256 // of a name; a longer text is many names
		if s.waiting != "" && phrase != "" && len(s.waiting) < longest {
			phrase = s.waiting + ", " + phrase
		}
		s.waiting = phrase
	case addresses == len(words):
		for _, w := range words {
			s.add(comment, cleanAddress(w))
		}
	default:
		last := len(words) - 1
		for !strings.Contains(words[last], "@") {
			last--
		}
		s.add(strings.Join(words[:last], " "), cleanAddress(words[last]))
	}
}

func (s *addressScanner) add(name, address string) {
	if !strings.Contains(address, "@") { // a route alone
		return
	}
	if s.waiting != "" {
		s.waiting = ""
	}
	s.list = append(s.list, &mail.Address{Name: displayName(name, s.fallback), Address: decodeAddress(address, s.fallback)})
}

// fieldsOutsideQuotes splits at blanks outside of quotes.
func fieldsOutsideQuotes(s string) []string {
	quoted := false
	return strings.FieldsFunc(s, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return !quoted && (r == ' ' || r == '\t')
	})
}

// cleanAddress removes blanks, a route (RFC 5322 section 4.4) and stray marks from an address.
func cleanAddress(address string) string {
	address = strings.Trim(address, " \t<>,;'")
	if strings.HasPrefix(address, "@") {
		if at := strings.LastIndexByte(address, ':'); at >= 0 {
			address = address[at+1:]
		}
	}
	if len(address) > 7 && strings.EqualFold(address[:7], "mailto:") {
		address = address[7:]
	}
	if !strings.Contains(address, `"`) {
		address = strings.Join(strings.Fields(address), "")
	}
	if local, domain, ok := cutAt(address); ok && len(local) > 1 && local[0] == '"' && local[len(local)-1] == '"' {
		return unquote(local) + "@" + domain // as net/mail returns it
	}
	return strings.Trim(address, `"`)
}

func cutAt(address string) (local, domain string, ok bool) {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return address, "", false
	}
	return address[:at], address[at+1:], true
}

// decodeAddress returns an address in UTF-8. Some programs write encoded words in addresses.
func decodeAddress(address, fallback string) string {
	if text := strings.TrimSpace(DecodeText(address, fallback)); strings.Contains(text, "@") {
		return text
	}
	return strings.ToValidUTF8(address, "\uFFFD") // in some charsets the octet of @ means another character
}

// displayName returns the name of a person from a phrase.
func displayName(phrase, fallback string) string {
	phrase = strings.TrimSpace(phrase)
	if strings.Contains(phrase, `"`) {
		phrase = unquote(phrase)
	}
	return strings.Join(strings.Fields(DecodeText(phrase, fallback)), " ")
}

// unquote removes quotes and the backslashes in them.
func unquote(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case s[i] != '"':
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
