package child

// Usage is what processes have cost. Zero is also what a system says that does not tell.
type Usage struct {
	CPU  float64 `json:"cpu_seconds"`       // user and system time together
	Peak int64   `json:"peak_memory_bytes"` // largest resident set of one process
}

// Since is what was spent after before. The peak is that of the whole time.
func (u Usage) Since(before Usage) Usage { return Usage{CPU: u.CPU - before.CPU, Peak: u.Peak} }
