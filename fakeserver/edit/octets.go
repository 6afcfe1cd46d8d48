package edit

import (
	"bytes"
	"cmp"
	"slices"
	"time"
)

// spot is an action at an offset of a reply.
type spot struct {
	offset int64
	do     func(to Sink) error
	skip   int64 // number of octets to omit there
}

// at returns a filter that acts at some offsets.
func at(list ...spot) func(to Sink) filter {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b spot) int { return cmp.Compare(a.offset, b.offset) })
	return func(to Sink) filter { return &spots{Sink: to, left: list} }
}

type spots struct {
	Sink
	left []spot
	pos  int64
	skip int64
	err  error // the first error; it stays
}

func (s *spots) Write(p []byte) (int, error) {
	done := 0
	for {
		s.arrive()
		if s.err != nil || done == len(p) {
			return done, s.err
		}
		n := int64(len(p) - done)
		if len(s.left) > 0 {
			n = min(n, s.left[0].offset-s.pos)
		}
		if s.skip > 0 {
			n = min(n, s.skip)
			s.skip -= n
		} else if _, s.err = s.Sink.Write(p[done : done+int(n)]); s.err != nil {
			return done, s.err
		}
		done += int(n)
		s.pos += n
	}
}

// arrive runs the actions for the current offset.
func (s *spots) arrive() {
	for s.err == nil && len(s.left) > 0 && s.left[0].offset <= s.pos {
		next := s.left[0]
		s.left = s.left[1:]
		s.skip = max(s.skip, next.skip)
		if next.do != nil {
			s.err = next.do(s.Sink)
		}
	}
}

func (s *spots) finish(whole bool) error {
	if whole {
		s.arrive()
	}
	return s.err
}

// PauseAt waits before the octet at offset. A shorter reply is sent unchanged.
func PauseAt(offset int64, d time.Duration) Edit {
	return through(at(spot{offset: max(offset, 0), do: func(to Sink) error { return to.Rest(d) }}))
}

// SplitAt splits the output at these offsets: into packets over TCP, into records over TLS.
func SplitAt(offsets ...int64) Edit {
	list := make([]spot, len(offsets))
	for i, offset := range offsets {
		list[i] = spot{offset: max(offset, 0), do: func(to Sink) error { return to.Rest(0) }}
	}
	return through(at(list...))
}

// Overwrite replaces the octets from offset on by as many others.
func Overwrite(offset int64, octets string) Edit {
	return through(at(spot{offset: max(offset, 0), skip: int64(len(octets)), do: says(octets)}))
}

// Insert inserts octets before the one at offset.
func Insert(offset int64, octets string) Edit {
	return through(at(spot{offset: max(offset, 0), do: says(octets)}))
}

// Remove omits count octets from offset on.
func Remove(offset, count int64) Edit {
	return through(at(spot{offset: max(offset, 0), skip: max(count, 0)}))
}

func says(octets string) func(to Sink) error {
	return func(to Sink) error {
		_, err := to.Write([]byte(octets))
		return err
	}
}

// Swap exchanges two octets of the reply. It holds the octets between them in memory. A reply that
// ends before the second one is not changed.
func Swap(first, second int64) Edit {
	first, second = max(min(first, second), 0), max(first, second, 0)
	return through(func(to Sink) filter { return &swapper{Sink: to, first: first, second: second} })
}

type swapper struct {
	Sink
	first, second int64
	pos           int64
	held          []byte // from first on, at most to second
}

func (s *swapper) Write(p []byte) (int, error) {
	before := int(min(max(s.first-s.pos, 0), int64(len(p))))
	inside := int(min(max(s.second+1-s.pos, 0), int64(len(p))))
	s.pos += int64(len(p))
	if _, err := s.Sink.Write(p[:before]); err != nil {
		return 0, err
	}
	s.held = append(s.held, p[before:max(inside, before)]...)
	if last := len(s.held) - 1; last >= 0 && int64(last) == s.second-s.first {
		s.held[0], s.held[last] = s.held[last], s.held[0]
		if err := s.Push(); err != nil {
			return before, err
		}
	}
	if _, err := s.Sink.Write(p[inside:]); err != nil {
		return inside, err
	}
	return len(p), nil
}

