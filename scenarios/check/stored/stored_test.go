package stored_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pop3mtm/scenarios/check/stored"
)

// write makes files below a directory.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestMailIsFoundInEveryLayout(t *testing.T) {
	for name, c := range map[string]struct {
		files  map[string]string
		layout stored.Layout
		want   []string
	}{
		"one file a message, in the order of numbers":  {map[string]string{"10.eml": "ten", "2.eml": "two"}, stored.Auto, []string{"two", "ten"}},
		"a Maildir, without what is not yet delivered": {map[string]string{"box/new/1": "a", "box/cur/2:2,S": "b", "box/tmp/3": "half", "box/uidls": "state"}, stored.Auto, []string{"b", "a"}},
		"an mbox":                      {map[string]string{"mbox": "From a\nx: 1\n\ntext\n\nFrom b\nx: 2\n\nmore\n"}, stored.Auto, []string{"x: 1\n\ntext\n\n", "x: 2\n\nmore\n"}},
		"an mbox with an empty one":    {map[string]string{"mbox": "From a\n\nFrom b\nx\n"}, stored.Auto, []string{"\n", "x\n"}},
		"an MH folder":                 {map[string]string{"in/1": "a", "in/.mh_sequences": "cur: 1", "in/,2": "removed"}, stored.Auto, []string{"a"}},
		"SMTP commands":                {map[string]string{"batch": "MAIL FROM:<a>\r\nRCPT TO:<b>\r\nDATA\r\n..dot\r\nx\r\n.\r\nMAIL FROM:<a>\r\nDATA\r\nhalf\r\n"}, stored.Auto, []string{".dot\r\nx\r\n", "half\r\n"}},
		"files when they are declared": {map[string]string{"a": "From x\nFrom y\n"}, stored.Files, []string{"From x\nFrom y\n"}},
		"nothing":                      {map[string]string{}, stored.Auto, nil},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := stored.Read(write(t, c.files), c.layout)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, m := range found {
				got = append(got, string(m.Octets))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestADirectoryThatIsMissingHoldsNothing(t *testing.T) {
	found, err := stored.Read(filepath.Join(t.TempDir(), "none"), stored.Auto)
	if err != nil || found != nil {
		t.Errorf("got %v, %v", found, err)
	}
}

func TestALinkOutOfTheDirectoryIsNotFollowed(t *testing.T) {
	dir := write(t, map[string]string{"1.eml": "mine"})
	outside := write(t, map[string]string{"secret": "not mine"})
	if err := os.Symlink(filepath.Join(outside, "secret"), filepath.Join(dir, "2.eml")); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	found, err := stored.Read(dir, stored.Auto)
	if err != nil || len(found) != 1 {
		t.Errorf("got %v, %v", found, err)
	}
}

func TestTooManyFilesAreRefused(t *testing.T) {
	dir := t.TempDir()
	for i := range 20_001 {
		if err := os.WriteFile(filepath.Join(dir, strings.Repeat("x", i%50)+string(rune('a'+i%26))+"-"+strings.Repeat("y", i/1300)+"-"+itoa(i)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := stored.Read(dir, stored.Auto); !errors.Is(err, stored.ErrTooMuch) {
		t.Errorf("got %v", err)
	}
}

func itoa(i int) string {
	var b []byte
	for ; i > 0; i /= 10 {
		b = append(b, byte('0'+i%10))
	}
	return string(b)
}

const sent = "From: a@example.org\r\nStatus: U\r\nSubject: x\r\n\r\nline one of it\r\n.dot\r\nFrom here\r\n"

func TestWhatClientsDoToEveryMessageIsAllowedFor(t *testing.T) {
	for name, text := range map[string]string{
		"octet for octet":         sent,
		"line ends of the system": strings.ReplaceAll(sent, "\r\n", "\n"),
		"no line end at the end":  strings.TrimSuffix(sent, "\r\n"),
		"fields of the client":    "Return-Path: <>\nReceived: by me\n" + sent,
		"a field between":         strings.Replace(sent, "Subject", "X-Own: 1\r\nSubject", 1),
		"no Status":               strings.Replace(sent, "Status: U\r\n", "", 1),
		"quoted From":             strings.Replace(sent, "\r\nFrom here", "\r\n>From here", 1),
		"a header before all":     "Return-Path: <>\n\n" + sent,
		"an empty line more":      sent + "\r\n",
		"a field folded anew":     strings.Replace(sent, "Subject: x", "Subject:\r\n\tx", 1),
	} {
		if !stored.Prepare([]byte(text)).Holds(stored.Prepare([]byte(sent))) {
			t.Errorf("%s: taken for another message", name)
		}
	}
}

// A server left out the first line of a folded field, or broke a long one: no reader can say what
// the rest is.
func TestWhatServersDoToAHeaderIsNotHeldAgainstAClient(t *testing.T) {
	for name, c := range map[string]struct{ served, stored string }{
		"a continuation of nothing":       {"\tby b; Mon\r\nSubject: x\r\n\r\ny\r\n", "Return-Path: <>\nSubject: x\n\ny\n"},
		"a broken line ends the header":   {"Subject: one, two, th\r\nree\r\n\r\ny\r\n", "Return-Path: <>\nSubject: one,\n two, th\n\nree\n\ny\n"},
		"blanks at a fold are not octets": {"Subject: one,\r\n  two\r\n\r\ny\r\n", "Subject: one, two\n\ny\n"},
	} {
		if !stored.Prepare([]byte(c.stored)).Holds(stored.Prepare([]byte(c.served))) {
			t.Errorf("%s: taken for another message", name)
		}
	}
}

func TestWhatIsMissingOrChangedIsSeen(t *testing.T) {
	whole := stored.Prepare([]byte(sent))
	for name, c := range map[string]struct{ text, difference string }{
		"half a body":        {"From: a@example.org\r\nSubject: x\r\n\r\nline one of it\r\n", "1 lines are stored, 3 were sent"},
		"a dot too many":     {strings.Replace(sent, ".dot", "..dot", 1), `line of the body 2 is "..dot", but ".dot" was sent`},
		"no dot":             {strings.Replace(sent, ".dot", "dot", 1), `line of the body 2 is "dot"`},
		"the terminator too": {sent + ".\r\n", `after what was sent comes "."`},
		"half a header":      {"From: a@example.org\r\n", ""},
		"no subject":         {strings.Replace(sent, "Subject: x\r\n", "", 1), `line 3 is "", but "Subject: x" was sent`},
	} {
		text := stored.Prepare([]byte(c.text))
		if text.Holds(whole) {
			t.Errorf("%s: taken for the whole message", name)
		}
		if got := text.Difference(whole); !strings.Contains(got, c.difference) {
			t.Errorf("%s: %s", name, got)
		}
		if text.Resembles(whole) == 0 {
			t.Errorf("%s: nobody knows what it is of", name)
		}
	}
	if stored.Prepare([]byte("last visit: today\n")).Resembles(whole) != 0 {
		t.Error("a log is taken for a message")
	}
}

func TestDeclaredDeviationsAreAllowedFor(t *testing.T) {
	nul := "Subject: x\r\n\r\na\x00b\r\n"
	if !stored.Prepare([]byte("Subject: x\n\nab\n"), "nul").Holds(stored.Prepare([]byte(nul), "nul")) {
		t.Error("nul is not allowed for")
	}
	if !stored.Prepare([]byte("X: y\n\na\x00b\n"), "header").Holds(stored.Prepare([]byte(nul), "header")) {
		t.Error("header is not allowed for")
	}
}

func FuzzReadNeverFails(f *testing.F) {
	f.Add([]byte("From a\n\nFrom b\n"), []byte("MAIL FROM:<>\nDATA\n.\n"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		dir := t.TempDir()
		if os.WriteFile(filepath.Join(dir, "a"), a, 0o600) != nil || os.WriteFile(filepath.Join(dir, "b"), b, 0o600) != nil {
			t.Skip()
		}
		for _, l := range append(stored.Layouts(), stored.Auto) {
			found, err := stored.Read(dir, l)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range found {
				text := stored.Prepare(m.Octets)
				if !text.Holds(text) {
					t.Errorf("%q is not itself", m.Octets)
				}
				_, _ = text.Difference(stored.Prepare(a)), text.Resembles(stored.Prepare(b))
			}
		}
	})
}
