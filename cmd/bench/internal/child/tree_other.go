//go:build !linux

package child

// treeCPU returns 0: the CPU time of a process tree is known on Linux only.
func treeCPU(int) float64 { return 0 }

// treeMemory returns 0, for the same reason.
func treeMemory(int) int64 { return 0 }
