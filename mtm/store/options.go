package store

import "time"

// Options holds the options of Open. A nil pointer and zero fields select the defaults.
type Options struct {
	MustExist   bool          // do not create a store
	ReadOnly    bool          // do not write to the store; implies MustExist
	Upgrade     bool          // with ReadOnly: migrate a store of an older version, if it can be written
	BusyTimeout time.Duration // how long to wait for the lock of another process; default 5 seconds
	SegmentSize int64         // octets above which a segment file takes no more bodies; default 256 MiB

	FreeSpace func(dir string) (int64, error) // returns the free octets on the volume of dir; default: asks the system
	Now       func() time.Time                // the clock for leases; default: the system's

	// Before is called before each Call, unless it is nil. Its error is returned in place of the
	// call's. Tests use it to make the store fail there.
	Before func(Call) error
}

// Call names a system call or transaction that makes changes durable.
type Call string

// The calls that Options.Before is called for.
const (
	WriteSegment Call = "write a segment"
	SyncSegment  Call = "sync a segment"
	CommitIndex  Call = "commit the index"
)

func noneBefore(Call) error { return nil }

func (o *Options) orDefault() Options {
	var d Options
	if o != nil {
		d = *o
	}
	if d.BusyTimeout <= 0 {
		d.BusyTimeout = 5 * time.Second
	}
	if d.SegmentSize <= 0 {
		d.SegmentSize = 256 << 20
	}
	if d.FreeSpace == nil {
		d.FreeSpace = freeSpace
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Before == nil {
		d.Before = noneBefore
	}
	return d
}
