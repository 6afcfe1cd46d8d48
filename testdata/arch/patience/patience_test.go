// as mtm/patience_test.go
package mtm

import (
	"time"

	. "github.com/onsi/gomega"
)

func waits(g Gomega, came func() bool) {
	Eventually(came).Should(BeTrue())                               // want "WithTimeout"
	g.Eventually(came).WithPolling(time.Second).ShouldNot(BeTrue()) // want "WithTimeout"
	Eventually(came).WithTimeout(time.Minute).WithPolling(1).Should(BeTrue())
	g.Eventually(came).WithPolling(1).WithTimeout(time.Minute).Should(BeTrue())
	Eventually(came, time.Minute, time.Second).Should(BeTrue())
}
