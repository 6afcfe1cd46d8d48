package store

import "sync/atomic"

// Store is an open message store. Its methods are safe for concurrent use.
type Store struct {
	dir     folder
	options Options
	index   *index
	handles handleTable
	writers writerPool

	unnoted atomic.Int64 // deletions without a note; see deletedSome
}

// Dir returns the directory of the store, as passed to Open.
func (s *Store) Dir() string { return string(s.dir) }

// Free returns the free octets on the store's volume, from Options.FreeSpace.
func (s *Store) Free() (int64, error) { return s.options.FreeSpace(s.Dir()) }

// newStore returns a store that is not open yet.
func newStore(dir string, opt Options) *Store {
	x := &index{dir: folder(dir), busy: opt.BusyTimeout, readOnly: opt.ReadOnly, write: make(chan struct{}, 1)}
	return &Store{dir: x.dir, options: opt, index: x, handles: handleTable{dir: x.dir},
		writers: writerPool{dir: x.dir, index: x, full: opt.SegmentSize, before: opt.Before}}
}
