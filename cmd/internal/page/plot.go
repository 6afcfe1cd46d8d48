package page

import (
	"bytes"
	"fmt"
	"html"
	"image/color"
	"math"
	"regexp"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Plot is one picture: lines, or bars when it has Bars.
type Plot struct {
	Title string
	About string // what the plot shows, and how that was measured
	X, Y  string // what the axes measure
	LogX  bool
	LogY  bool
	Ticks []Tick   // on the X axis; nil chooses them
	Bars  []string // labels, one for each point of a series; then Y is the length of a bar
	Lines []Series
}

// Series is one line, or one bar of each group.
type Series struct {
	Name   string
	Text   string // the series in words, for readers who cannot see the line
	Points []Point
}

// Point is one figure. A bar may have a range, which is drawn as a thin line.
type Point struct {
	X, Y        float64
	Least, Most float64
}

// Tick is a mark of an axis.
type Tick struct {
	At    float64
	Label string
}

const (
	width     = 480
	lineStyle = 1.6
	textSize  = 11
	series    = 8 // colours of the page's style
)

// The library writes colours as numbers. These numbers are replaced by the colours of the page's
// style, so that a plot follows light and dark as the page does.
func lineColor(i int) color.Color { return color.RGBA{0x01, 0x00, uint8(1 + i%series), 0xff} }
func gridColor() color.Color      { return color.RGBA{0x02, 0x00, 0x00, 0xff} }

var (
	numbered = regexp.MustCompile(`#0100(0[1-8])`)
	fonts    = regexp.MustCompile(`font-family:[^;"]*;font-variant:[^;"]*;font-weight:[^;"]*;font-style:[^;"]*;`)
	frame    = regexp.MustCompile(`(?s)^.*?<svg [^>]*>`)
)

// svg returns the plot as SVG to embed in a page.
func (p *Plot) svg() (string, error) {
	drawn := plot.New()
	drawn.BackgroundColor = nil
	drawn.X.Label.Text, drawn.Y.Label.Text = p.X, p.Y
	for _, style := range []*text.Style{&drawn.X.Label.TextStyle, &drawn.Y.Label.TextStyle, &drawn.X.Tick.Label, &drawn.Y.Tick.Label} {
		style.Font.Variant, style.Font.Size = "Sans", textSize
	}
	height := vg.Length(260)
	var err error
	if p.Bars != nil {
		height, err = p.bars(drawn)
	} else {
		err = p.lines(drawn)
	}
	if err != nil {
		return "", err
	}
	canvas := vgsvg.NewWith(vgsvg.UseWH(width, height))
	drawn.Draw(draw.New(canvas))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return "", err
	}
	return p.embedded(b.String(), float64(height)), nil
}

// embedded removes what only a separate file needs, and replaces colours by those of the page.
func (p *Plot) embedded(svg string, height float64) string {
	// The label of the last mark extends beyond the edge.
	head := fmt.Sprintf(`<svg viewBox="0 0 %d %.0f" role="img" aria-label="%s">`, width+14, height, html.EscapeString(p.Title))
	svg = frame.ReplaceAllLiteralString(svg, head)
	svg = numbered.ReplaceAllString(svg, "var(--s$1)")
	svg = fonts.ReplaceAllLiteralString(svg, "")
	svg = strings.ReplaceAll(svg, fmt.Sprintf("font-size:%dpx", textSize), fmt.Sprintf("font-size:%dpx", textSize-1)) // room for wider letters
	return strings.NewReplacer("#020000", "var(--grid)", "#000000", "var(--axis)").Replace(svg)
}

func (p *Plot) lines(drawn *plot.Plot) error {
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = gridColor(), gridColor()
	drawn.Add(grid)
	for i, s := range p.Lines {
		points := make(plotter.XYs, 0, len(s.Points))
		for _, at := range s.Points {
			if p.LogX && at.X <= 0 || p.LogY && at.Y <= 0 {
				continue
			}
			points = append(points, plotter.XY{X: at.X, Y: at.Y})
		}
		if len(points) == 0 {
			continue
		}
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return err
		}
		line.Color, line.Width, line.Dashes = lineColor(i), lineStyle, dashes(i)
		drawn.Add(line)
		if len(points) < 20 {
			dots.Color, dots.Radius, dots.Shape = lineColor(i), 2.5, draw.CircleGlyph{}
			drawn.Add(dots)
		}
	}
	p.axes(drawn)
	return nil
}

