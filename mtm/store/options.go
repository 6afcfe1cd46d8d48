package store

import "time"

// Options of Open. The zero value and nil mean the defaults.
type Options struct {
	MustExist   bool          // do not create a store
	ReadOnly    bool          // never write into the store; implies MustExist
	Upgrade     bool          // with ReadOnly: a store of an older version becomes one of this one, if it can be written
	BusyTimeout time.Duration // how long to wait for another process; 5 seconds
	SegmentSize int64         // a segment file above this many octets takes no more bodies; 256 MiB

	FreeSpace func(dir string) (int64, error) // free octets on the volume of dir; asks the system
	Now       func() time.Time                // the clock that leases end by; the system's

	// Before is called before each of these calls, and an error of it is taken for the call's: so a
	// test fails the store there, or ends the program. nil is the rule.
	Before func(Call) error
}

// Call is a call that makes changes last.
type Call string

// The calls that Options.Before hears of.
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
