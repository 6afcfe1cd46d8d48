//go:build unix

package maildrop_test

import (
	"net"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"pop3mtm/fakeserver/maildrop"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("a folder with a pipe or a socket in it", func() {
	makes := map[string]func(path string){
		"pipe": func(path string) { Expect(unix.Mkfifo(path, 0o600)).To(Succeed()) },
		"socket": func(path string) {
			l, err := new(net.ListenConfig).Listen(GinkgoT().Context(), "unix", path)
			Expect(err).NotTo(HaveOccurred())
			DeferCleanup(l.Close)
		},
	}
	for what, create := range makes {
		It("is refused, without waiting: a "+what, func() {
			dir, err := os.MkdirTemp("", "") // the name of a socket must be short
			Expect(err).NotTo(HaveOccurred())
			DeferCleanup(os.RemoveAll, dir)
			write(filepath.Join(dir, "a.eml"), "A\n")
			s := opened(maildrop.OpenEML(dir))
			list, err := s.List()
			Expect(err).NotTo(HaveOccurred())
			create(filepath.Join(dir, "b.eml"))
			_, err = s.List()
			Expect(err).To(MatchError(maildrop.ErrFormat))
			Expect(err).To(MatchError(HaveSuffix("b.eml: not a regular file; move it out of the mail directory")))
			Expect(refusal(maildrop.OpenEML(dir))).To(MatchError(maildrop.ErrFormat))

			Expect(os.Remove(filepath.Join(dir, "a.eml"))).To(Succeed())
			create(filepath.Join(dir, "a.eml"))
			_, err = list.At(0).Open()
			Expect(err).To(MatchError(ContainSubstring("a.eml: ")))
		})
	}
})
