package main_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/cmd/internal/peer"
)

// A Dovecot without pop3_lock_session, which is its default, lets two sessions have a mailbox at
// once. docs/reliability.md has the figures.
var _ = Describe("Two gets at once from a real Dovecot without session lock", func() {
	const rounds, messages = 20, 1500

	It("fetch each message once, and one of them is refused with -14", func(ctx context.Context) {
		var files [][]byte
		for i := range messages {
			files = append(files, fmt.Appendf(nil, "From: ada@example.org\nSubject: Letter %d\nMessage-ID: <%d@example.org>\n\n%s\n", i, i, strings.Repeat("x", i%500)))
		}
		server, err := peer.StartDovecot(ctx, map[string]iter.Seq[[]byte]{"demo": slices.Values(files)}, nil)
		peer.Need(GinkgoTB(), err)
		DeferCleanup(server.Stop)
		doubled, lost, refused, after := 0, 0, 0, 0
		for range rounds {
			u := newUser()
			u.addDovecot(server)
			first, second := u.command("get", "work", "--json"), u.command("get", "work", "--json")
			var said strings.Builder // the one that is not refused says nothing
			first.Stderr, second.Stderr = &said, &said
			Expect(first.Start()).To(Succeed())
			Expect(second.Start()).To(Succeed())
			one, two := first.Wait(), second.Wait()
			switch {
			case one == nil && two == nil: // the second began when the first had ended
				after++
			case one == nil || two == nil:
				Expect(said.String()).To(ContainSubstring(`"code":-14`))
				refused++
			}
			seen := map[string]int{}
			for _, m := range u.lists("Inbox") {
				if seen[m.UID]++; seen[m.UID] > 1 {
					doubled++
				}
			}
			lost += messages - len(seen)
		}
		AddReportEntry("figures", fmt.Sprintf("%d rounds of two gets of %d messages: %d doubled, %d lost, one refused with -14 in %d, one after the other in %d",
			rounds, messages, doubled, lost, refused, after), ReportEntryVisibilityAlways)
		Expect([]int{doubled, lost, refused + after}).To(Equal([]int{0, 0, rounds}))
		Expect(refused).To(BeNumerically(">", rounds/2))
	})
})
