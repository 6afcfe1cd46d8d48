package child

import "os"

// Spent returns nothing: Windows does not report it.
func Spent() Usage { return Usage{} }

// SpentBy returns the time of one ended process; Windows does not report its memory.
func SpentBy(p *os.ProcessState) Usage {
	return Usage{CPU: (p.UserTime() + p.SystemTime()).Seconds()}
}

// Settle does nothing on this system.
func Settle() {}
