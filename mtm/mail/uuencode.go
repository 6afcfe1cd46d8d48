package mail

import "bytes"

// maxUULine limits the lines of uuencode; 61 letters and a line end are usual.
const maxUULine = 1000

// uuDecoder decodes uuencode: the lines after one that begins with "begin", up to "end".
type uuDecoder struct {
	line    []byte
	begun   bool
	ended   bool
	skipped bool // the current line is too long
}

func (d *uuDecoder) decode(dst, src []byte) []byte {
	for len(src) > 0 && !d.ended {
		end := bytes.IndexByte(src, '\n')
		piece := src
		if end >= 0 {
			piece = src[:end]
		}
		if len(d.line)+len(piece) > maxUULine {
			d.skipped = true
		} else {
			d.line = append(d.line, piece...)
		}
		if end < 0 {
			return dst
		}
		dst = d.endLine(dst)
		src = src[end+1:]
	}
	return dst
}

func (d *uuDecoder) finish(dst []byte) []byte { return d.endLine(dst) }

func (d *uuDecoder) endLine(dst []byte) []byte {
	line := bytes.TrimRight(d.line, "\r")
	d.line = d.line[:0]
	if d.skipped || d.ended || len(line) == 0 {
		d.skipped = false
		return dst
	}
	if !d.begun {
		_, d.begun = uuBegin(line)
		return dst
	}
	if string(line) == "end" {
		d.ended = true
		return dst
	}
	return uuLine(dst, line)
}

// uuBegin returns the file name in a line that begins a file.
func uuBegin(line []byte) (name string, ok bool) {
	rest, ok := bytes.CutPrefix(line, []byte("begin "))
	mode, file, found := bytes.Cut(rest, []byte(" "))
	if !ok || !found || len(mode) < 3 || len(mode) > 4 {
		return "", false
	}
	for _, c := range mode {
		if c < '0' || c > '7' {
			return "", false
		}
	}
	file = bytes.TrimSpace(file)
	return string(file), len(file) > 0
}

// uuLine appends the octets of a line to dst. The first letter says how many there are. Blanks at
// the end of the line may be missing.
func uuLine(dst, line []byte) []byte {
	n := uuValue(line[0])
	line = line[1:]
	for i := 0; i < n; i += 3 {
		var quad [4]int
		for j := range quad {
			if k := i/3*4 + j; k < len(line) {
				quad[j] = uuValue(line[k])
			}
		}
		group := [3]byte{
			byte(quad[0]<<2 | quad[1]>>4), byte(quad[1]<<4 | quad[2]>>2), byte(quad[2]<<6 | quad[3]),
		}
		dst = append(dst, group[:min(3, n-i)]...)
	}
	return dst
}

func uuValue(c byte) int { return int(c-' ') & 0x3f }

// isUULine reports whether a line may be uuencode: it is as long as its first letter says, except
// for missing blanks or a checksum letter.
func isUULine(line []byte) bool {
	line = bytes.TrimRight(line, "\r\n")
	if len(line) == 0 || line[0] < ' ' || line[0] > '`' {
		return false
	}
	need := (uuValue(line[0]) + 2) / 3 * 4
	return len(line)-1 <= need+2 && len(line)-1 >= min(need, 1)
}
