package maildrop_test

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"pop3mtm/fakeserver/maildrop"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("a scratch", func() {
	It("opens every message as it is, one after another", func() {
		dir := GinkgoT().TempDir()
		Expect(os.WriteFile(filepath.Join(dir, "a.eml"), []byte("A: b\n\nx\n"), 0o600)).To(Succeed())
		var mail []maildrop.Message
		for _, s := range []maildrop.Source{opened(maildrop.OpenEML(dir)), opened(maildrop.Synthetic(maildrop.SyntheticOptions{Count: 40, Size: 20_000, Mix: "everything"}))} {
			list, err := s.List()
			Expect(err).NotTo(HaveOccurred())
			for i := range list.Len() {
				mail = append(mail, list.At(i), maildrop.Renamed(list.At(i), "other"), maildrop.Bytes("m", maildrop.SyntheticMessage(1, i+1, 500+int64(i))))
			}
		}
		var s maildrop.Scratch
		for _, m := range mail {
			want := whole(m.Open())
			Expect(whole(s.Open(m)) == want).To(BeTrue(), m.UID())
			r, err := s.Open(m)
			Expect(err).NotTo(HaveOccurred())
			_, err = r.Read(make([]byte, 7)) // is left in the middle
			Expect(err).NotTo(HaveOccurred())
			Expect(r.Close()).To(Succeed())
		}
	})
})

func whole(r io.ReadCloser, err error) string {
	GinkgoHelper()
	Expect(err).NotTo(HaveOccurred())
	b, err := io.ReadAll(r)
	Expect(err).NotTo(HaveOccurred())
	Expect(r.Close()).To(Succeed())
	return string(b)
}

// TestAScratchNeedsNoMemoryPerMessage counts what the second and later messages allocate.
func TestAScratchNeedsNoMemoryPerMessage(t *testing.T) {
	source, err := maildrop.Synthetic(maildrop.SyntheticOptions{Count: 2, Size: 2 << 10})
	if err != nil {
		t.Fatal(err)
	}
	list, err := source.List()
	if err != nil {
		t.Fatal(err)
	}
	var s maildrop.Scratch
	for name, m := range map[string]maildrop.Message{"synthetic": list.At(1), "memory": maildrop.Bytes("m", []byte("a"))} {
		n := testing.AllocsPerRun(100, func() {
			r, err := s.Open(m)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.(io.WriterTo).WriteTo(io.Discard); err != nil {
				t.Fatal(err)
			}
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
		})
		if n > 0 {
			t.Errorf("opening a %s message allocates %v times", name, n)
		}
	}
}
