//go:build unix

package maildrop

import (
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

const looksFromFolders = true

// lookFrom returns the stamp of a file in an open directory. It follows links, as os.Stat does.
func lookFrom(folder *os.File, name string) (stamp, error) {
	var s unix.Stat_t
	err := unix.Fstatat(int(folder.Fd()), name, &s, 0)
	runtime.KeepAlive(folder)
	if err != nil {
		return stamp{}, err
	}
	return stamp{s.Size, time.Unix(s.Mtim.Unix())}, nil
}
