package cli

import (
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// Unit says what a Bar counts.
type Unit int

// The values of Unit.
const (
	Messages Unit = iota // shown as a count and messages per second
	Octets               // shown in KiB, MiB, ...
	Steps                // shown as a count only, since steps do not take equally long
	Nothing              // only the label is shown
)

// Bar is a progress bar on a terminal. When stderr is not a terminal its methods do nothing. Only
// one goroutine at a time may use it.
type Bar struct {
	bar   *progressbar.ProgressBar
	total int64
}

// NewBar shows a bar with a label on stderr. total is the number that means done, 0 or less when it
// is not yet known.
func NewBar(stderr io.Writer, label string, unit Unit, total int64) *Bar {
	if !IsTerminal(stderr) {
		return &Bar{}
	}
	return &Bar{bar: newBar(stderr, label, unit, total), total: total}
}

func newBar(w io.Writer, label string, unit Unit, total int64) *progressbar.ProgressBar {
	options := []progressbar.Option{
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetDescription(label),
		progressbar.OptionSetWidth(28),
		progressbar.OptionThrottle(80 * time.Millisecond),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetSpinnerChangeInterval(0), // else the library starts a goroutine that nobody stops
	}
	if unit != Nothing {
		options = append(options, progressbar.OptionShowCount())
	}
	switch unit {
	case Messages:
		options = append(options, progressbar.OptionShowIts(), progressbar.OptionSetItsString("messages"))
	case Octets:
		options = append(options, progressbar.OptionShowBytes(true), progressbar.OptionUseIECUnits(true))
	case Steps:
		options = append(options, progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(true))
	case Nothing:
		options = append(options, progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false))
	}
	bar := progressbar.NewOptions64(unknownBelowOne(total), options...)
	bar.StartWithoutRender() // else the time before the first Set is not counted
	return bar
}

// unknownBelowOne returns the library's -1 for a total that is not known.
func unknownBelowOne(total int64) int64 {
	if total < 1 {
		return -1
	}
	return total
}

// Set shows n of total; total as in NewBar. It may be called for every message: the terminal is
// written to at most a dozen times per second.
func (b *Bar) Set(n, total int64) {
	if b.bar == nil {
		return
	}
	if total != b.total {
		b.total = total
		b.bar.ChangeMax64(unknownBelowOne(total))
	}
	_ = b.bar.Set64(n) // an error of the terminal does not stop the work
}

// Describe changes the label.
func (b *Bar) Describe(label string) {
	if b.bar != nil {
		b.bar.Describe(label)
	}
}

// Close removes the bar from the terminal. Set shows it again.
func (b *Bar) Close() {
	if b.bar != nil {
		_ = b.bar.Clear()
	}
}
