package dots_test

import (
	"bytes"
	"strings"
	"testing"

	"pop3mtm/fakeserver/internal/dots"
)

func TestTheEndOfABodyIsFoundHoweverItIsCut(t *testing.T) {
	for body, want := range map[string]string{
		".\r\n":                               "",
		"a\r\n.\r\n":                          "a\r\n",
		"..\r\n.a\r\n\r\n.\r\n":               ".\r\na\r\n\r\n",
		"a\n.\nb\r.\r\n.\r\r\n.\r\n":          "a\n\nb\r.\r\n\r\r\n",
		strings.Repeat("x", 99) + "\r\n.\r\n": strings.Repeat("x", 99) + "\r\n",
	} {
		for piece := 1; piece <= len(body); piece++ {
			var s dots.Seeker
			got, ended := 0, false
			for at := 0; at < len(body) && !ended; at += piece {
				var n int
				n, ended = s.Seek([]byte(body[at:min(at+piece, len(body))]))
				got += n
			}
			if !ended || got != len(body) {
				t.Errorf("%q in pieces of %d: %d octets, ended: %v", body, piece, got, ended)
			}
		}
		if got := dots.Unstuffed([]byte(body)); string(got) != want {
			t.Errorf("%q: got %q, not %q", body, got, want)
		}
	}
	hidden := dots.Seeker{CRHidesLineEnd: true}
	if _, ended := hidden.Seek([]byte("a\r\r\n.\r\n")); ended {
		t.Error("a hidden line end was seen")
	}
	var s dots.Seeker
	if n, ended := s.Seek([]byte(".\r\nNOOP\r\n")); n != 3 || !ended {
		t.Errorf("what follows the end: %d, %v", n, ended)
	}
}

// FuzzSeeker compares with a search for the first end in the whole text.
func FuzzSeeker(f *testing.F) {
	f.Add([]byte("a\r\n.\r\nb"), 1)
	f.Add([]byte(".\r\n"), 2)
	f.Fuzz(func(t *testing.T, text []byte, piece int) {
		want := bytes.Index(append([]byte("\r\n"), text...), []byte("\r\n.\r\n"))
		piece = max(piece, 1)
		var s dots.Seeker
		at, ended := 0, false
		for at < len(text) && !ended {
			var n int
			n, ended = s.Seek(text[at:min(at+piece, len(text))])
			at += n
		}
		if ended != (want >= 0) || ended && at != want+len(".\r\n") {
			t.Errorf("%q: ended %v at %d, want %d", text, ended, at, want)
		}
	})
}
