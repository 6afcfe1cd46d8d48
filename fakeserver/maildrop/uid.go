package maildrop

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
)

// maxUID is the longest unique-id. RFC 1939 section 7: one to 70 characters
// in the range 0x21 to 0x7E.
const maxUID = 70

// digest names content by the first 128 bits of its SHA-256.
func digest(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:16])
}

// cleanUID returns name when it is a valid unique-id. Otherwise invalid octets are replaced,
// a long name is cut, and a digest of name keeps the result unique and the same in every
// session.
func cleanUID(name string) string {
	ok := len(name) >= 1 && len(name) <= maxUID
	for i := 0; i < len(name) && ok; i++ {
		ok = isUIDOctet(name[i])
	}
	if ok {
		return name
	}
	suffix := "-" + digest([]byte(name))[:12]
	b := []byte(name)
	if len(b) > maxUID-len(suffix) {
		b = b[:maxUID-len(suffix)]
	}
	for i, c := range b {
		if !isUIDOctet(c) {
			b[i] = '_'
		}
	}
	return string(b) + suffix
}

func isUIDOctet(c byte) bool { return c >= 0x21 && c <= 0x7E }

// uidSet returns unique-ids that differ from all it has returned before. It has the next suffix to
// try for each, so that many messages alike take no longer than others.
type uidSet map[string]int

func (s uidSet) take(uid string) string {
	i, taken := s[uid]
	if !taken {
		s[uid] = 2
		return uid
	}
	for ; ; i++ {
		suffix := "-" + strconv.Itoa(i)
		name := uid[:min(len(uid), maxUID-len(suffix))] + suffix
		if _, taken := s[name]; !taken {
			s[uid], s[name] = i+1, 2
			return name
		}
	}
}
