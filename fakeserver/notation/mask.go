package notation

import (
	"bytes"
	"slices"
	"strings"
)

// Masked replaces a secret.
const Masked = "********"

// SecretVerb is a command that carries a secret.
type SecretVerb struct {
	// Verb is the verb in capitals.
	Verb string
	// Words is the number of words between the verb and the secret.
	Words int
}

// Secrets lists the commands of a protocol that carry a secret.
type Secrets []SecretVerb

// Mask replaces the secret in a command of the client. A line without a secret is returned
// unchanged.
func (s Secrets) Mask(l []byte) []byte {
	at := s.secretAt(l)
	if at == len(l) {
		return l
	}
	return append(slices.Clone(l[:at]), " "+Masked...)
}

// In reports whether a command has a secret.
func (s Secrets) In(l []byte) bool { return s.secretAt(l) < len(l) }

// Secret returns the text that [Secrets.Mask] replaces, without the blanks around it.
func (s Secrets) Secret(l []byte) []byte { return bytes.Trim(l[s.secretAt(l):], " \t") }

// secretAt returns the position of the secret, with the blank before it. Text that follows a verb
// directly, without a blank, is secret too.
func (s Secrets) secretAt(l []byte) int {
	word := l
	if len(l) > 0 && l[0] <= ' ' {
		word = bytes.TrimLeft(l, " \t")
	}
	for _, v := range s {
		if len(word) < len(v.Verb) || word[0]|' ' != v.Verb[0]|' ' || !strings.EqualFold(string(word[:len(v.Verb)]), v.Verb) {
			continue
		}
		rest := word[len(v.Verb):]
		for range v.Words {
			name := bytes.TrimLeft(rest, " \t")
			end := bytes.IndexAny(name, " \t")
			if end < 0 {
				return len(l)
			}
			rest = name[end:]
		}
		return len(l) - len(rest)
	}
	return len(l)
}

// Same reports whether a command equals the recorded one: a keyword in any case (RFC 1939 section
// 3), and the same octets after it, where [Masked] stands for any text. Both are without line ends.
func Same(recorded, command []byte) bool {
	i := bytes.IndexByte(recorded, ' ')
	if i < 0 && !bytes.Contains(recorded, []byte(Masked)) {
		return bytes.EqualFold(recorded, command)
	}
	if i > 0 && i < len(command) && bytes.EqualFold(recorded[:i], command[:i]) {
		recorded, command = recorded[i:], command[i:]
	}
	parts := bytes.Split(recorded, []byte(Masked))
	rest, begins := bytes.CutPrefix(command, parts[0])
	if !begins || len(parts) == 1 {
		return begins && len(rest) == 0
	}
	last := len(parts) - 1
	for _, part := range parts[1:last] {
		_, after, found := bytes.Cut(rest, part)
		if !found {
			return false
		}
		rest = after
	}
	return bytes.HasSuffix(rest, parts[last])
}
