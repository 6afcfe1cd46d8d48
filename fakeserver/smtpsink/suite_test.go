package smtpsink_test

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestSMTPSink(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "SMTP sink")
}
