package child

import (
	"errors"
	"os"
	"runtime/pprof"
)

// Profiled runs f and writes a CPU profile of it to path, "" for no profile.
func Profiled(path string, f func() error) (err error) {
	if path == "" {
		return f()
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := pprof.StartCPUProfile(file); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	return f()
}
