package child

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Settle makes the system write the buffered data of the file system that a directory is on to its
// disk, so that the next trial does not wait for the data of the previous one. It does not wait for
// other disks.
func Settle(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(os.NewSyscallError("syncfs", unix.Syncfs(int(f.Fd()))), f.Close())
}
