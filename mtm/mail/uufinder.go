package mail

import "bytes"

// maxUUFiles limits the files in one text.
const maxUUFiles = 1000

// uuFinder finds uuencoded files in a text: a line that begins a file, encoded
// lines, a line that ends it.
type uuFinder struct {
	pos     int64
	line    []byte // the beginning of the current line, as far as it is needed
	skip    bool   // the rest of the current line is not needed
	current uuFile
	open    bool
	found   []uuFile
}

// uuFile says where a file is in a text.
type uuFile struct {
	name       string
	start, end int64
	size       int64
}

// beginMark is the start of a line that begins a file.
const beginMark = "begin "

func (u *uuFinder) write(p []byte) {
	for len(p) > 0 {
		if !u.open && len(u.line) == 0 {
			if p = u.pass(p); len(p) == 0 {
				return
			}
		}
		end := bytes.IndexByte(p, '\n')
		piece := p[:end+1]
		if end < 0 {
			piece = p
		}
		u.pos += int64(len(piece))
		u.line = append(u.line, piece[:min(len(piece), maxUULine-len(u.line))]...)
		if end < 0 {
			return
		}
		u.endLine()
		p = p[end+1:]
	}
}

// pass skips lines that do not begin a file. It stops at a line that does, or that may
// do so when p ends in it.
func (u *uuFinder) pass(p []byte) []byte {
	if !u.skip && string(p[:min(len(p), len(beginMark))]) == beginMark[:min(len(p), len(beginMark))] {
		return p
	}
	n := bytes.Index(p, []byte("\n"+beginMark)) + 1
	if n == 0 { // the last line may be one
		from := max(0, len(p)-len(beginMark))
		n = from + bytes.LastIndexByte(p[from:], '\n') + 1
		if n == from || string(p[n:]) != beginMark[:len(p)-n] {
			n = len(p)
		}
	}
	u.pos += int64(n)
	u.skip = n == len(p) && p[n-1] != '\n'
	return p[n:]
}

func (u *uuFinder) endLine() {
	line := bytes.TrimRight(u.line, "\r\n")
	length := int64(len(u.line))
	u.line = u.line[:0]
	switch {
	case len(u.found) >= maxUUFiles:
	case u.open && string(line) == "end":
		u.open = false
		u.current.end = u.pos
		u.found = append(u.found, u.current)
	case u.open && (isUULine(line) || string(line) == "`"):
		u.current.size += int64(uuValue(line[0]))
	default:
		name, begins := uuBegin(line)
		u.open = begins
		u.current = uuFile{name: name, start: u.pos - length}
	}
}

// end returns the files, in order.
func (u *uuFinder) end() []uuFile {
	if len(u.line) > 0 {
		u.endLine()
	}
	return u.found
}
