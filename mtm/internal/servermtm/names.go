package servermtm

import "encoding/binary"

// names is a list of texts that takes little memory. Of each it holds what the one before does not
// begin or end with; unique-ids differ in few places.
type names struct {
	groups pile[string] // complete groups of namesPerGroup
	open   []byte       // the group that is not complete
	last   []byte
	count  int

	shown int // 1 + the group in text
	raw   []byte
	text  []byte // the names of the group, and where they end
	ends  [namesPerGroup]int
}

const namesPerGroup = 32

// add appends a name.
func (l *names) add(name []byte) {
	begins, ends := 0, 0
	if l.count%namesPerGroup == 0 {
		l.last = l.last[:0] // a group can be read without the one before
	}
	shorter := min(len(name), len(l.last))
	for begins < shorter && name[begins] == l.last[begins] {
		begins++
	}
	for ends < shorter-begins && name[len(name)-1-ends] == l.last[len(l.last)-1-ends] {
		ends++
	}
	own := name[begins : len(name)-ends]
	l.open = binary.AppendUvarint(l.open, uint64(begins))
	l.open = binary.AppendUvarint(l.open, uint64(ends))
	l.open = binary.AppendUvarint(l.open, uint64(len(own)))
	l.open = append(l.open, own...)
	l.last = append(l.last[:0], name...)
	if l.count++; l.count%namesPerGroup == 0 {
		l.groups.add(string(l.open))
		l.open = l.open[:0]
	}
	l.shown = 0
}

// at returns the i-th name. It is valid until the next call. Names that are near each other are
// read together.
func (l *names) at(i int) []byte {
	if group := i / namesPerGroup; l.shown != group+1 {
		l.show(group)
	}
	i %= namesPerGroup
	if i == 0 {
		return l.text[:l.ends[0]]
	}
	return l.text[l.ends[i-1]:l.ends[i]]
}

// show reads a group.
func (l *names) show(group int) {
	rest := l.open
	if group < l.groups.count {
		l.raw = append(l.raw[:0], *l.groups.at(group)...)
		rest = l.raw
	}
	l.text, l.shown = l.text[:0], group+1
	from := 0 // where the name before begins
	for i := 0; len(rest) > 0; i++ {
		var size [3]int
		for k := range size {
			v, n := binary.Uvarint(rest)
			size[k], rest = int(v), rest[n:]
		}
		to := len(l.text)
		l.text = append(l.text, l.text[from:from+size[0]]...)
		l.text = append(l.text, rest[:size[2]]...)
		l.text = append(l.text, l.text[to-size[1]:to]...)
		rest, from, l.ends[i] = rest[size[2]:], to, len(l.text)
	}
}
