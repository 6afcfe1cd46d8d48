package clients

import (
	"os"
	"path/filepath"
	"runtime"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("syncs", func() {
	It("are those that strace counts", func() {
		Expect(countSyncs([]byte(`% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 90.00    0.009000         900        10           fdatasync
 10.00    0.001000         500         2         1 fsync
------ ----------- ----------- --------- --------- ----------------
100.00    0.010000         833        12         1 total
`))).To(Equal(12))
		Expect(SyncText(0, 10)).To(Equal("none"))
		Expect(SyncText(20, 10)).To(Equal("2 a message"))
		Expect(SyncText(2, 1000)).To(Equal("2 syncs, one for 500 messages"))
	})

	It("are counted by an strace that is not on the PATH, and only by one that can be run", func() {
		if runtime.GOOS == "windows" {
			Skip("files have no mode there")
		}
		dir := GinkgoT().TempDir()
		GinkgoT().Setenv("PATH", filepath.Join(dir, "on"))
		on, plain, beside := filepath.Join(dir, "on", "strace"), filepath.Join(dir, "plain"), filepath.Join(dir, "beside")
		Expect(os.Mkdir(filepath.Dir(on), 0o700)).To(Succeed())
		Expect(os.WriteFile(plain, nil, 0o600)).To(Succeed())
		Expect(os.WriteFile(beside, nil, 0o700)).To(Succeed())
		Expect(straceAmong("strace", filepath.Join(dir, "none"), plain, beside)).To(Equal(beside))
		_, err := straceAmong("strace", plain)
		Expect(err).To(MatchError(ContainSubstring("strace is not installed")))
		Expect(os.WriteFile(on, nil, 0o700)).To(Succeed())
		Expect(straceAmong("strace", beside)).To(Equal(on))
		Expect(straceProgram()).To(Equal(on))
	})
})
