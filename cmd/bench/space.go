package main

import (
	"pop3mtm/cmd/internal/cli"
	"pop3mtm/cmd/internal/mailfiles"
)

// checkSpace refuses a folder whose disk has no room for what one trial writes.
func checkSpace(dir string, needed int64) error {
	free, _, err := mailfiles.Free(dir)
	if err != nil || free >= uint64(needed) {
		return nil //nolint:nilerr // what the system does not tell is found out by writing
	}
	return cli.Usage("a run needs about %s of disk, and %s has %s: take fewer or smaller messages, or another --dir",
		octets(needed), dir, octets(int64(free)))
}

// octets is a size for a person.
func octets(n int64) string {
	const step = 1024
	f, unit := float64(n), 0
	for units := []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}; ; unit++ {
		if f < step || unit == len(units)-1 {
			return short(f) + " " + units[unit]
		}
		f /= step
	}
}
