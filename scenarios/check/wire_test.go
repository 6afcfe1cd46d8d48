package check

import (
	"testing"

	"pop3mtm/fakeserver"
)

func on(lines []string, octets string, commands ...fakeserver.Command) *session {
	return &session{Transcript: fakeserver.Transcript{Lines: lines, Commands: commands}, octets: []byte(octets)}
}

func TestRepliesAreReadInTheOrderOfTheCommands(t *testing.T) {
	s := on(nil, "+OK hi\r\n+OK 2\r\n..a\r\n.b\r\nc\n.\r\nd\r\n.\r\n-ERR no\r\n+OK half",
		fakeserver.Command{Verb: "RETR", Args: "1"}, fakeserver.Command{Verb: "RETR", Args: "2"}, fakeserver.Command{Verb: "RETR", Args: "3"}, fakeserver.Command{Verb: "QUIT"})
	all := s.replies()
	if len(all) != 4 {
		t.Fatalf("%d replies", len(all))
	}
	// A line ends in CRLF: the dot after the bare LF ends nothing.
	if got := string(all[1].body); got != ".a\r\nb\r\nc\n.\r\nd\r\n" || !all[1].whole {
		t.Errorf("%q", got)
	}
	if all[2].status != "-ERR no" || !all[2].whole || all[3].whole {
		t.Errorf("%+v", all[2:])
	}
	loose := s.bodiesAnywhere()
	found := false
	for _, body := range loose {
		found = found || string(body) == ".a\r\nb\r\nc\r\n"
	}
	if !found {
		t.Errorf("a reader of bare LF is not allowed for: %q", loose)
	}
}

func TestASecretLeaksWhereNobodyProvedAnything(t *testing.T) {
	for name, c := range map[string]struct {
		lines []string
		good  bool
		want  string
	}{
		"before TLS":              {[]string{"C: USER a", "C: PASS ********"}, true, "C: PASS ********"},
		"under TLS":               {[]string{"C: STLS", "[TLS 1.3]", "C: PASS ********"}, true, ""},
		"to a wrong server":       {[]string{"[TLS 1.3]", "C: AUTH PLAIN ********"}, false, "C: AUTH PLAIN ********"},
		"by a digest":             {[]string{"C: APOP a ********", "C: AUTH CRAM-MD5", "S: + x", "C: ********"}, true, ""},
		"in an answer":            {[]string{"C: AUTH LOGIN", "S: + x", "C: ********"}, true, "C: ********"},
		"not, when it is refused": {[]string{"C: AUTH LOGIN", "S: -ERR", "C: QUIT"}, true, ""},
	} {
		if got := on(c.lines, "").leaks(c.good); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func FuzzAnyOctetsOnTheWireAreRead(f *testing.F) {
	f.Add([]byte("+OK\r\n+OK\r\n.\r\n"))
	f.Fuzz(func(t *testing.T, octets []byte) {
		s := on([]string{"C: RETR 1"}, string(octets), fakeserver.Command{Verb: "RETR"}, fakeserver.Command{Verb: "UIDL"}, fakeserver.Command{Verb: "STAT"})
		for _, r := range s.replies() {
			if r.at > len(octets) {
				t.Errorf("a reply begins at %d of %d", r.at, len(octets))
			}
		}
		_, _, _ = s.bodiesAnywhere(), s.boundaries(), s.inOrder()
	})
}
