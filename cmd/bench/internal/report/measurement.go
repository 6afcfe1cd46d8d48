package report

import (
	"pop3mtm/cmd/bench/internal/child"
	"pop3mtm/cmd/bench/internal/wire"
)

// Measurement holds what a visit has found.
type Measurement struct {
	Round    int           `json:"round"`
	Server   string        `json:"server"`
	Client   string        `json:"client"`
	Visit    string        `json:"visit,omitempty"`
	Mailbox  int           `json:"mailbox_messages"`
	Messages int           `json:"messages"` // fetched, or looked at by a refresh; sessions in that benchmark
	Octets   int64         `json:"octets"`   // of these, in mail; 0 where they are not counted
	Seconds  float64       `json:"seconds"`  // from the start of the client's process to its end; where a server is measured, as the client says
	Spent    child.Usage   `json:"client_usage"`
	Serving  child.Usage   `json:"server_usage"`
	Trip     float64       `json:"round_trip_seconds,omitempty"` // as measured, the median of some
	Tops     *int          `json:"tops,omitempty"`               // TOP commands that the server saw, where it counts
	Syncs    *int          `json:"syncs,omitempty"`              // fsync and similar calls, where they were counted
	Latency  *wire.Latency `json:"latency,omitempty"`
	Rate     []wire.Sample `json:"rate,omitempty"` // over time, where the line was watched
}
