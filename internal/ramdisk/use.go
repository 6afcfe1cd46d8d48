// Package ramdisk lets tests keep their files in memory. Only tests import it.
package ramdisk

import "os"

// place is where Linux keeps files in memory.
const place = "/dev/shm"

// room is how many octets must be free in place: packages are tested at the same time, and one
// stores a message of 1 GiB and writes it out.
const room = 8 << 30

// Use sets TMPDIR to a directory in memory, also for programs that tests start, so that the tests
// of a package need not wait for a disk. Where the system has no such place, has too little room in
// it or runs no programs from it, and when TMPDIR is set, nothing changes. It is not for tests of
// what a disk does: those of mtm/store do not call it.
func Use() {
	if os.Getenv("TMPDIR") != "" || !serves(place, room) {
		return
	}
	if err := os.Setenv("TMPDIR", place); err != nil {
		panic(err) // the name and the value are constant
	}
}