func (s *swapper) Push() error {
	if err := s.finish(false); err != nil {
		return err
	}
	return s.Sink.Push()
}

func (s *swapper) finish(bool) error {
	_, err := s.Sink.Write(s.held)
	s.held = nil
	return err
}

// Drip sends the reply in pieces of this number of octets, with a pause of d between them. With 0
// it only splits the output.
func Drip(octets int64, d time.Duration) Edit {
	octets = max(octets, 1)
	return through(func(to Sink) filter { return &dripper{Sink: to, octets: octets, d: d} })
}

// Bandwidth limits the octets per second, and sends them in pieces of a twentieth of that.
func Bandwidth(perSecond int64) Edit {
	perSecond = max(perSecond, 1)
	piece := max(perSecond/20, 1)
	return Drip(piece, time.Duration(float64(piece)/float64(perSecond)*float64(time.Second)))
}

// SplitOctets sends each octet in a write of its own.
func SplitOctets() Edit { return Drip(1, 0) }

type dripper struct {
	Sink
	octets, sent int64 // of a piece
	d            time.Duration
}

func (f *dripper) Write(p []byte) (int, error) {
	done := 0
	for done < len(p) {
		if f.sent == f.octets {
			f.sent = 0
			if err := f.Sink.Rest(f.d); err != nil {
				return done, err
			}
		}
		n := int(min(f.octets-f.sent, int64(len(p)-done)))
		if _, err := f.Sink.Write(p[done : done+n]); err != nil {
			return done, err
		}
		f.sent += int64(n)
		done += n
	}
	return done, nil
}

func (f *dripper) finish(bool) error { return nil }

// SplitLines sends each line in a write of its own.
func SplitLines() Edit {
	return through(func(to Sink) filter { return &lineSplitter{Sink: to} })
}

type lineSplitter struct {
	Sink
	atEnd bool // of a line
}

func (f *lineSplitter) Write(p []byte) (int, error) {
	for l := range bytes.Lines(p) {
		if f.atEnd {
			if err := f.Sink.Rest(0); err != nil {
				return 0, err
			}
		}
		if _, err := f.Sink.Write(l); err != nil {
			return 0, err
		}
		f.atEnd = l[len(l)-1] == '\n'
	}
	return len(p), nil
}

func (f *lineSplitter) finish(bool) error { return nil }

// Replace replaces each occurrence of old by text. old may contain line ends; an empty old changes
// nothing.
func Replace(old, text string) Edit {
	if old == "" {
		return func(r Reply) Reply { return r }
	}
	return through(func(to Sink) filter { return &replacer{Sink: to, old: []byte(old), text: []byte(text)} })
}

type replacer struct {
	Sink
	old, text []byte
	held      []byte // may be the beginning of old
}

func (f *replacer) Write(p []byte) (int, error) {
	all := append(f.held, p...)
	f.held = nil
	var out []byte
	for {
		i := bytes.Index(all, f.old)
		if i < 0 {
			break
		}
		out = append(append(out, all[:i]...), f.text...)
		all = all[i+len(f.old):]
	}
	keep := min(len(f.old)-1, len(all))
	for ; keep > 0 && !bytes.HasPrefix(f.old, all[len(all)-keep:]); keep-- {
	}
	f.held = bytes.Clone(all[len(all)-keep:])
	_, err := f.Sink.Write(append(out, all[:len(all)-keep]...))
	return len(p), err
}

func (f *replacer) Push() error {
	if err := f.finish(false); err != nil {
		return err
	}
	return f.Sink.Push()
}

func (f *replacer) finish(bool) error {
	_, err := f.Sink.Write(f.held)
	f.held = nil
	return err
}
