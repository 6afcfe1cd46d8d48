package workload

import (
	"pop3mtm/cmd/bench/internal/numbers"
	"pop3mtm/cmd/internal/cli"
	"pop3mtm/cmd/internal/mailfiles"
)

// CheckSpace refuses a directory whose disk has no room for what one trial writes.
func CheckSpace(dir string, needed int64) error {
	free, _, err := mailfiles.Free(dir)
	if err != nil || free >= uint64(needed) {
		return nil //nolint:nilerr // what the system does not tell is found out by writing
	}
	return cli.Usage("a run needs about %s of disk, and %s has %s: take fewer or smaller messages, or another --dir",
		numbers.Octets(needed), dir, numbers.Octets(int64(free)))
}
