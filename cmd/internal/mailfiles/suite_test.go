package mailfiles

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestMailFiles(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Files of mail")
}
