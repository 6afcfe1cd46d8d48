package mail

import (
	"io"
	"time"
)

// Params returns the parameters of a value by name.
func Params(value string) map[string]string {
	_, list := parseParams(value)
	all := map[string]string{}
	for _, p := range list {
		if all[p.name] == "" {
			all[p.name] = p.value
		}
	}
	return all
}

// UsualDate reads a date in its usual form.
func UsualDate(text []byte) (time.Time, bool) { return usualDate(text) }

// Names for the specs.
var (
	ParseAddresses = parseAddresses
	ParseIDs       = parseIDs
	NewScanner     = newScanner
)

// NewTextReader returns the text of r in UTF-8.
func NewTextReader(r io.Reader, name, fallback string) io.Reader {
	return newTextReader(r, name, fallback, sampleSize)
}
