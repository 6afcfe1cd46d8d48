package pop3_test

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestPOP3(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "pop3")
}
