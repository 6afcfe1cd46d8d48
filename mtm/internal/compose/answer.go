package compose

import (
	"net/mail"
	"slices"
	"strings"

	mtmmail "pop3mtm/mtm/mail"
)

// Addresses parses a field of a received message. Addresses that cannot be used are left out, so
// that one broken address does not hide the others.
func Addresses(h mtmmail.Header, field string) []*mail.Address {
	var list []*mail.Address
	for _, a := range h.Addresses(field) {
		a.Name = CleanText(a.Name, maxName)
		if fit(a) == nil {
			list = append(list, a)
		}
	}
	return list
}

// Originator returns the recipients of a reply: Reply-To, else From; for a message that was resent,
// Resent-Reply-To, else Resent-From (behaviour section 12).
func Originator(h mtmmail.Header) []*mail.Address {
	fields := []string{"Reply-To", "From"}
	if isResent(h) {
		fields = []string{"Resent-Reply-To", "Resent-From", "Reply-To", "From"}
	}
	for _, field := range fields {
		if list := Addresses(h, field); len(list) > 0 {
			return list
		}
	}
	return nil
}

func isResent(h mtmmail.Header) bool { return h.Has("Resent-From") }

// Everybody returns the recipients of a reply to all: the originator, and as copies the other
// recipients of the message. own is left out unless it is the only address.
func Everybody(h mtmmail.Header, own *mail.Address) (to, cc []*mail.Address) {
	to = Merge(nil, Originator(h))
	if isResent(h) {
		to = Merge(nil, Addresses(h, "From"))
		to = Merge(to, Addresses(h, "Resent-From"))
		to = Merge(to, Addresses(h, "Resent-To"))
		cc = Addresses(h, "Resent-Cc")
	} else {
		cc = append(Addresses(h, "To"), Addresses(h, "Cc")...)
	}
	if len(to) > 1 {
		to = without(to, own)
	}
	return to, without(Merge(nil, cc, to), own)
}

// messageIDs returns the message identifiers of a received message that are valid in a header.
func messageIDs(h mtmmail.Header, field string) []string {
	return slices.DeleteFunc(h.IDs(field), func(id string) bool { return !goodID(id) })
}

// ID returns the identifier of a received message, or "".
func ID(h mtmmail.Header) string {
	if list := messageIDs(h, "Message-Id"); len(list) > 0 {
		return list[0]
	}
	return ""
}

// References returns the References of a reply (RFC 5322 section 3.6.4).
func References(h mtmmail.Header) []string {
	list := messageIDs(h, "References")
	if parents := messageIDs(h, "In-Reply-To"); len(list) == 0 && len(parents) == 1 {
		list = parents
	}
	if id := ID(h); id != "" {
		list = append(list, id)
	}
	return lastReferences(list)
}

// lastReferences returns the first and the newest references when there are too many.
func lastReferences(list []string) []string {
	if n := len(list); n > maxReferences {
		return append(list[:1:1], list[n-maxReferences+1:]...)
	}
	return list
}

// goodID reports whether an identifier is valid in a header.
func goodID(id string) bool {
	const longest = 250
	return len(id) <= longest && isASCII(id) && strings.IndexFunc(id, func(r rune) bool { return hidden(r) || r == ' ' }) < 0 &&
		!strings.ContainsAny(id, "<>") && strings.Contains(id, "@")
}

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
