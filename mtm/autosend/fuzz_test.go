package autosend_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	"pop3mtm/mtm/autosend"
	"pop3mtm/mtm/symbian"
)

// FuzzTransmit holds what goes over the line against the plain rules: no Bcc in the header, no bare
// CR, all else as it is.
func FuzzTransmit(f *testing.F) {
	for _, seed := range []string{
		"", "\r\n", "A: b\r\n\r\nBcc: x\r\n", "Bcc: x\r\n y\r\nA: b\r\n\r\n", "bcc\t: x\n\ty\nA: b\n\nz", "A: b\r\n Bcc: x\r\nBCC:\r\n", "\r\r\n\r", "BccX: y\r\nBcc", " Bcc: x\r\n\tz\r\nBcc: q",
	} {
		f.Add([]byte(seed))
	}
	field := regexp.MustCompile(`(?i)^\s*bcc\s*(:|$)`)
	f.Fuzz(func(t *testing.T, message []byte) {
		var out, dripped bytes.Buffer
		if err := autosend.Transmit(&out, bytes.NewReader(message)); err != nil {
			t.Fatal(err)
		}
		if err := autosend.Transmit(&dripped, iotest.OneByteReader(bytes.NewReader(message))); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(out.Bytes(), dripped.Bytes()) {
			t.Fatalf("%q in one piece, %q octet by octet", out.Bytes(), dripped.Bytes())
		}
		var want strings.Builder
		skip, header := false, true
		for line := range bytes.Lines(message) {
			if header && len(bytes.TrimRight(line, "\r\n")) == 0 {
				header, skip = false, false
			}
			if header && line[0] != ' ' && line[0] != '\t' {
				name, _, _ := bytes.Cut(line, []byte(":"))
				skip = field.Match(bytes.TrimSpace(name))
			}
			if !skip {
				want.Write(line)
			}
		}
		expected := strings.ReplaceAll(want.String(), "\r\n", "\n")
		expected = strings.ReplaceAll(expected, "\r", "\n")
		if got := strings.ReplaceAll(out.String(), "\r\n", "\n"); got != expected {
			t.Fatalf("got %q, want %q", got, expected)
		}
		if strings.Contains(strings.ReplaceAll(out.String(), "\r\n", ""), "\r") {
			t.Fatalf("a bare CR in %q", out.String())
		}
	})
}

// FuzzAddress lets no address through that would be more than one word of a command.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{"ada@example.org", "a b@c", "a@b> x", "a@[127.0.0.1]", "\xff@b", "a@\r\n", "ü@ö.example", "@", "a@b,c@d"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		if symbian.ValidatePath(address) == nil && (strings.ContainsAny(address, "<> \r\n\t\x00") || !strings.Contains(address, "@") || len(address) > 254) {
			t.Fatalf("%q is taken for an address", address)
		}
	})
}
