package servermtm

import "encoding/binary"

// names is a list of texts that takes little memory. Of each it holds what the one before does not
// begin or end with; unique-ids differ in few places.
type names struct {
	groups pile[string] // complete groups of namesPerGroup
	open   []byte       // the group that is not complete
	last   []byte
	count  int
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
}

// nameReader reads names that are complete. It reads those that are near each other together.
type nameReader struct {
	group int // 1 + the group in text
	raw   []byte
	text  []byte // the names of the group, and where they end
	ends  [namesPerGroup]int
}

// at returns the i-th name of a list. It is valid until the next call.
func (v *nameReader) at(l *names, i int) []byte {
	if group := i / namesPerGroup; v.group != group+1 {
		v.read(l, group)
	}
	i %= namesPerGroup
	if i == 0 {
		return v.text[:v.ends[0]]
	}
	return v.text[v.ends[i-1]:v.ends[i]]
}

// read reads a group.
func (v *nameReader) read(l *names, group int) {
	rest := l.open
	if group < l.groups.count {
		v.raw = append(v.raw[:0], *l.groups.at(group)...)
		rest = v.raw
	}
	v.text, v.group = v.text[:0], group+1
	from := 0 // where the name before begins
	for i := 0; len(rest) > 0; i++ {
		var size [3]int
		for k := range size {
			octets, n := binary.Uvarint(rest)
			size[k], rest = int(octets), rest[n:]
		}
		to := len(v.text)
		v.text = append(v.text, v.text[from:from+size[0]]...)
		v.text = append(v.text, rest[:size[2]]...)
		v.text = append(v.text, v.text[to-size[1]:to]...)
		rest, from, v.ends[i] = rest[size[2]:], to, len(v.text)
	}
}
