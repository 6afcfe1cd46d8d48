package lineio

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestLineio(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "lineio")
}
