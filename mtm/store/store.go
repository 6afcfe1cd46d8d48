package store

import "sync/atomic"

// Store is an open message store. Its methods are safe for concurrent use.
type Store struct {
	dir     folder
	options Options
	index   *index
	handles handleTable
	writers writerPool

	unnoted atomic.Int64 // deletions that wait for a note, see deletedSome
}

// Dir is the folder that Open was given.
func (s *Store) Dir() string { return string(s.dir) }

// Free gives the octets that can still be written to the store's volume.
func (s *Store) Free() (int64, error) { return s.options.FreeSpace(s.Dir()) }

// newStore returns a store that is not open yet.
func newStore(dir string, opt Options) *Store {
	x := &index{dir: folder(dir), busy: opt.BusyTimeout, readOnly: opt.ReadOnly, write: make(chan struct{}, 1)}
	return &Store{dir: x.dir, options: opt, index: x, handles: handleTable{dir: x.dir},
		writers: writerPool{dir: x.dir, index: x, full: opt.SegmentSize, before: opt.Before}}
}
