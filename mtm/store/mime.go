package store

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
)

// The limits on taking a message apart. What lies beyond them is passed over, and PartLimits
// reports it.
const (
	maxDepth      = 50
	maxParts      = 10_000
	maxHeaderSize = 1 << 20 // octets of one header
)

// PartLimits reports which limits a message exceeds. Its zero value means that all of it was
// taken apart.
type PartLimits uint8

// The limits.
const (
	TooManyParts  PartLimits = 1 << iota // parts behind the first 10,000 are not listed
	TooDeep                              // a multipart 50 levels deep is listed as one part
	HeaderTooLong                        // header fields behind the first MiB are not read
)

// Has reports whether l contains the limits in other.
func (l PartLimits) Has(other PartLimits) bool { return l&other == other }

// String names the limits for people, "" for none.
func (l PartLimits) String() string {
	var names []string
	for _, limit := range []struct {
		bit  PartLimits
		name string
	}{
		{TooManyParts, "more than 10,000 parts"}, {TooDeep, "parts nested more than 50 deep"},
		{HeaderTooLong, "a header of more than 1 MiB"},
	} {
		if l.Has(limit.bit) {
			names = append(names, limit.name)
		}
	}
	return strings.Join(names, ", ")
}

// located is a part with the place of its octets in the body.
type located struct {
	Part
	start, length int64
	encoding      string // transfer encoding
}

// mimeWalk takes a message apart in one pass over its lines, whatever it nests.
type mimeWalk struct {
	in     lines
	list   []located
	paths  map[string]int // path -> index in list
	limits PartLimits
	open   []multipart    // outermost first
	depths map[string]int // boundary -> index of the innermost open multipart that has it
	leaf   int            // index in list of the part whose content is being read, else -1
}

// multipart is a multipart whose end was not seen yet.
type multipart struct {
	content        // of its own header
	path    string // "" for the message itself
	start   int64  // of its octets
	number  int    // of its parts so far
	first   int    // length of the list when it began
	hides   int    // index of an outer multipart with the same boundary, else -1
}

// walkMIME locates the parts of the message in r, which it reads to its end. Sizes are not
// set. Errors come from r or ctx.
func walkMIME(ctx context.Context, r io.Reader) (*mimeWalk, error) {
	w := &mimeWalk{depths: make(map[string]int), paths: make(map[string]int), leaf: -1}
	w.in.in = bufio.NewReaderSize(&whileAlive{alive: ctx.Err, r: r}, 64<<10)
	w.in.next()
	w.entity("", false)
	for !w.in.ended() {
		if w.delimiter() {
			continue
		}
		w.in.next()
	}
	w.endLeaf(w.in.start)
	w.close(0, w.in.start)
	if err := w.in.err; !errors.Is(err, io.EOF) {
		return w, err
	}
	return w, nil
}

// entity reads the header at the current line and begins the part or the multipart behind it.
func (w *mimeWalk) entity(path string, inDigest bool) {
	c := w.header(inDigest)
	if strings.HasPrefix(c.media, "multipart/") && c.boundary != "" {
		if len(w.open) < maxDepth {
			w.push(c, path)
			return
		}
		w.limits |= TooDeep
	}
	w.begin(c, path, w.in.start)
}

// push opens a multipart whose first part is still to come.
func (w *mimeWalk) push(c content, path string) {
	m := multipart{content: c, path: path, start: w.in.start, first: len(w.list), hides: -1}
	if outer, ok := w.depths[c.boundary]; ok {
		m.hides = outer
	}
	w.depths[c.boundary] = len(w.open)
	w.open = append(w.open, m)
}

// begin lists a part whose content starts at start.
func (w *mimeWalk) begin(c content, path string, start int64) {
	if path == "" {
		path = "1"
	}
	if len(w.list) >= maxParts {
		w.limits |= TooManyParts
		return
	}
	w.leaf = len(w.list)
	w.paths[path] = w.leaf
	w.list = append(w.list, located{Part: c.part(path), start: start, encoding: c.encoding})
}

// endLeaf ends the content of the current part at end.
func (w *mimeWalk) endLeaf(end int64) {
	if w.leaf >= 0 {
		p := &w.list[w.leaf]
		p.length = max(0, end-p.start)
		w.leaf = -1
	}
}

// close closes the multiparts from depth on, innermost first. One without parts is listed
// itself, as a part.
func (w *mimeWalk) close(depth int, end int64) {
	for i := len(w.open) - 1; i >= depth; i-- {
		m := w.open[i]
		w.open = w.open[:i]
		if m.hides < 0 {
			delete(w.depths, m.boundary)
		} else {
			w.depths[m.boundary] = m.hides
		}
		if len(w.list) == m.first {
			w.begin(m.content, m.path, m.start)
			w.endLeaf(end)
		}
	}
}

// delimiter reports whether the current line is one of an open multipart. It then goes on
// behind it: to the next part's content, or to what follows the multipart's end.
func (w *mimeWalk) delimiter() bool {
	depth, last, found := w.boundary()
	if !found {
		return false
	}
	// RFC 2046 section 5.1.1: the line end before a delimiter belongs to the delimiter.
	end := w.in.start - w.in.before
	w.endLeaf(end)
	if last {
		w.close(depth, end)
		w.in.next()
		return true
	}
	w.close(depth+1, end)
	m := &w.open[depth]
	m.number++
	path := strconv.Itoa(m.number)
	if m.path != "" {
		path = m.path + "." + path
	}
	w.in.next()
	w.entity(path, m.media == "multipart/digest")
	return true
}

// boundary looks up the current line among the boundaries of the open multiparts.
func (w *mimeWalk) boundary() (depth int, last, found bool) {
	line := w.in.line
	if len(w.open) == 0 || !w.in.first || !bytes.HasPrefix(line, []byte("--")) {
		return 0, false, false
	}
	// RFC 2046 section 5.1.1: white space may follow a boundary.
	line = bytes.TrimRight(line[2:], " \t\r\n")
	if depth, found = w.depths[string(line)]; found {
		return depth, false, true
	}
	if line, last = bytes.CutSuffix(line, []byte("--")); last {
		depth, found = w.depths[string(line)]
	}
	return depth, last, found
}
