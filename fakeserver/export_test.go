package fakeserver

import (
	"bytes"
	"io"
)

// Stuffed runs raw through the server's stuffing in pieces.
func Stuffed(raw []byte, piece int) []byte {
	var wire bytes.Buffer
	source := io.MultiReader() // empty, for an empty message
	if len(raw) > 0 {
		source = pieces{bytes.NewReader(raw)}
	}
	scratch := make([]byte, piece)
	if _, err := (body{open: source, lines: -1, scratch: &scratch}).WriteTo(&wire); err != nil {
		panic(err)
	}
	return wire.Bytes()
}

// pieces hides that its reader can write itself.
type pieces struct{ io.Reader }
