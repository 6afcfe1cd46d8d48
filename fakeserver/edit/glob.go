package edit

import "strings"

// Glob reports whether text matches pattern, in which a * stands for any text. A single * matches
// any text that is not empty.
func Glob(pattern, text string) bool {
	if pattern == "*" { // LIST * is not LIST alone
		return text != ""
	}
	if !strings.Contains(pattern, "*") {
		return pattern == text
	}
	parts := strings.Split(pattern, "*")
	last := len(parts) - 1
	if !strings.HasPrefix(text, parts[0]) {
		return false
	}
	text = text[len(parts[0]):]
	for _, part := range parts[1:last] {
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return strings.HasSuffix(text, parts[last])
}
