package pop3_test

import (
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// patience limits the wait for what must come: it is long, since machines are busy.
const patience = 2 * time.Minute

func TestPOP3(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "pop3")
}
