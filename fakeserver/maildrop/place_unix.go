//go:build unix

package maildrop

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

const looksFromFolders = true

// stampOf returns the stamp of a file that os.Stat has described.
func stampOf(info os.FileInfo) stamp {
	s := stamp{size: info.Size(), modified: info.ModTime().UnixNano()}
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		s.inode = uint64(sys.Ino) //nolint:unconvert,nolintlint // its type differs between systems
	}
	return s
}

func stampFrom(s *unix.Stat_t) stamp {
	return stamp{s.Size, s.Mtim.Nano(), uint64(s.Ino)} //nolint:unconvert,nolintlint // its type differs between systems
}

// lookFrom returns the stamp of a file in an open directory. It follows links, as os.Stat does.
func lookFrom(folder *os.File, name string) (stamp, error) {
	var s unix.Stat_t
	err := unix.Fstatat(int(folder.Fd()), name, &s, 0)
	runtime.KeepAlive(folder)
	if err != nil {
		return stamp{}, err
	}
	return stampFrom(&s), nil
}

// handle is an open file. It is a bare descriptor, since an os.File costs three allocations and two
// system calls more.
type handle int

// open opens a file for reading. It does not wait for the other end of a pipe.
func (p *place) open(name string) (handle, error) {
	const flags = unix.O_RDONLY | unix.O_CLOEXEC | unix.O_NONBLOCK
	for {
		var fd int
		var err error
		if p.folder == nil {
			fd, err = unix.Open(filepath.Join(p.path, name), flags, 0)
		} else {
			fd, err = unix.Openat(int(p.folder.Fd()), name, flags, 0)
			runtime.KeepAlive(p.folder)
		}
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.ENXIO): // a socket
			err = errNotRegular
		}
		return handle(fd), err
	}
}

// Read implements io.Reader.
func (h handle) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		n, err := unix.Read(int(h), p)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		}
		return n, nil
	}
}

// skip sets the offset of the next Read.
func (h handle) skip(to int64) error {
	_, err := unix.Seek(int(h), to, io.SeekStart)
	return err
}

// stat returns the stamp of a regular file, errFolder for a directory, and errNotRegular otherwise.
func (h handle) stat() (stamp, error) {
	var s unix.Stat_t
	if err := unix.Fstat(int(h), &s); err != nil {
		return stamp{}, err
	}
	switch s.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		return stampFrom(&s), nil
	case unix.S_IFDIR:
		return stamp{}, errFolder
	}
	return stamp{}, errNotRegular
}

// Close implements io.Closer.
func (h handle) Close() error { return unix.Close(int(h)) }
