package maildrop_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pop3mtm/fakeserver/maildrop"

	"github.com/emersion/go-mbox"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("an mbox file", func() {
	open := func(text string) (maildrop.Source, string) {
		GinkgoHelper()
		path := filepath.Join(files(map[string]string{"mbox": text}), "mbox")
		return opened(maildrop.OpenMbox(path)), path
	}

	It("is served in its order, without separators and quoting", func() {
		s, _ := open("From a@b Thu Jan  1 00:00:00 1970\nA: 1\n\n>From x\n>>From y\n> From z\n\nFrom b\nB: 2\n\nFromage\nx From \n\nFrom c\n\nFrom d\nno blank\nFrom e\nlast")
		_, octets := listed(s)
		Expect(octets).To(Equal([]string{"A: 1\r\n\r\nFrom x\r\n>>From y\r\n> From z\r\n",
			"B: 2\r\n\r\nFromage\r\nx From \r\n", "", "no blank\r\n", "last\r\n"}))
	})

	It("keeps the blank lines that a message ends with", func() {
		s, _ := open("From a\nx\n\n\n\nFrom b\ny\n\n\nFrom c\nz\n\n\n")
		_, octets := listed(s)
		Expect(octets).To(Equal([]string{"x\r\n\r\n\r\n", "y\r\n\r\n", "z\r\n\r\n"}))
	})

	It("is served byte for byte when a message has CRLFs", func() {
		s, _ := open("From a\r\nA: 1\r\n\r\n>From \x00\xff\r\r\n\nbare\n\r\nFrom b\nunix\n\n")
		_, octets := listed(s)
		Expect(octets).To(Equal([]string{"A: 1\r\n\r\nFrom \x00\xff\r\r\n\nbare\n\r\n", "unix\r\n"}))
	})

	It("finds quoted lines wherever the buffers end", func() {
		for _, n := range []int{64<<10 - 7, 64<<10 - 6, 64<<10 - 2, 64<<10 - 1, 64 << 10, 256<<10 - 3} {
			line := strings.Repeat("x", n)
			s, _ := open("From a\n" + line + "\n>From y\n" + line + "\n\nFrom b\nz\n")
			_, octets := listed(s)
			Expect(octets[0] == line+"\r\nFrom y\r\n"+line+"\r\n").To(BeTrue(), "%d", n)
			Expect(octets[1]).To(Equal("z\r\n"))
		}
	})

	It("reads back what go-mbox writes", func() {
		var file bytes.Buffer
		w := mbox.NewWriter(&file)
		var want []string
		for i := range 50 {
			text := fmt.Sprintf("A: %d\r\n\r\nFrom %d\r\n%s", i, i, strings.Repeat("y", i*100))
			m, err := w.CreateMessage("x@y", time.Unix(0, 0))
			Expect(err).NotTo(HaveOccurred())
			_, err = io.WriteString(m, text)
			Expect(err).NotTo(HaveOccurred())
			want = append(want, strings.TrimSuffix(text, "\r\n")+"\r\n")
		}
		Expect(w.Close()).To(Succeed())
		s, _ := open(file.String())
		_, octets := listed(s)
		Expect(octets).To(HaveLen(50))
		// The first ends with a newline, after which go-mbox writes a blank line too many.
		Expect(octets[1:]).To(Equal(want[1:]))
	})

	It("has unique-ids that stay when other messages go", func() {
		s, path := open("From a\nA\n\nFrom b\nB\n\nFrom c\nB\n\nFrom d\nD\n\n")
		uids, _ := listed(s)
		Expect(uids[2]).To(Equal(uids[1] + "-2"))
		Expect(s.Remove([]string{uids[0]})).To(Succeed())
		after, _ := listed(opened(maildrop.OpenMbox(path)))
		Expect(after).To(Equal(uids[1:]))
	})

	It("is rewritten without the deleted messages, the others octet for octet", func() {
		s, path := open("\nFrom a\nA\n\nFrom b  odd \r\n>From B\r\n\r\nFrom c\nC")
		Expect(os.Chmod(path, 0o640)).To(Succeed())
		uids, _ := listed(s)
		Expect(s.Remove([]string{uids[0], uids[2], "unknown"})).To(Succeed())
		Expect(read(path)).To(Equal("From b  odd \r\n>From B\r\n\r\n"))
		info, err := os.Stat(path)
		Expect(err).NotTo(HaveOccurred())
		Expect(info.Mode().Perm()).To(Equal(os.FileMode(0o640)))
		Expect(filepath.Glob(path + "*")).To(HaveLen(1))
		left, _ := listed(s)
		Expect(left).To(Equal(uids[1:2]))
		Expect(s.Remove(left)).To(Succeed())
		left, _ = listed(s)
		Expect(left).To(BeEmpty())
		Expect(read(path)).To(BeEmpty())
	})

	It("follows a link and leaves it one", func() {
		_, path := open("From a\nA\n\nFrom b\nB\n")
		link := path + ".link"
		Expect(os.Symlink(path, link)).To(Succeed())
		s := opened(maildrop.OpenMbox(link))
		uids, _ := listed(s)
		Expect(s.Remove(uids[:1])).To(Succeed())
		Expect(read(path)).To(Equal("From b\nB\n"))
		Expect(os.Readlink(link)).To(Equal(path))
	})

	It("takes From lines of any usual or odd length", func() {
		var all string
		for _, n := range []int{0, 1, 250, 251, 252, 300, 60 << 10} {
			all += "From " + strings.Repeat("x", n) + "\nA\n\n"
		}
		s, path := open(all)
		uids, octets := listed(s)
		Expect(octets).To(HaveLen(7))
		Expect(octets).To(HaveEach("A\r\n"))
		Expect(s.Remove(uids[:6])).To(Succeed())
		Expect(read(path)).To(Equal("From " + strings.Repeat("x", 60<<10) + "\nA\n\n"))
	})

	It("keeps mail that was appended during a session", func() {
		s, path := open("From a\nA\n\nFrom b\nB\n\n")
		list, err := s.List()
		Expect(err).NotTo(HaveOccurred())
		write(path, read(path)+"From c\nC\n\n")
		raw, err := maildrop.Read(list.At(1))
		Expect(err).NotTo(HaveOccurred())
		Expect(string(raw)).To(Equal("B\r\n"))
		Expect(s.Remove([]string{list.At(0).UID()})).To(Succeed())
		Expect(read(path)).To(Equal("From b\nB\n\nFrom c\nC\n\n"))
	})

	It("serves nothing from a file that is another one now", func() {
		s, path := open("From a\nA\n\nFrom b\nB\n\n")
		list, err := s.List()
		Expect(err).NotTo(HaveOccurred())
		write(path, "From a\nX\n")
		_, err = list.At(1).Open()
		Expect(err).To(MatchError(maildrop.ErrChanged))
		write(path, strings.Repeat("x", 100))
		_, err = list.At(1).Open()
		Expect(err).To(MatchError(maildrop.ErrChanged))
	})

	It("may be empty, and fill later", func() {
		dir := files(map[string]string{"empty": "", "blank": "\n\n"})
		for _, name := range []string{"empty", "blank"} {
			s := opened(maildrop.OpenMbox(filepath.Join(dir, name)))
			uids, _ := listed(s)
			Expect(uids).To(BeEmpty())
			Expect(os.WriteFile(filepath.Join(dir, name), []byte("From a\nA\n\n"), 0o600)).To(Succeed())
			uids, _ = listed(s)
			Expect(uids).To(HaveLen(1))
		}
	})

	It("says in one line what is wrong", func() {
		dir := files(map[string]string{"html": "<html>\nFrom a\n", "long": "From " + strings.Repeat("x", 1<<20) + "\nA\n"})
		for _, name := range []string{"html", "long", ""} {
			Expect(refusal(maildrop.OpenMbox(filepath.Join(dir, name)))).To(MatchError(maildrop.ErrFormat))
		}
		Expect(refusal(maildrop.OpenMbox(filepath.Join(dir, "none"))).Error()).To(HaveSuffix("none: does not exist; check the path"))
	})
})

