package child

import (
	"path/filepath"
	"runtime"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestChild(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "bench: child")
}

var _ = Describe("Before a trial", func() {
	It("the file system of a directory is synced, and one that is missing is named", func() {
		dir := GinkgoT().TempDir()
		Expect(Settle(dir)).To(Succeed())
		if runtime.GOOS == "linux" { // elsewhere all disks are synced, or none
			Expect(Settle(filepath.Join(dir, "none"))).To(MatchError(ContainSubstring("none")))
		}
	})
})
