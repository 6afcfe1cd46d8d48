package progress_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/symbian"
)

func TestProgress(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Progress")
}

var _ = Describe("Phases and codes", func() {
	It("all have names, and unknown numbers say so", func() {
		for p := progress.Refreshing; p <= progress.Composing; p++ {
			Expect(p.String()).NotTo(HavePrefix("phase "))
		}
		Expect(progress.Phase(19).String()).To(Equal("phase 19"))
		Expect(symbian.Code(-9999).Error()).To(Equal("error -9999"))
	})

	It("are errors that can be told apart in a chain", func() {
		err := fmt.Errorf("log in: %w", symbian.ErrInvalidLogin)
		Expect(errors.Is(err, symbian.ErrInvalidLogin)).To(BeTrue())
		Expect(errors.Is(err, symbian.ErrInvalidUser)).To(BeFalse())
		Expect(int(symbian.ErrInvalidLogin)).To(Equal(-172))
	})

	It("say in words what happened, each differently", func() {
		seen := map[string]bool{}
		for _, c := range []symbian.Code{
			0, -1, -2, -3, -5, -6, -14, -16, -26, -33, -36,
			-170, -171, -172, -173, -174, -175, -177, -178, -179, -180, -185, -214, -260,
		} {
			text := c.Error()
			Expect(strings.HasPrefix(text, "error ")).To(BeFalse(), text)
			Expect(seen[text]).To(BeFalse(), text)
			seen[text] = true
		}
	})
})

var _ = Describe("A meter", func() {
	It("merges news into one slot and closes it at the end", func() {
		m := progress.NewMeter(7, progress.Connecting)
		for range 3 {
			m.Update(func(s *progress.Snapshot) { s.BytesDone++ })
		}
		Expect(m.Changed()).To(Receive())
		Expect(m.Changed()).NotTo(Receive())
		m.Close()
		m.Close()
		Expect(m.Changed()).To(BeClosed())
		m.Update(func(s *progress.Snapshot) { s.Code = -3 })
		Expect(m.Snapshot()).To(Equal(progress.Snapshot{
			Phase: progress.Connecting, SubPhase: progress.Connecting, BytesDone: 3, Code: -3, Service: 7,
		}))
	})

	It("starts counts again with each step and keeps them in bounds", func() {
		m := progress.NewMeter(7, progress.Connecting)
		m.Update(func(s *progress.Snapshot) { s.TotalMessages, s.MessagesToProcess, s.TotalSize = 5, 9, 100 })
		Expect(m.Snapshot().MessagesToProcess).To(Equal(5))
		m.Update(func(s *progress.Snapshot) { s.MessagesToProcess = -1 })
		Expect(m.Snapshot().MessagesToProcess).To(BeZero())
		m.Enter(progress.Copying)
		Expect(m.Snapshot()).To(Equal(progress.Snapshot{Phase: progress.Copying, SubPhase: progress.Copying, Service: 7}))
	})

	It("of get mail keeps the super-operation and shows the step beside it", func() {
		m := progress.NewSuperMeter(7, progress.MoveAllMail)
		Expect(m.Snapshot().SubPhase).To(Equal(progress.Connecting))
		m.Enter(progress.Moving)
		Expect(m.Snapshot().Phase).To(Equal(progress.MoveAllMail))
		Expect(m.Snapshot().SubPhase).To(Equal(progress.Moving))
	})
})
