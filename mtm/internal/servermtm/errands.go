package servermtm

import (
	"slices"

	"pop3mtm/mtm/pop3"
)

// errands holds the messages of one run: those with entries and, from the listing, the arrivals.
type errands struct {
	items    []item       // in the order of fetching
	arrivals *picks       // the same
	all      pop3.Numbers // of both, in this order
}

// errandsOf returns the errands for items in their order. With arrivals all are in the order of the
// arrivals.
func errandsOf(items []item, arrivals *picks) errands {
	e := errands{items: items, arrivals: arrivals}
	switch {
	case arrivals.Len() == 0:
		e.all = itemNumbers(items)
	case len(items) == 0:
		e.all = arrivals
	default:
		slices.SortFunc(e.items, func(a, b item) int { return e.compare(a, b.number) })
		e.all = e.merged()
	}
	return e
}

// merged returns the numbers of both.
func (e *errands) merged() pop3.Ints {
	all := make(pop3.Ints, 0, len(e.items)+e.arrivals.Len())
	for _, it := range e.items {
		all = append(all, it.number)
	}
	e.arrivals.indexes(func(i int) { all = append(all, e.arrivals.of.number(i)) })
	slices.Sort(all)
	if !e.arrivals.ascending {
		slices.Reverse(all)
	}
	return all
}

// octets returns the size of all messages in LIST.
func (e *errands) octets() (total int64) {
	for _, it := range e.items {
		total += it.size
	}
	if e.arrivals.Len() > 0 {
		e.arrivals.indexes(func(i int) {
			size, _ := e.arrivals.of.sizes.at(i)
			total += size
		})
	}
	return total
}

// size returns the size of a message in LIST, as item does.
func (e *errands) size(near, number int) int64 {
	if i := e.arrival(number); i >= 0 {
		size, _ := e.arrivals.of.sizes.at(i)
		return size
	}
	return e.item(near, number).size
}

// item returns the message with a number. Without arrivals it is found faster near the near-th.
func (e *errands) item(near, number int) item {
	if i := e.arrival(number); i >= 0 {
		m := e.arrivals.of.at(i)
		return item{number: m.number, uid: m.uid, size: m.size, unsized: m.unsized}
	}
	if e.arrivals.Len() == 0 {
		return itemOf(e.items, near, number)
	}
	i, _ := slices.BinarySearchFunc(e.items, number, e.compare) // near counts the arrivals too
	return e.items[i]
}

// compare compares an item with a message number, in the order of the arrivals.
func (e *errands) compare(it item, number int) int {
	if e.arrivals.ascending {
		return it.number - number
	}
	return number - it.number
}

// arrival returns the index in the listing of an arrival, -1 for another message.
func (e *errands) arrival(number int) int {
	if e.arrivals.Len() == 0 {
		return -1
	}
	if i := e.arrivals.of.index(number); e.arrivals.has(i) {
		return i
	}
	return -1
}
