package pop3

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"strings"
)

// Timestamp returns the first <...> of the greeting, brackets included, and whether APOP can use
// it. QUIRK 3, 5: it need not contain an '@', and of several the first counts (behaviour section
// 3).
func (s *Session) Timestamp() (string, bool) {
	stamp, err := s.timestamp()
	return stamp, err == nil
}

// TimestampError returns ErrNoTimestamp or ErrBadTimestamp when APOP cannot use the greeting, and
// nil when it can.
func (s *Session) TimestampError() error {
	_, err := s.timestamp()
	return err
}

func (s *Session) timestamp() (string, error) {
	_, rest, found := strings.Cut(s.greeting, "<")
	stamp, _, closed := strings.Cut(rest, ">")
	switch {
	case !found || !closed:
		return "", ErrNoTimestamp
	case stamp == "" || strings.IndexFunc(stamp, func(r rune) bool { return r < ' ' || r > '~' }) >= 0:
		// QUIRK 6. CVE-2007-1558: an attacker on the connection can compute the password from the
		// digests of timestamps that he chose, which need such octets.
		return "", ErrBadTimestamp
	}
	return "<" + stamp + ">", nil
}

// Apop logs in with a digest of the greeting's timestamp and the shared secret (RFC 1939 section
// 7). It sends nothing and returns ErrNoTimestamp, ErrBadTimestamp, or ErrArgument for a user or
// secret with CR, LF or NUL. A refused login is a *ReplyError.
func (s *Session) Apop(ctx context.Context, user, secret string) error {
	if err := checkText("user name", user); err != nil {
		return err
	}
	if err := checkText("password", secret); err != nil {
		return err
	}
	stamp, err := s.timestamp()
	if err != nil {
		return err
	}
	sum := md5.Sum([]byte(stamp + secret))
	digest := hex.EncodeToString(sum[:])
	return s.exchange(ctx, command{verb: "APOP", secret: []string{digest}}, "APOP "+user+" "+digest, nil)
}
