package edit

import "strings"

// AfterHeader inserts octets after the empty line that ends the header of a message.
func AfterHeader(octets string) Edit {
	return afterHeader(func(to Sink, text, end string) error { return send(to, octets, text, end) })
}

// BareFirstDot does not stuff a dot at the start of the first line of the body, like a server that
// stuffs header and body separately, and only after line ends. QUIRK 74.
func BareFirstDot() Edit {
	return afterHeader(func(to Sink, text, end string) error {
		if strings.HasPrefix(text, "..") {
			text = text[1:]
		}
		return send(to, text, end)
	})
}

// afterHeader returns an edit that calls change to send the first line after the header; that may
// be the closing dot.
func afterHeader(change func(to Sink, text, end string) error) Edit {
	return through(func(to Sink) filter {
		header, first := true, false
		return &byLine{Sink: to, edit: func(to Sink, at place, _ int, text, end string) error {
			if first {
				first = false
				return change(to, text, end)
			}
			if header && at == row && text == "" {
				header, first = false, true
			}
			return send(to, text, end)
		}}
	})
}
