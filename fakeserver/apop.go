package fakeserver

import (
	"crypto/md5"
	"encoding/hex"
)

// apop answers APOP. RFC 1939 section 7: the digest is the MD5 of the greeting's
// timestamp and the shared secret, in lower-case hexadecimal.
func apop(t *popTalk, x *Exchange) Answer {
	name, digest, ok := cutLast(x.Args)
	if !ok || name == "" || digest == "" {
		return refuse("APOP takes a name and a digest")
	}
	u, known := t.session.server.users.byPassword(name)
	sum := md5.Sum([]byte(t.timestamp + u.Password))
	same := equal(hex.EncodeToString(sum[:]), digest) || u.AnyPassword
	if !same || !known || t.timestamp == "" {
		return denied()
	}
	return t.admits(name, u)
}
