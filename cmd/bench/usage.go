package main

// usage is what processes have cost. Zero is also what a system says that does not tell.
type usage struct {
	CPU  float64 `json:"cpu_seconds"`       // user and system time together
	Peak int64   `json:"peak_memory_bytes"` // largest resident set of one process
}

// since is what was spent after before. The peak is that of the whole time.
func (u usage) since(before usage) usage { return usage{CPU: u.CPU - before.CPU, Peak: u.Peak} }
