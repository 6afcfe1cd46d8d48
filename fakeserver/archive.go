package fakeserver

// archive holds the latest journals of ended sessions.
type archive struct {
	kept   []journal
	octets int
	lost   int // journals that were dropped
}

func (a *archive) add(j journal) {
	a.kept = append(a.kept, j)
	a.octets += j.weight()
}

// drop drops the oldest journal.
func (a *archive) drop() {
	a.octets -= a.kept[0].weight()
	a.kept[0] = journal{} // the slice may live on
	a.kept = a.kept[1:]
	a.lost++
}
