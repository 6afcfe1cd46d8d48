//go:build !linux

package ramdisk

func serves(string, uint64) bool { return false }
