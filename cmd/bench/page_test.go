package main

import (
	"bytes"
	"encoding/xml"
	"io"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/chromedp/chromedp"
	. "github.com/onsi/gomega"

	"pop3mtm/cmd/bench/internal/report"
	"pop3mtm/internal/browser"
)

// checkPage wants a page that is well-formed, needs nothing but itself, has text beside each plot,
// and shows exactly the figures of the JSON form.
func checkPage(page []byte, found *report.Results) {
	d := xml.NewDecoder(bytes.NewReader(page))
	d.Strict, d.Entity = true, xml.HTMLEntity
	names := map[string]int{}
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		Expect(err).NotTo(HaveOccurred())
		if start, ok := token.(xml.StartElement); ok {
			names[start.Name.Local]++
		}
	}
	for _, forbidden := range []string{"script", "link", "img", "iframe", "object", "image", "use"} {
		Expect(names).NotTo(HaveKey(forbidden))
	}
	Expect(regexp.MustCompile(`(?i)https?:|url\(|@import|src=|href=`).FindString(string(page))).To(BeEmpty(), "nothing comes from elsewhere")
	Expect(names["figure"]).To(BeNumerically(">", 0))
	Expect(names["figcaption"]).To(Equal(names["figure"]))

	var shown []float64
	for _, m := range regexp.MustCompile(`data-value="([^"]+)"`).FindAllSubmatch(page, -1) {
		f, err := strconv.ParseFloat(string(m[1]), 64)
		Expect(err).NotTo(HaveOccurred())
		shown = append(shown, f)
	}
	var want []float64
	for _, s := range found.Summary {
		want = append(want, s.Rate.Least, s.Rate.Median, s.Rate.Most)
		if found.HasOctets() {
			want = append(want, s.Octets)
		}
		want = append(want, s.ClientCPU, s.ServerCPU, s.ClientPeak, s.ServerPeak)
		if s.TopCommands != nil {
			want = append(want, float64(*s.TopCommands))
		}
	}
	for _, t := range found.RatioTables() {
		for _, v := range t.Rows {
			want = append(want, v.Times.Least, v.Times.Median, v.Times.Most)
		}
	}
	for _, m := range found.Latencies() {
		for _, p := range []float64{50, 90, 99, 99.9, 100} {
			want = append(want, m.Latency.At(p))
		}
	}
	Expect(shown).To(Equal(want))
}

func TestThePageOfResultsFitsOnAPhone(t *testing.T) {
	chromium := browser.Start(t)
	g := NewWithT(t)
	file := filepath.Join(t.TempDir(), "page.html")
	r := compareSmall("", "--messages", "10", "--runs", "1", "--html", file)
	g.Expect(r.status).To(Equal(0), r.errOut)
	b := browser.Open(chromium, t, chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile), chromedp.Navigate("file://"+file))
	b.Shows("dt", "Command")
	g.Expect(b.Value("document.documentElement.scrollWidth")).To(Equal("390"), "it scrolls sideways")
}
