package maildrop_test

import (
	"os"
	"path/filepath"
	"testing"

	"pop3mtm/fakeserver/maildrop"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestMaildrop(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Sources of mail")
}

// files writes a folder of files and gives its path.
func files(content map[string]string) string {
	GinkgoHelper()
	dir := GinkgoT().TempDir()
	for name, text := range content {
		write(filepath.Join(dir, name), text)
	}
	return dir
}

func write(path, text string) {
	GinkgoHelper()
	Expect(os.MkdirAll(filepath.Dir(path), 0o700)).To(Succeed())
	Expect(os.WriteFile(path, []byte(text), 0o600)).To(Succeed())
}

func read(path string) string {
	GinkgoHelper()
	b, err := os.ReadFile(path)
	Expect(err).NotTo(HaveOccurred())
	return string(b)
}

// listed returns the unique-ids of a source and the octets served for each.
func listed(s maildrop.Source) (uids, octets []string) {
	GinkgoHelper()
	list, err := s.List()
	Expect(err).NotTo(HaveOccurred())
	sum := int64(0)
	for i := range list.Len() {
		m := list.At(i)
		raw, err := maildrop.Read(m)
		Expect(err).NotTo(HaveOccurred())
		uids, octets = append(uids, m.UID()), append(octets, string(raw))
		sum += m.Size()
	}
	Expect(list.Octets()).To(Equal(sum))
	return uids, octets
}

func opened(s maildrop.Source, err error) maildrop.Source {
	GinkgoHelper()
	Expect(err).NotTo(HaveOccurred())
	return s
}

// refusal returns the error of an opener, which has to be one line.
func refusal(s maildrop.Source, err error) error {
	GinkgoHelper()
	Expect(s).To(BeNil())
	Expect(err).To(HaveOccurred())
	Expect(err.Error()).NotTo(ContainSubstring("\n"))
	return err
}
