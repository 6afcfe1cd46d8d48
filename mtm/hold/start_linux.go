package hold

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// ticks is the unit of times in /proc: a hundredth of a second on every Linux.
const ticks = 100

// processStart returns when this process started: field 22 of /proc/self/stat is the time
// since the computer started.
func processStart() (time.Time, error) {
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return time.Time{}, err
	}
	// The name is in brackets and may have any characters; the third field follows it.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	const startTime = 22 - 3
	if len(fields) <= startTime {
		return time.Time{}, errors.New("unreadable /proc/self/stat")
	}
	after, err := strconv.ParseInt(string(fields[startTime]), 10, 64)
	if err != nil {
		return time.Time{}, err
	}
	var up unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &up); err != nil {
		return time.Time{}, err
	}
	return time.Now().Add(time.Duration(after)*time.Second/ticks - time.Duration(up.Nano())), nil
}
