package fakeserver

import (
	"strings"

	"pop3mtm/fakeserver/edit"
)

// lang answers LANG (RFC 6856 section 3.2): a list of languages, or a change to one.
// The argument * stands for the language that the options prefer.
func lang(t *popTalk, x *Exchange) Answer {
	tag := strings.TrimSpace(x.Args)
	if tag == "" {
		var rows strings.Builder
		for _, l := range languages() {
			rows.WriteString(l.tag + " " + l.name + "\r\n")
		}
		return says(edit.Multiline("languages follow", strings.NewReader(rows.String())))
	}
	if tag == "*" {
		tag = t.options().Language
	}
	for _, l := range languages() {
		if strings.EqualFold(l.tag, tag) {
			return Answer{Reply: edit.OK(l.tag + " " + l.changed), Took: func() edit.Reply {
				t.texts = l.texts
				return nil
			}}
		}
	}
	return says(edit.Err("no such language"))
}
