// Package hosts holds what load hosts measured: the file that each of them writes, and the sum of
// several.
package hosts

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"pop3mtm/cmd/bench/internal/wire"
)

// Part is what one load host measured, or the sum of several.
type Part struct {
	Version    int                   `json:"version"`
	Hosts      []string              `json:"hosts"`
	Begun      time.Time             `json:"begun"`
	Seconds    float64               `json:"seconds"` // of the sum: those of the host that took longest
	Messages   int64                 `json:"messages"`
	Octets     int64                 `json:"octets"`
	Iterations int64                 `json:"iterations"`
	Users      int64                 `json:"users"` // VUs that took part
	Passed     int64                 `json:"checks_passed"`
	Failed     int64                 `json:"checks_failed"`
	Errors     map[string]int64      `json:"errors,omitempty"` // by kind
	Verbs      map[string]*durations `json:"verbs"`
	Rate       []wire.Sample         `json:"rate,omitempty"`

	arriving wire.Timeline
}

// version is that of the file's form.
const version = 1

// Begin makes p the part of a host that has measured nothing yet.
func (p *Part) Begin(host string, at time.Time) {
	*p = Part{Version: version, Hosts: []string{host}, Begun: at, Errors: map[string]int64{}, Verbs: map[string]*durations{}}
}

// Sample records how much has arrived at a time after the beginning.
func (p *Part) Sample(at time.Duration) {
	p.arriving.Add(at, p.Octets, p.Messages)
	p.Rate = p.arriving.Samples()
}

// Took records how long a command took.
func (p *Part) Took(verb string, d time.Duration) {
	all := p.Verbs[verb]
	if all == nil {
		all = &durations{wire.NewHistogram()}
		p.Verbs[verb] = all
	}
	wire.Record(all.Histogram, d)
}

// durations is an HDR histogram of microseconds. Its JSON is a list of pairs: a time and how often
// it came, from which read makes the same histogram again.
type durations struct{ *hdrhistogram.Histogram }

// MarshalJSON implements json.Marshaler.
func (d *durations) MarshalJSON() ([]byte, error) {
	pairs := [][2]int64{}
	for _, bar := range d.Distribution() {
		if bar.Count > 0 {
			pairs = append(pairs, [2]int64{bar.From, bar.Count})
		}
	}
	return json.Marshal(pairs)
}

// UnmarshalJSON implements json.Unmarshaler.
func (d *durations) UnmarshalJSON(text []byte) error {
	var pairs [][2]int64
	if err := json.Unmarshal(text, &pairs); err != nil {
		return fmt.Errorf("durations must be pairs of whole numbers: %w", err)
	}
	d.Histogram = wire.NewHistogram()
	for _, p := range pairs {
		if p[0] < 0 || p[0] > time.Hour.Microseconds() || p[1] < 1 || p[1] > most-d.TotalCount() {
			return fmt.Errorf("the pair [%d,%d] of durations is out of range", p[0], p[1])
		}
		if err := d.RecordValues(p[0], p[1]); err != nil {
			return err
		}
	}
	return nil
}

// Limits of a file, which may come from anywhere.
const (
	mostOctets  = 16 << 20
	most        = 1 << 50 // of anything that is counted
	mostNames   = 200     // of hosts, verbs and kinds
	longestName = 100
	mostRate    = 100_000
)

// ReadFile reads the file of one host.
func ReadFile(path string) (*Part, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	p, err := read(f)
	if err != nil {
		return nil, fmt.Errorf("%s is not a result of k6 run --out hdr=FILE: %w", path, err)
	}
	return p, nil
}

// read reads and checks a part.
func read(r io.Reader) (*Part, error) {
	text, err := io.ReadAll(io.LimitReader(r, mostOctets+1))
	if err != nil {
		return nil, err
	}
	if len(text) > mostOctets {
		return nil, fmt.Errorf("it is larger than %d octets", mostOctets)
	}
	p := &Part{}
	if err := json.Unmarshal(text, p); err != nil {
		return nil, err
	}
	return p, p.check()
}

// check returns an error for a part that no host can have written.
func (p *Part) check() error {
	switch {
	case p.Version != version:
		return fmt.Errorf("version %d of its form is unknown", p.Version)
	case len(p.Hosts) == 0 || len(p.Hosts)+len(p.Verbs)+len(p.Errors) > mostNames:
		return errors.New("it has no host, or too many names")
	case math.IsNaN(p.Seconds) || p.Seconds < 0 || p.Seconds > most:
		return fmt.Errorf("%v seconds are out of range", p.Seconds)
	case len(p.Rate) > mostRate:
		return fmt.Errorf("it has %d samples of the rate, more than %d", len(p.Rate), mostRate)
	}
	counts := []int64{p.Messages, p.Octets, p.Iterations, p.Users, p.Passed, p.Failed}
	names := slices.Clone(p.Hosts)
	for kind, n := range p.Errors {
		counts, names = append(counts, n), append(names, kind)
	}
	for verb, all := range p.Verbs {
		if all == nil {
			return fmt.Errorf("the durations of %q are missing", verb)
		}
		names = append(names, verb)
	}
	for _, n := range counts {
		if n < 0 || n > most {
			return fmt.Errorf("the count %d is out of range", n)
		}
	}
	for _, name := range names {
		if name == "" || len(name) > longestName || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r > '~' }) {
			return fmt.Errorf("invalid name %.100q", name)
		}
	}
	return checkRate(p.Rate)
}

// checkRate returns an error for samples that do not rise.
func checkRate(samples []wire.Sample) error {
	var before wire.Sample
	for _, s := range samples {
		if s.At < before.At || s.Octets < before.Octets || s.Messages < before.Messages || s.At > most || s.Octets > most || s.Messages > most {
			return errors.New("the samples of the rate do not rise")
		}
		before = s
	}
	return nil
}