// axes sets the axes: they begin at zero if possible, and have a few round marks.
func (p *Plot) axes(drawn *plot.Plot) {
	if math.IsInf(drawn.X.Min, 0) || drawn.X.Min == drawn.X.Max {
		drawn.X.Min, drawn.X.Max = drawn.X.Max*0.9, drawn.X.Max*1.1+1
	}
	drawn.Y.Min, drawn.Y.Tick.Marker = 0, plot.TickerFunc(roundTicks)
	drawn.X.Tick.Marker = plot.TickerFunc(roundTicks)
	drawn.Y.Max = math.Max(drawn.Y.Max*1.05, math.SmallestNonzeroFloat32)
	if p.LogY {
		drawn.Y.Scale, drawn.Y.Tick.Marker = plot.LogScale{}, plot.TickerFunc(logTicks)
		drawn.Y.Min = math.Inf(1)
		for _, s := range p.Lines {
			for _, at := range s.Points {
				if at.Y > 0 {
					drawn.Y.Min = math.Min(drawn.Y.Min, at.Y)
				}
			}
		}
		drawn.Y.Min = math.Pow(10, math.Floor(math.Log10(drawn.Y.Min)))
		drawn.Y.Max = math.Pow(10, math.Ceil(math.Log10(drawn.Y.Max)))
	}
	if p.LogX {
		drawn.X.Scale, drawn.X.Tick.Marker = plot.LogScale{}, plot.TickerFunc(logTicks)
	}
	if p.Ticks != nil {
		var ticks plot.ConstantTicks
		for _, t := range p.Ticks {
			ticks = append(ticks, plot.Tick{Value: t.At, Label: t.Label})
		}
		drawn.X.Tick.Marker = ticks
	}
}

// bars draws groups of bars, the first on top, and returns the height of the plot.
func (p *Plot) bars(drawn *plot.Plot) (vg.Length, error) {
	const bar, space, axis = vg.Length(9), vg.Length(10), vg.Length(48)
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = gridColor(), nil
	drawn.Add(grid)
	groups := len(p.Bars)
	labels := make([]string, groups)
	for i, label := range p.Bars {
		labels[groups-1-i] = label
	}
	for i, s := range p.Lines {
		values := make(plotter.Values, groups)
		for j, at := range s.Points {
			values[groups-1-j] = at.Y
		}
		chart, err := plotter.NewBarChart(values, bar)
		if err != nil {
			return 0, err
		}
		chart.Horizontal, chart.Color, chart.LineStyle.Width = true, lineColor(i), 0
		chart.Offset = bar * (vg.Length(len(p.Lines)-1)/2 - vg.Length(i))
		drawn.Add(chart)
		if err := addRanges(drawn, s.Points, chart.Offset); err != nil {
			return 0, err
		}
	}
	drawn.NominalY(labels...)
	drawn.X.Min, drawn.X.Tick.Marker = 0, plot.TickerFunc(roundTicks)
	drawn.X.Max = math.Max(drawn.X.Max*1.03, math.SmallestNonzeroFloat32)
	return axis + vg.Length(groups)*(bar*vg.Length(len(p.Lines))+space), nil
}

// addRanges draws the range of each bar that has one.
func addRanges(drawn *plot.Plot, points []Point, offset vg.Length) error {
	var ranges struct {
		plotter.XYs
		plotter.XErrors
	}
	for j, at := range points {
		if at.Most > at.Least {
			ranges.XYs = append(ranges.XYs, plotter.XY{X: at.Y, Y: float64(len(points) - 1 - j)})
			ranges.XErrors = append(ranges.XErrors, struct{ Low, High float64 }{at.Least - at.Y, at.Most - at.Y})
		}
	}
	if len(ranges.XYs) == 0 || offset != 0 { // there is no room for ranges when bars stand side by side
		return nil
	}
	lines, err := plotter.NewXErrorBars(ranges)
	if err != nil {
		return err
	}
	lines.LineStyle.Width, lines.CapWidth = 1.2, 6
	drawn.Add(lines)
	return nil
}

// key is a line of the legend, which is HTML below the picture.
type key struct {
	Index      int // of the colour, from 1
	Dashes     string
	Bar        bool
	Name, Text string
}

func (p *Plot) key() []key {
	var keys []key
	for i, s := range p.Lines {
		k := key{Index: 1 + i%series, Bar: p.Bars != nil, Name: s.Name, Text: s.Text}
		var parts []string
		for _, d := range dashes(i) {
			parts = append(parts, fmt.Sprintf("%.0f", float64(d)))
		}
		k.Dashes = strings.Join(parts, " ")
		keys = append(keys, k)
	}
	return keys
}

// dashes returns the dash pattern of a line, so that lines differ without their colours.
func dashes(i int) []vg.Length {
	return [][]vg.Length{nil, {6, 3}, {2, 3}, {8, 3, 2, 3}, {12, 4}, {4, 2}, {1, 2}, {10, 2, 2, 2}}[i%series]
}
