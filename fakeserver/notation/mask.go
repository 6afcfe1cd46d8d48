package notation

import (
	"bytes"
	"slices"
	"strings"
)

// Masked stands for a secret.
const Masked = "********"

// Mask hides in a command of the client what follows PASS, and what follows APOP
// or AUTH and one word. A line without a secret is returned as it is.
func Mask(l []byte) []byte {
	at := secretAt(l)
	if at == len(l) {
		return l
	}
	return append(slices.Clone(l[:at]), " "+Masked...)
}

// Secret is what [Mask] hides, without the blanks around it.
func Secret(l []byte) []byte { return bytes.Trim(l[secretAt(l):], " \t") }

// secretAt is where what has to be hidden begins, with the blank in front of it.
func secretAt(l []byte) int {
	word := bytes.TrimLeft(l, " \t")
	if len(word) < 4 {
		return len(l)
	}
	rest := word[4:]
	switch strings.ToUpper(string(word[:4])) {
	case "PASS":
	case "APOP", "AUTH":
		name := bytes.TrimLeft(rest, " \t")
		end := bytes.IndexAny(name, " \t")
		if end < 0 {
			return len(l)
		}
		rest = name[end:]
	default:
		return len(l)
	}
	return len(l) - len(rest)
}

// Same tells whether a command is the recorded one: a keyword in any case (RFC
// 1939 section 3), and the same octets after it, where [Masked] stands for
// anything. Both are without their line ends.
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
