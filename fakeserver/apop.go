package fakeserver

import (
	"crypto/md5"
	"encoding/hex"
	"strings"

	"pop3mtm/fakeserver/edit"
)

// apop answers APOP. RFC 1939 section 7: the digest is the MD5 of the greeting's
// timestamp and the shared secret, in lower-case hexadecimal.
func apop(x *Exchange) edit.Reply {
	s := x.Session
	name, digest, ok := cutLast(x.Args)
	if !ok || name == "" || digest == "" {
		return x.refuse("APOP takes a name and a digest")
	}
	u, known := s.server.byPassword(name)
	sum := md5.Sum([]byte(s.timestamp + u.Password))
	same := equal(hex.EncodeToString(sum[:]), digest) || u.AnyPassword
	if !same || !known || s.timestamp == "" {
		return denied()
	}
	x.effect = func() edit.Reply { return s.login(name, u) }
	return edit.OK("maildrop locked and ready")
}

// cutLast splits at the last space, since a name may hold spaces.
func cutLast(args string) (before, after string, ok bool) {
	i := strings.LastIndexByte(args, ' ')
	if i < 0 {
		return args, "", false
	}
	return args[:i], args[i+1:], true
}
