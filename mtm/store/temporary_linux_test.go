package store_test

import (
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("Adding and copying thousands of entries", func() {
	It("writes nothing outside the store: SQLite needs no temporary file", func() {
		dir, file := newDir(), filepath.Join(GinkgoT().TempDir(), "trace")
		cmd := strace("add and copy many", dir, "-e", "trace=?open,openat", "-o", file)
		cmd.Stderr = GinkgoWriter
		Expect(cmd.Run()).To(Succeed())
		Expect(os.ReadFile(file)).To(And(ContainSubstring("index.db"), Not(ContainSubstring("O_TMPFILE")), Not(ContainSubstring("etilqs"))))
		_, found := problems(open(dir, nil))
		Expect(found).To(BeEmpty())
	})
})
