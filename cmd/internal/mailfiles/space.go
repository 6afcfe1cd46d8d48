package mailfiles

import (
	"fmt"
	"path/filepath"

	"github.com/dustin/go-humanize"
)

// Room checks, before anything is written, that the file system at path, which need not exist, has
// room for that many octets and files. It allows nothing for what a file system needs besides, so
// it refuses only what cannot be.
func Room(path string, octets int64, files int) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	freeOctets, freeFiles, err := Free(dir)
	if err != nil {
		return fmt.Errorf("%s is not a directory: --out takes a path in an existing one", dir)
	}
	if uint64(octets) > freeOctets {
		return fmt.Errorf("it would take %s, and %s has %s free", humanize.IBytes(uint64(octets)), dir, humanize.IBytes(freeOctets))
	}
	if freeFiles > 0 && uint64(files) > freeFiles {
		return fmt.Errorf("it would take %s files, and %s has room for %s; --format mbox writes one", humanize.Comma(int64(files)), dir,
			humanize.Comma(int64(freeFiles)))
	}
	return nil
}
