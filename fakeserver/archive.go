package fakeserver

// archive holds the latest journals of ended sessions.
type archive struct {
	kept   []journal
	octets int
	lost   int // journals that were dropped
}

// add returns the octets that a journal takes.
func (a *archive) add(j journal) int {
	a.kept = append(a.kept, j)
	weight := j.weight()
	a.octets += weight
	return weight
}

// drop drops the oldest journal, and returns the octets that it took.
func (a *archive) drop() int {
	weight := a.kept[0].weight()
	a.kept[0] = journal{} // the slice may live on
	a.kept = a.kept[1:]
	a.octets -= weight
	a.lost++
	return weight
}
