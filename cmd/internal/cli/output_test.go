package cli

import (
	"bytes"
	"testing"

	. "github.com/onsi/gomega"
)

func TestARunWithinARunWritesToTheSameOutput(t *testing.T) {
	g := NewWithT(t)
	outer := wrapOnce(&bytes.Buffer{})
	g.Expect(wrapOnce(outer)).To(BeIdenticalTo(outer))
}
