package child

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestChild(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "bench: child")
}
