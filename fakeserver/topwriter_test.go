package fakeserver

import (
	"bytes"
	"errors"
	"testing"
)

// What TOP sends does not depend on the pieces that the message comes in.
func TestTopEndsTheHeaderAtTheSameLineHoweverItIsCut(t *testing.T) {
	const message = "A: b\r\r\n\r\r\nC: d\r\n\r\nfirst\r\nsecond\r\n"
	const want = "A: b\r\r\n\r\r\nC: d\r\n\r\nfirst\r\n"
	for one := range len(message) + 1 {
		for two := one; two <= len(message); two++ {
			var got bytes.Buffer
			w := &topWriter{w: &got, left: 1}
			for _, piece := range []string{message[:one], message[one:two], message[two:]} {
				if _, err := w.Write([]byte(piece)); err != nil && !errors.Is(err, errTopDone) {
					t.Fatal(err)
				} else if err != nil {
					break
				}
			}
			if got.String() != want {
				t.Fatalf("cut at %d and %d: got %q, want %q", one, two, got.String(), want)
			}
		}
	}
}
