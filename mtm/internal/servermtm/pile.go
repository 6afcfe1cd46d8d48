package servermtm

// pile is a slice in pieces. It grows without being copied, so that a large one never needs its
// memory twice.
type pile[T any] struct {
	pieces [][]T // all but the last are full
	count  int
}

const pieceLen = 1 << 12

func (p *pile[T]) add(v T) {
	switch last := len(p.pieces) - 1; {
	case p.count%pieceLen != 0:
		p.pieces[last] = append(p.pieces[last], v)
	case last < 0:
		p.pieces = [][]T{{v}} // a small pile stays small
	default:
		p.pieces = append(p.pieces, append(make([]T, 0, pieceLen), v))
	}
	p.count++
}

func (p *pile[T]) at(i int) *T { return &p.pieces[i/pieceLen][i%pieceLen] }