// FuzzMbox imports any octets. What is found has to agree with go-mbox read in
// the plain way, apart from the line ends and final blank lines that go-mbox
// rewrites, and deleting half must leave the other half.
func FuzzMbox(f *testing.F) {
	for _, seed := range []string{"", "\n", "x", "From ", "From a\n", "From a\nFrom b\n\nFrom c\n\n\n", "From a\n>From b\n>>From c\n",
		"From a\r\nx\r\n\r\nFrom b\r\ny", "From a\nx\n \nFrom b\n\x00\xff\r\r\n", "\r\n\nFrom a\n\n\n\n.\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		path := filepath.Join(t.TempDir(), "mbox")
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := maildrop.OpenMbox(path)
		if err != nil {
			var known *maildrop.PathError
			if !errors.As(err, &known) || strings.Contains(err.Error(), "\n") {
				t.Fatalf("unclear error %v", err)
			}
			return
		}
		uids, got := fuzzRead(t, s)
		want := mboxReference(t, raw)
		if len(got) != len(want) {
			t.Fatalf("%d messages, go-mbox finds %d", len(got), len(want))
		}
		for i := range got {
			if plain(got[i]) != plain(want[i]) {
				t.Fatalf("message %d is %q, go-mbox has %q", i, got[i], want[i])
			}
		}
		half := len(uids) / 2
		if err := s.Remove(uids[:half]); err != nil {
			t.Fatal(err)
		}
		if _, left := fuzzRead(t, s); strings.Join(left, "|") != strings.Join(got[half:], "|") {
			t.Fatalf("after deleting %d: %q, want %q", half, left, got[half:])
		}
	})
}

func fuzzRead(t *testing.T, s maildrop.Source) (uids, octets []string) {
	t.Helper()
	list, err := s.List()
	if err != nil {
		t.Fatal(err)
	}
	for i := range list.Len() {
		b, err := maildrop.Read(list.At(i))
		if err != nil {
			t.Fatal(err)
		}
		uids, octets = append(uids, list.At(i).UID()), append(octets, string(b))
	}
	return uids, octets
}

func mboxReference(t *testing.T, raw []byte) []string {
	t.Helper()
	var all []string
	for r := mbox.NewReader(bytes.NewReader(raw)); ; {
		m, err := r.NextMessage()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(m)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(b))
	}
}

// plain forgets line ends and final blank lines.
func plain(m string) string {
	return strings.TrimRight(strings.ReplaceAll(m, "\r\n", "\n"), "\n")
}
