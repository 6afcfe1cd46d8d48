package store

import "time"

// Options of Open. The zero value and nil mean the defaults.
type Options struct {
	MustExist   bool          // do not create a store
	ReadOnly    bool          // never write; no recovery at open
	BusyTimeout time.Duration // how long to wait for another process; 5 seconds
	SegmentSize int64         // a segment file is full above this many octets; 256 MiB

	Now       func() time.Time                // the clock; time.Now
	FreeSpace func(dir string) (int64, error) // free octets on the volume of dir
}
