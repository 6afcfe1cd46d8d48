package pop3

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"strings"
)

// Timestamp is the first <...> of the greeting, brackets included, from which APOP makes its digest; false when there
// is none. QUIRK 3, 5: it need not hold an '@', and of several the first counts (behaviour section 3).
func (s *Session) Timestamp() (string, bool) {
	_, rest, found := strings.Cut(s.greeting, "<")
	if !found {
		return "", false
	}
	stamp, _, found := strings.Cut(rest, ">")
	return "<" + stamp + ">", found
}

// Apop logs in with a digest of the greeting's timestamp and the shared secret (RFC 1939 section 7). Without a
// timestamp it is ErrNoTimestamp; a user or secret with CR, LF or NUL is refused before anything is sent.
func (s *Session) Apop(ctx context.Context, user, secret string) error {
	if err := checkText("user name", user); err != nil {
		return err
	}
	if err := checkText("password", secret); err != nil {
		return err
	}
	stamp, ok := s.Timestamp()
	if !ok {
		return ErrNoTimestamp
	}
	sum := md5.Sum([]byte(stamp + secret))
	digest := hex.EncodeToString(sum[:])
	return s.exchange(ctx, command{verb: "APOP", secret: []string{digest}}, "APOP "+user+" "+digest, nil)
}
