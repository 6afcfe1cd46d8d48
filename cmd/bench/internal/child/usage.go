package child

// Usage holds what processes cost. Zero also means that the system does not say.
type Usage struct {
	CPU  float64 `json:"cpu_seconds"`       // user and system time together
	Peak int64   `json:"peak_memory_bytes"` // largest resident set of one process
}

// Since returns the cost after before. The peak is that of the whole time.
func (u Usage) Since(before Usage) Usage { return Usage{CPU: u.CPU - before.CPU, Peak: u.Peak} }
