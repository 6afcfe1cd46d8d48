package hold_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"pop3mtm/mtm/hold"
)

var _ = Describe("Lock files of another user", func() {
	It("are refused with the reason, and hold nothing", func() {
		ctx := context.Background()
		place := hold.Place{Dir: filepath.Join(GinkgoT().TempDir(), "locks"), Name: "7"}
		h, err := place.Take(ctx, 0)
		Expect(err).NotTo(HaveOccurred())
		Expect(h.Release()).To(Succeed())
		lock := filepath.Join(place.Dir, "7.lock")
		Expect(os.Chmod(lock, 0)).To(Succeed())
		if os.Getuid() == 0 { // root may open anything: this thread may not until it ends
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			const nobody = 65534
			Expect(os.Chmod(place.Dir, 0o755)).To(Succeed())
			for d := filepath.Dir(place.Dir); d != os.TempDir() && len(d) > 1; d = filepath.Dir(d) {
				Expect(os.Chmod(d, 0o755)).To(Succeed())
			}
			_, err := unix.SetfsuidRetUid(nobody)
			Expect(err).NotTo(HaveOccurred())
			defer func() { _, _ = unix.SetfsuidRetUid(0) }()
		}
		_, err = place.Take(ctx, 0)
		Expect(err).To(MatchError(os.ErrPermission))
		Expect(err).To(MatchError(MatchRegexp(`^cannot lock the mailbox: open \S+7\.lock: permission denied; the file belongs to another user, or the store is read-only: `)))
		Expect(place.Status()).Error().To(MatchError(ContainSubstring("cannot find out who holds the mailbox: open ")))
	})
})
