package fakeserver

import (
	"fmt"
	"strings"

	"pop3mtm/fakeserver/edit"
)

// language is one in which the server can say what it says.
type language struct {
	tag, name string
	// changed tells that this is the language from now on.
	changed string
	// texts by the English ones, numbers written as #; nil: they are English.
	texts map[string]string
}

// languages is the table, the first one is that of the start. RFC 6856 section 3.2:
// tags are those of RFC 5646.
func languages() []language {
	return []language{
		{"en", "English", "this is the language now", nil},
		{"de", "Deutsch", "das ist jetzt die Sprache", german()},
	}
}

// lang answers LANG (RFC 6856 section 3.2): a list of languages, or a change to one.
// The range * stands for the language that the options prefer.
func lang(x *Exchange) edit.Reply {
	tag := strings.TrimSpace(x.Args)
	if tag == "" {
		var rows strings.Builder
		for _, l := range languages() {
			rows.WriteString(l.tag + " " + l.name + "\r\n")
		}
		return edit.Multiline("languages follow", strings.NewReader(rows.String()))
	}
	if tag == "*" {
		tag = x.Session.server.o.Language
	}
	for _, l := range languages() {
		if strings.EqualFold(l.tag, tag) {
			x.effect = func() edit.Reply {
				x.Session.texts = l.texts
				return nil
			}
			return edit.OK(l.tag + " " + l.changed)
		}
	}
	return edit.Err("no such language")
}

// translated says the text of a status line in the language of the session.
func (s *Session) translated(r edit.Reply) edit.Reply {
	if s.texts == nil || len(r) == 0 || len(r[0].Bytes) == 0 {
		return r
	}
	status, text, _ := strings.Cut(strings.TrimSuffix(string(r[0].Bytes), "\r\n"), " ")
	if code, rest, found := strings.Cut(text, "] "); found && text[0] == '[' {
		status, text = status+" "+code+"]", rest
	}
	form, numbers := withoutNumbers(text)
	translation, known := s.texts[form]
	if !known {
		return r
	}
	for _, n := range numbers {
		translation = strings.Replace(translation, "#", n, 1)
	}
	r[0].Bytes = fmt.Appendf(nil, "%s %s\r\n", status, translation)
	return r
}

// withoutNumbers puts # in the place of each number.
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
