package hosts

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"pop3mtm/cmd/bench/internal/wire"
)

// measured returns the part of a host whose commands took from 1 to n microseconds.
func measured(host string, begun time.Time, n int) *Part {
	p := new(Part)
	p.Begin(host, begun)
	for i := range n {
		p.Took("RETR", time.Duration(i+1)*time.Microsecond)
	}
	p.Seconds, p.Messages, p.Octets, p.Iterations, p.Users, p.Passed = float64(n), int64(n), int64(n)*2048, 3, 2, 5
	p.Errors["closed"] = int64(n) / 10
	p.Rate = []wire.Sample{{At: 1, Octets: 10, Messages: 1}, {At: float64(n), Octets: int64(n) * 2048, Messages: int64(n)}}
	return p
}

func TestAPartIsTheSameAfterWritingAndReading(t *testing.T) {
	g := NewWithT(t)
	p := measured("a", time.Unix(1_800_000_000, 0).UTC(), 100_000)
	text, err := json.Marshal(p)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(len(text)).To(BeNumerically("<", 200<<10))
	again, err := read(strings.NewReader(string(text)))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(again.Verbs["RETR"].Equals(p.Verbs["RETR"].Histogram)).To(BeTrue())
	again.Verbs = p.Verbs
	g.Expect(again).To(Equal(p))
}

func TestMergedPartsHaveTheFiguresOfAllCommandsTogether(t *testing.T) {
	g := NewWithT(t)
	begun := time.Unix(1_800_000_000, 0).UTC()
	parts := []*Part{measured("a", begun.Add(2*time.Second), 1000), measured("b", begun, 3000)}
	parts[1].Took("TOP", time.Millisecond)
	sum, err := Merge(parts)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(sum.Hosts).To(Equal([]string{"a", "b"}))
	g.Expect(sum.Begun).To(Equal(begun))
	g.Expect([]int64{sum.Messages, sum.Octets, sum.Iterations, sum.Users, sum.Passed, sum.Errors["closed"]}).To(Equal([]int64{4000, 4000 * 2048, 6, 4, 10, 400}))
	g.Expect(sum.Seconds).To(Equal(3000.0))
	g.Expect(sum.VerbsByCount()).To(Equal([]string{"RETR", "TOP"}))
	g.Expect(sum.Verbs["RETR"].TotalCount()).To(BeEquivalentTo(4000))
	g.Expect(sum.Verbs["RETR"].ValueAtQuantile(50)).To(BeNumerically("~", 1000, 2), "2,000 of the 4,000 are up to 1,000")
	g.Expect(Apart(parts)).To(Equal(2 * time.Second))
	g.Expect(sum.Rate).To(Equal([]wire.Sample{{At: 1, Octets: 20, Messages: 2}, {At: 1000, Octets: 1000*2048 + 10, Messages: 1001}, {At: 3000, Octets: 4000 * 2048, Messages: 4000}}))
	g.Expect(parts[0].Verbs["RETR"].TotalCount()).To(BeEquivalentTo(1000), "the parts stay as they are")

	_, err = Merge([]*Part{parts[0], parts[0]})
	g.Expect(err).To(MatchError("two parts are of the host a: merge each host once"))
}

func TestAFileThatNoHostWroteIsRefused(t *testing.T) {
	for text, why := range map[string]string{
		``:                                     "unexpected end",
		`[]`:                                   "cannot unmarshal",
		`{}`:                                   "version 0",
		`{"version":2,"hosts":["a"]}`:          "version 2",
		`{"version":1}`:                        "no host",
		`{"version":1,"hosts":["a\u001b[2J"]}`: "invalid name",
		`{"version":1,"hosts":["a"],"messages":-1}`:                              "the count -1",
		`{"version":1,"hosts":["a"],"seconds":-1}`:                               "out of range",
		`{"version":1,"hosts":["a"],"verbs":{"RETR":null}}`:                      "durations",
		`{"version":1,"hosts":["a"],"verbs":{"RETR":[[1,0]]}}`:                   "out of range",
		`{"version":1,"hosts":["a"],"verbs":{"RETR":[[1,5],[-1,5]]}}`:            "out of range",
		`{"version":1,"hosts":["a"],"verbs":{"RETR":[[1,1125899906842625]]}}`:    "out of range",
		`{"version":1,"hosts":["a"],"rate":[{"at_seconds":2},{"at_seconds":1}]}`: "do not rise",
		`{"version":1,"hosts":["` + strings.Repeat("a", 17<<20) + `"]}`:          "larger than",
	} {
		_, err := read(strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%.60s: %v", text, err)
		}
	}
}

func FuzzPart(f *testing.F) {
	text, err := json.Marshal(measured("a", time.Unix(1_800_000_000, 0), 20))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Add(`{"version":1,"hosts":["a"],"verbs":{"RETR":[[3600000000,1125899906842624]]},"errors":{"closed":5}}`)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := read(strings.NewReader(text))
		if err != nil {
			return
		}
		other := measured("another host", time.Unix(0, 0), 5)
		sum, err := Merge([]*Part{p, other})
		if err != nil {
			return // of one host twice, or too large together
		}
		if sum.Messages != p.Messages+5 {
			t.Errorf("%d and 5 messages make %d", p.Messages, sum.Messages)
		}
		if _, err := json.Marshal(sum); err != nil {
			t.Error(err)
		}
	})
}
