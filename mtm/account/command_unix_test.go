//go:build unix

package account_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/internal/need"
	"pop3mtm/mtm/account"
)

var _ = Describe("A password command", func() {
	ctx := context.Background()

	It("that prints without end is ended, and little of it is kept", func() {
		allocated := testing.Benchmark(func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				_, err := account.Password{Command: "while :; do printf %01000d 0; done"}.Reveal(ctx)
				if err == nil || err.Error() != "the password command: it printed more than 1048576 octets" {
					b.Error(err)
				}
			}
		}).AllocedBytesPerOp()
		Expect(allocated).To(BeNumerically("<", 1<<18))
	})

	It("that does not care for its closed output is ended too", func() {
		need.Program(GinkgoTB(), "sleep")
		need.Program(GinkgoTB(), "yes")
		_, err := account.Password{Command: "trap '' PIPE; yes 2>/dev/null; while :; do sleep 1; done"}.Reveal(ctx)
		Expect(err).To(MatchError(ContainSubstring("printed more than")))
	})

	// leaves makes a command that leaves a process behind, whose end can be waited for.
	leaves := func(rest string) (command string, ended <-chan error) {
		need.Program(GinkgoTB(), "sleep")
		fifo := filepath.Join(GinkgoT().TempDir(), "fifo")
		Expect(syscall.Mkfifo(fifo, 0o600)).To(Succeed())
		end := make(chan error, 1)
		go func() {
			f, err := os.Open(fifo)
			if err == nil {
				_, err = io.Copy(io.Discard, f) // as long as somebody has it open for writing
				_ = f.Close()
			}
			end <- err
		}()
		return fmt.Sprintf("sleep 1000 3>%s >/dev/null & %s", fifo, rest), end
	}

	It("ends with all that it started, when it is no longer wanted", func() {
		command, ended := leaves("echo ready >&2; sleep 1000")
		wanted, cancel := context.WithCancel(ctx)
		done := make(chan error, 1)
		go func() {
			_, err := account.Password{Command: command}.Reveal(wanted)
			done <- err
		}()
		Consistently(ended, "100ms").ShouldNot(Receive())
		cancel()
		Eventually(done, "2m").Should(Receive(MatchError(context.Canceled)))
		Eventually(ended, "2m").Should(Receive(BeNil()))
	})

	It("ends with all that it started, when it has printed the password", func() {
		command, ended := leaves("echo sesame")
		Expect(account.Password{Command: command}.Reveal(ctx)).To(Equal("sesame"))
		Eventually(ended, "2m").Should(Receive(BeNil()))
	})

	It("whose output is held open says so", func() {
		need.Program(GinkgoTB(), "sleep")
		_, err := account.Password{Command: "sleep 1000 & echo sesame"}.Reveal(ctx)
		Expect(err).To(MatchError(ContainSubstring("still has its output open")))
	})
})
