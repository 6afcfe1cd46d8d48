package fakeserver

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"encoding/hex"
	"fmt"
)

// cramMD5 implements CRAM-MD5 (RFC 2195 section 2): the server sends a unique text, the client
// its name and the HMAC-MD5 of that text in lower-case hexadecimal.
func cramMD5(d *directory) conversation {
	who := &identity{}
	challenge := fmt.Sprintf("<%s.%d@fakeserver>", rand.Text(), d.now().UnixNano())
	asked := false
	next := func(response []byte) ([]byte, bool, error) {
		if !asked {
			asked = true
			if response != nil { // RFC 4422 section 3.3: the server begins
				return nil, false, errResponse
			}
			return []byte(challenge), false, nil
		}
		name, digest, ok := cutLast(string(response))
		if !ok || name == "" {
			return nil, false, errResponse
		}
		u, known := d.byPassword(name)
		mac := hmac.New(md5.New, []byte(u.Password))
		mac.Write([]byte(challenge))
		if !equal(hex.EncodeToString(mac.Sum(nil)), digest) || !known {
			return nil, false, ErrDenied
		}
		*who = identity{name, u}
		return nil, true, nil
	}
	return conversation{next, who}
}
