package cli

import (
	"bytes"
	"testing"

	. "github.com/onsi/gomega"
)

func TestBarIsSilentWhereThereIsNoTerminal(t *testing.T) {
	g := NewWithT(t)
	var out bytes.Buffer
	b := NewBar(&out, "fetching", Messages, 10)
	b.Set(5, 10)
	b.Close()
	g.Expect(out.String()).To(BeEmpty())
	g.Expect(IsTerminal(&output{w: &out})).To(BeFalse())
}

func TestBarShowsCountAndLabelOnATerminal(t *testing.T) {
	g := NewWithT(t)
	var out bytes.Buffer
	b := &Bar{bar: newBar(&out, "fetching", Messages, 10), total: 10}
	b.Set(5, 10)
	b.Close()
	g.Expect(out.String()).To(And(ContainSubstring("fetching"), ContainSubstring("50%"), ContainSubstring("5/10")))
}

func TestBarTakesATotalThatIsNotKnownYet(t *testing.T) {
	g := NewWithT(t)
	var out bytes.Buffer
	b := &Bar{bar: newBar(&out, "fetching", Octets, 0)}
	b.Set(1<<20, 0)
	b.Set(2<<20, 4<<20)
	b.Close()
	g.Expect(out.String()).To(And(ContainSubstring("1.0 MiB"), Not(ContainSubstring("messages"))))
}

func TestBarOfNothingShowsItsLabelAlone(t *testing.T) {
	g := NewWithT(t)
	var out bytes.Buffer
	b := &Bar{bar: newBar(&out, "connection lost", Nothing, 0)}
	b.Describe("connecting again")
	b.Close()
	g.Expect(out.String()).To(And(ContainSubstring("connecting again"), Not(ContainSubstring("0")), Not(ContainSubstring("("))))
}
