package fakeserver

import (
	"fmt"
	"strings"

	"pop3mtm/fakeserver/edit"
)

// language is a language for the texts of status lines.
type language struct {
	tag, name string
	// changed is the text that confirms the change to this language.
	changed string
	// texts maps English texts, with # for numbers, to this language; nil for English.
	texts map[string]string
}

// languages returns the table; sessions start with its first row. RFC 6856 section 3.2: tags are
// those of RFC 5646.
func languages() []language {
	return []language{
		{"en", "English", "this is the language now", nil},
		{"de", "Deutsch", "das ist jetzt die Sprache", german()},
	}
}

// translated translates the text of a status line by the texts of a language. Texts that are
// missing there stay English.
func translated(texts map[string]string, r edit.Reply) edit.Reply {
	if texts == nil || len(r) == 0 || len(r[0].Bytes) == 0 {
		return r
	}
	status, text, _ := strings.Cut(strings.TrimSuffix(string(r[0].Bytes), "\r\n"), " ")
	if code, rest, found := strings.Cut(text, "] "); found && text[0] == '[' {
		status, text = status+" "+code+"]", rest
	}
	form, numbers := withoutNumbers(text)
	translation, known := texts[form]
	if !known {
		return r
	}
	for _, n := range numbers {
		translation = strings.Replace(translation, "#", n, 1)
	}
	r[0].Bytes = fmt.Appendf(nil, "%s %s\r\n", status, translation)
	return r
}

// withoutNumbers replaces each number by #, and returns the numbers.
func withoutNumbers(text string) (form string, numbers []string) {
	var b strings.Builder
	for text != "" {
		n := 0
		for n < len(text) && text[n] >= '0' && text[n] <= '9' {
			n++
		}
		if n == 0 {
			b.WriteByte(text[0])
			text = text[1:]
			continue
		}
		b.WriteByte('#')
		numbers = append(numbers, text[:n])
		text = text[n:]
	}
	return b.String(), numbers
}
