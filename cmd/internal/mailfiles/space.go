package mailfiles

import (
	"fmt"
	"path/filepath"

	"github.com/dustin/go-humanize"
)

// Room returns an error when the file system of path, which need not exist, cannot hold this many
// octets and files. It ignores what the file system needs itself, so that it fails only when the
// files certainly do not fit.
func Room(path string, octets int64, files int) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	freeOctets, freeFiles, err := Free(dir)
	if err != nil {
		return fmt.Errorf("%s is not a directory: --out must be a path in an existing directory", dir)
	}
	if uint64(octets) > freeOctets {
		return fmt.Errorf("not enough disk space: %s are needed, and %s has %s free", humanize.IBytes(uint64(octets)), dir, humanize.IBytes(freeOctets))
	}
	if freeFiles > 0 && uint64(files) > freeFiles {
		return fmt.Errorf("not enough inodes: %s files are needed, and %s has room for %s; --format mbox writes one file", humanize.Comma(int64(files)), dir,
			humanize.Comma(int64(freeFiles)))
	}
	return nil
}
