package numbers

import (
	"strconv"
)

// Count returns a number of things: "1 message", "1,000 messages".
func Count(n int, of string) string {
	if n != 1 {
		of += "s"
	}
	return Grouped(float64(n)) + " " + of
}

// Grouped returns a number with commas between groups of three digits, and numbers under 100 as
// Short does.
func Grouped(f float64) string {
	if f < 100 {
		return Short(f)
	}
	text := strconv.FormatFloat(f, 'f', 0, 64)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// Short returns a number with three significant digits. It does not shorten the integer part.
func Short(f float64) string {
	switch {
	case f == float64(int64(f)) || f >= 100:
		return strconv.FormatFloat(f, 'f', 0, 64)
	case f >= 10:
		return strconv.FormatFloat(f, 'f', 1, 64)
	}
	return strconv.FormatFloat(f, 'f', 2, 64)
}

// Ratio returns a ratio with one digit after the point, or with two when it is below 1.
func Ratio(f float64) string {
	if f < 1 {
		return strconv.FormatFloat(f, 'f', 2, 64)
	}
	return strconv.FormatFloat(f, 'f', 1, 64)
}

// UnknownAtZero returns text, or "unknown" when the figure f is 0, which stands for a figure that
// is not known.
func UnknownAtZero(f float64, text string) string {
	if f == 0 {
		return "unknown"
	}
	return text
}

// Micros returns a time in microseconds, or "unknown" for 0.
func Micros(seconds float64) string { return UnknownAtZero(seconds, Short(seconds*1e6)) }

// Memory returns a size in MiB, or "unknown" for 0.
func Memory(octets float64) string {
	return UnknownAtZero(octets, strconv.FormatFloat(octets/(1<<20), 'f', 1, 64)+" MiB")
}

// Octets returns a size with a binary unit: 512 B, 8 KiB.
func Octets(n int64) string {
	const step = 1024
	f, unit := float64(n), 0
	for units := []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}; ; unit++ {
		if f < step || unit == len(units)-1 {
			return Short(f) + " " + units[unit]
		}
		f /= step
	}
}

// Partly returns the line that begins results which are incomplete because of stopped, or "" when
// stopped is empty.
func Partly(stopped string) string {
	if stopped == "" {
		return ""
	}
	return "Incomplete: " + stopped + ".\n"
}
