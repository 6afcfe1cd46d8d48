package record

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"

	"pop3mtm/fakeserver/notation"
)

// secrets holds the texts of a session that a transcript must not show.
type secrets struct {
	hidden [][]byte // the latest masked texts
	users  []string // to mask
}

// remembered limits the secrets and names that are searched in the server's output: usually a
// session has one.
const remembered = 16

// client returns a line of the client with secrets masked. The dialogue has not processed it yet.
func (s *secrets) client(d *dialogue, command []byte, maskUser bool) []byte {
	text := d.shown(command)
	switch {
	case bytes.Equal(text, command):
	case string(text) == notation.Masked:
		s.hide(command)
	default:
		s.hide(pop3Secrets.Secret(command))
	}
	verb, args, more := strings.Cut(strings.TrimLeft(string(command), " \t"), " ")
	if !maskUser || !more || d.asked || d.hiding {
		return text
	}
	switch strings.ToUpper(verb) {
	case "USER":
		s.user(args)
		return []byte(verb + " " + notation.Masked)
	case "APOP":
		name, _, _ := strings.Cut(args, " ")
		s.user(name)
		return []byte(verb + " " + notation.Masked + " " + notation.Masked)
	}
	return text
}

func (s *secrets) hide(secret []byte) {
	if len(secret) == 0 {
		return
	}
	if len(s.hidden) == remembered {
		s.hidden = slices.Delete(s.hidden, 0, 1)
	}
	s.hidden = append(s.hidden, bytes.Clone(secret))
}

func (s *secrets) user(name string) {
	if name = strings.TrimSpace(name); name != "" && len(s.users) < remembered {
		s.users = append(s.users, name)
	}
}

// server returns a line of the server with secrets masked.
func (s *secrets) server(p place, line []byte) []byte {
	if !p.status && !p.unasked || len(s.hidden)+len(s.users) == 0 && !challenges(line) {
		return line
	}
	status, text := line[:0], line
	if word, rest, ok := bytes.Cut(line, []byte(" ")); ok && (p.first || p.unasked) && isStatus(word) {
		status, text = line[:len(word)+1], rest
	}
	// The last message of a SCRAM server allows guessing passwords (RFC 5802 section 9).
	if challenges(line) {
		challenge, err := base64.StdEncoding.DecodeString(string(notation.Command(text)))
		if err == nil && bytes.HasPrefix(challenge, []byte("v=")) {
			text = append([]byte(notation.Masked), text[len(notation.Command(text)):]...)
		}
	}
	return slices.Concat(status, []byte(s.masks(positive(line)).Replace(string(text))))
}

func isStatus(word []byte) bool {
	return positive(word) || string(word) == "+" || string(word) == "-ERR"
}

// masks returns a replacer that masks secrets, the longest first. A refusal may quote unknown
// input, passwords too.
func (s *secrets) masks(agrees bool) *strings.Replacer {
	all := slices.Clone(s.users)
	for _, secret := range s.hidden {
		if !agrees {
			all = append(all, string(secret))
		}
	}
	slices.SortStableFunc(all, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, text := range all {
		pairs = append(pairs, text, notation.Masked)
	}
	return strings.NewReplacer(pairs...)
}
