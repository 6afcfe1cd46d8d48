package page_test

import (
	"encoding/xml"
	"io"
	"math"
	"strings"
	"testing"

	"pop3mtm/cmd/internal/page"
)

// html makes the page, which must be well-formed.
func html(t *testing.T, p *page.Page) string {
	t.Helper()
	text, err := p.HTML()
	if err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(strings.NewReader(string(text)))
	d.Entity = xml.HTMLEntity
	for {
		if _, err := d.Token(); err == io.EOF {
			return string(text)
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
	}
}

func line(points ...page.Point) []page.Series { return []page.Series{{Name: "<b>", Points: points}} }

func TestTextOfAPageIsNeverMarkup(t *testing.T) {
	evil := `<script>"&'`
	text := html(t, &page.Page{
		Title: evil, Lead: evil, Warning: evil, Facts: []page.Fact{{evil, evil}}, Notes: []string{evil},
		Tables: []page.Table{{Caption: evil, Heads: []string{evil}, Rows: [][]page.Cell{{{Text: evil}, {evil, evil}}}}},
		Plots: []page.Plot{
			{Title: evil, About: evil, X: evil, Y: evil, Ticks: []page.Tick{{1, evil}}, Lines: line(page.Point{X: 1, Y: 2})},
			{Title: evil, X: evil, Bars: []string{evil, "b"}, Lines: line(page.Point{Y: 1}, page.Point{Y: 3})},
		},
	})
	if strings.Contains(text, "<script") {
		t.Error(text)
	}
}

func TestAPlotHasThePageColoursAndNoOwn(t *testing.T) {
	text := html(t, &page.Page{Plots: []page.Plot{
		{Title: "Lines", LogX: true, LogY: true, Lines: line(page.Point{X: 1, Y: 2}, page.Point{X: 100, Y: 3000})},
	}})
	picture := text[strings.Index(text, "<svg"):strings.Index(text, "</svg>")]
	if strings.Contains(picture, "#") {
		t.Errorf("a colour that does not follow dark and light:\n%s", picture)
	}
	for _, want := range []string{"var(--s01)", "var(--grid)", "var(--axis)", `role="img"`, `aria-label="Lines"`} {
		if !strings.Contains(picture, want) {
			t.Errorf("no %s in\n%s", want, picture)
		}
	}
}

func TestAPlotOfOddFiguresIsDrawn(t *testing.T) {
	for name, p := range map[string]page.Plot{
		"nothing":            {},
		"one point":          {Lines: line(page.Point{X: 5, Y: 5})},
		"zero on logarithms": {LogX: true, LogY: true, Lines: line(page.Point{}, page.Point{X: 3, Y: 4})},
		"only zeros":         {Lines: line(page.Point{X: 1}, page.Point{X: 2})},
		"zero bars":          {Bars: []string{"a", "b"}, Lines: line(page.Point{}, page.Point{})},
		"large and small":    {Lines: line(page.Point{X: 1e-9, Y: 1e12}, page.Point{X: 1, Y: math.SmallestNonzeroFloat32})},
	} {
		p.Title = name
		html(t, &page.Page{Plots: []page.Plot{p}})
	}
}
