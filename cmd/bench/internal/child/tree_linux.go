package child

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// ticks is the number of units of CPU time in a second in /proc (proc(5): USER_HZ).
const ticks = 100

// descendants returns a process and all its living descendants.
func descendants(pid int) []int {
	found := []int{pid}
	threads, _ := filepath.Glob(procFile(pid, "task/*/children")) // the pattern is right
	for _, path := range threads {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // the thread has ended meanwhile; the same holds for processes below
		}
		for child := range strings.FieldsSeq(string(text)) {
			if n, err := strconv.Atoi(child); err == nil {
				found = append(found, descendants(n)...)
			}
		}
	}
	return found
}

func procFile(pid int, name string) string { return filepath.Join("/proc", strconv.Itoa(pid), name) }

// treeCPU returns the CPU time in seconds of a process and its descendants, ended ones included.
func treeCPU(root int) float64 {
	sum := int64(0)
	for _, pid := range descendants(root) {
		stat, err := os.ReadFile(procFile(pid, "stat"))
		if err != nil {
			continue
		}
		// The name of the program, field 2, may have blanks and brackets. Fields 14 to 17 are the
		// user and system time of the process and of the children that it has waited for.
		fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
		for i := 14; i <= 17 && i-3 < len(fields); i++ {
			n, _ := strconv.ParseInt(string(fields[i-3]), 10, 64) // the system writes numbers
			sum += n
		}
	}
	return float64(sum) / ticks
}

// treeMemory returns the memory in octets of a process and its descendants. Shared pages count
// once.
func treeMemory(root int) int64 {
	sum := int64(0)
	for _, pid := range descendants(root) {
		text, err := os.ReadFile(procFile(pid, "smaps_rollup"))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
				n, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
				sum += n << 10
			}
		}
	}
	return sum
}
