package stored

import "bytes"

// sniff guesses the layout of a file from its first octets.
func sniff(content []byte) Layout {
	switch {
	case bytes.HasPrefix(content, []byte("From ")):
		return Mbox
	case bytes.HasPrefix(content, []byte("MAIL FROM:")) || bytes.HasPrefix(content, []byte("EHLO ")) || bytes.HasPrefix(content, []byte("HELO ")):
		return BSMTP
	}
	return Files
}

// splitMbox splits an mbox at each From line that is the first line or follows an empty line.
func splitMbox(content []byte) [][]byte {
	var all [][]byte
	var open []byte
	begun, blank := false, true
	for line := range bytes.Lines(content) {
		if blank && bytes.HasPrefix(line, []byte("From ")) {
			if begun {
				all = append(all, open)
			}
			open, begun, blank = nil, true, false
			continue
		}
		blank = len(bytes.TrimRight(line, "\r\n")) == 0
		open, begun = append(open, line...), true
	}
	if begun {
		all = append(all, open)
	}
	return all
}

// splitBSMTP returns the text between each DATA and its closing dot, without stuffed dots. A
// message without a closing dot is returned too: a mail server would refuse it, but the client has
// written it.
func splitBSMTP(content []byte) [][]byte {
	var all [][]byte
	var open []byte
	inside := false
	for line := range bytes.Lines(content) {
		text := bytes.TrimRight(line, "\r\n")
		switch {
		case !inside && bytes.EqualFold(text, []byte("DATA")):
			inside, open = true, nil
		case inside && string(text) == ".":
			inside = false
			all = append(all, open)
		case inside:
			open = append(open, bytes.TrimPrefix(line, []byte("."))...)
		}
	}
	if inside {
		all = append(all, open)
	}
	return all
}
