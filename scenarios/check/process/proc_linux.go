package process

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// mark is the environment variable that identifies descendants that have left the group.
const mark = "POP3_CHECK_RUN"

// limitFiles limits the size of each file that the program writes, so that it cannot fill the disk
// between two checks.
func limitFiles(pid int, octets int64) {
	limit := unix.Rlimit{Cur: uint64(octets) + 1, Max: uint64(octets) + 1}
	_ = unix.Prlimit(pid, unix.RLIMIT_FSIZE, &limit, nil) // the checks of the directory remain
}

// ticks is the number of units per second in which /proc counts processor time, on every Linux that
// Go supports.
const ticks = 100

// used returns the processor time that a process group has used so far.
func used(group int) time.Duration {
	total := 0
	eachSince(group, func(_ int, stat [][]byte) {
		if len(stat) > 12 && atoi(stat[2]) == group {
			total += atoi(stat[11]) + atoi(stat[12])
		}
	})
	return time.Duration(total) * time.Second / ticks
}

// activity reports whether all threads of a process group wait for something else than a processor
// or a disk, and returns the processor time that the group has used.
func activity(group int) (waits bool, cpu time.Duration) {
	waits = true
	total := 0
	eachSince(group, func(pid int, stat [][]byte) {
		if len(stat) <= 12 || atoi(stat[2]) != group {
			return
		}
		total += atoi(stat[11]) + atoi(stat[12])
		eachStat("/proc/"+strconv.Itoa(pid)+"/task", 0, func(_ int, thread [][]byte) {
			waits = waits && !bytes.Contains([]byte("RD"), thread[0])
		})
	})
	return waits, time.Duration(total) * time.Second / ticks
}

// endAll kills what is left of the group, and every other process with the mark of this run. It
// returns their number.
func endAll(group int, run string) int {
	left := 0
	wanted := []byte(mark + "=" + run + "\x00")
	eachSince(group, func(pid int, stat [][]byte) {
		if len(stat) < 3 || stat[0][0] == 'Z' || pid == os.Getpid() {
			return
		}
		if atoi(stat[2]) != group {
			env, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
			if err != nil || !bytes.Contains(append([]byte{0}, env...), append([]byte{0}, wanted...)) {
				return
			}
		}
		left++
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended
	})
	return left
}

// eachSince calls f for each process that is not older than another one, with the fields of
// /proc/PID/stat that follow the name: state, parent, group. Reading about all processes took more
// time than the rest of a run.
func eachSince(oldest int, f func(pid int, stat [][]byte)) {
	if lastPID() < oldest {
		oldest = 0 // the numbers have begun again
	}
	eachStat("/proc", oldest, f)
}

// eachStat does so for the processes or threads in a directory, from a number on.
func eachStat(path string, from int, f func(id int, stat [][]byte)) {
	dir, err := os.Open(path)
	if err != nil {
		return
	}
	names, _ := dir.Readdirnames(-1) // those that could be read will do
	_ = dir.Close()
	for _, name := range names {
		id, err := strconv.Atoi(name)
		if err != nil || id < from {
			continue
		}
		text, err := os.ReadFile(path + "/" + name + "/stat")
		if err != nil {
			continue // it has ended
		}
		if at := bytes.LastIndexByte(text, ')'); at >= 0 {
			if fields := bytes.Fields(text[at+1:]); len(fields) > 0 {
				f(id, fields)
			}
		}
	}
}

// lastPID returns the number of the newest process, or 0.
func lastPID() int {
	text, err := os.ReadFile("/proc/loadavg")
	fields := bytes.Fields(text)
	if err != nil || len(fields) == 0 {
		return 0
	}
	return atoi(fields[len(fields)-1])
}

func atoi(b []byte) int {
	n, _ := strconv.Atoi(string(b)) // the kernel writes numbers
	return n
}
