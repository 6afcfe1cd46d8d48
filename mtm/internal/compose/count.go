package compose

import mtmmail "pop3mtm/mtm/mail"

// CountAddresses counts the addresses in fields of a received message by their @, without parsing
// them: text in quotes or parentheses does not count. A caller can then refuse to parse them.
func CountAddresses(h mtmmail.Header, fields ...string) int {
	n := 0
	for _, field := range fields {
		for value := range h.Values(field) {
			n += countAt(value)
		}
	}
	return n
}

// countAt counts the @ of a list of addresses.
func countAt(list string) (n int) {
	quoted, depth := false, 0
	for i := 0; i < len(list); i++ {
		switch c := list[i]; {
		case c == '\\': // RFC 5322 section 3.2.1: a backslash quotes the next character
			i++
		case c == '"' && depth == 0:
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case c == '@' && depth == 0:
			n++
		}
	}
	return n
}
