package main

import "os"

// childUsage is not told by this system.
func childUsage() usage { return usage{} }

// processUsage is the time of one ended process; its memory is not told by this system.
func processUsage(p *os.ProcessState) usage {
	return usage{CPU: (p.UserTime() + p.SystemTime()).Seconds()}
}

// settle does nothing: this system flushes when it likes.
func settle() {}
