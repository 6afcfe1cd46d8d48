//go:build !linux

package store

import "os"

// syncData syncs the content of f to disk.
func syncData(f *os.File) error { return f.Sync() }
