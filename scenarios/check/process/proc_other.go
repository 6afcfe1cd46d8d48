//go:build !linux

package process

import "time"

const mark = "POP3_CHECK_RUN"

// limitFiles does nothing; the checks of the directory still limit the program.
func limitFiles(int, int64) {}

// activity returns what is not known here: that the group waits.
func activity(int) (waits bool, cpu time.Duration) { return true, 0 }

// used returns 0: the processor time of other processes is not known here. Growing files are still
// noticed.
func used(int) time.Duration { return 0 }

// endAll kills the group. It returns 0, since the number of processes is not known here.
func endAll(group int, _ string) int {
	endGroup(group)
	return 0
}
