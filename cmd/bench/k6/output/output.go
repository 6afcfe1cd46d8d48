// Package output is the k6 output hdr: it adds up what a load host measured, the times of commands
// in HDR histograms, and writes one file at the end. It needs the same memory however long the test
// is.
package output

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
	"go.k6.io/k6/lib"
	"go.k6.io/k6/metrics"
	k6output "go.k6.io/k6/output"

	"pop3mtm/cmd/bench/internal/hosts"
	"pop3mtm/cmd/bench/k6/client"
)

// Output is one run of a test.
type Output struct {
	path string
	log  logrus.FieldLogger

	mu    sync.Mutex
	part  *hosts.Part
	begun time.Time // of the first command
	last  time.Time // the end of the last one
}

// New implements the constructor of k6. The argument is a file, or a directory in which the file
// gets the name of the host.
func New(p k6output.Params) (k6output.Output, error) {
	host, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	host = cmp.Or(p.Environment["HDR_HOST"], host)
	path := p.ConfigArgument
	if path == "" {
		return nil, errors.New("--out hdr needs a file or a directory: --out hdr=results/")
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, filepath.Base(host)+".json")
	}
	part := new(hosts.Part)
	part.Begin(host, time.Now())
	part.Users = int64(lib.GetMaxPossibleVUs(p.ExecutionPlan))
	return &Output{path: path, log: p.Logger, part: part}, nil
}

// Description implements k6's Output.
func (o *Output) Description() string { return fmt.Sprintf("hdr (%s)", o.path) }

// Start implements k6's Output. It writes an empty result, so that a wrong path is an error before
// anything is measured.
func (o *Output) Start() error {
	o.part.Begun = time.Now()
	return o.write()
}

// AddMetricSamples implements k6's Output.
func (o *Output) AddMetricSamples(containers []metrics.SampleContainer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, c := range containers {
		for _, s := range c.GetSamples() {
			o.add(s)
		}
	}
	if !o.begun.IsZero() {
		o.part.Sample(o.last.Sub(o.begun))
	}
}

func (o *Output) add(s metrics.Sample) {
	switch s.Metric.Name {
	case client.DurationMetric:
		verb, _ := s.Tags.Get(client.VerbTag)
		took := time.Duration(s.Value * float64(time.Millisecond))
		o.part.Took(verb, took)
		if o.begun.IsZero() {
			o.begun = s.Time.Add(-took)
			o.part.Begun = o.begun
		}
		if s.Time.After(o.last) {
			o.last = s.Time
		}
	case client.OctetsMetric:
		o.part.Octets += int64(s.Value)
	case client.MessagesMetric:
		o.part.Messages += int64(s.Value)
	case client.ErrorsMetric:
		kind, _ := s.Tags.Get(client.KindTag)
		o.part.Errors[kind] += int64(s.Value)
	case metrics.IterationsName:
		o.part.Iterations += int64(s.Value)
	case metrics.ChecksName:
		if s.Value != 0 {
			o.part.Passed++
		} else {
			o.part.Failed++
		}
	}
}

// Stop implements k6's Output. It writes the result, also of a test that was interrupted.
func (o *Output) Stop() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.part.Seconds = o.last.Sub(o.begun).Seconds() // 0 without any command
	if err := o.write(); err != nil {
		o.log.WithError(err).Error("the result was not written") // k6 itself says nothing
		return err
	}
	return nil
}

// write replaces the file as a whole.
func (o *Output) write() error {
	text, err := json.Marshal(o.part)
	if err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(o.path), ".hdr-*")
	if err != nil {
		return fmt.Errorf("--out hdr=%s: %w", o.path, err)
	}
	_, err = temporary.Write(append(text, '\n'))
	err = errors.Join(err, temporary.Chmod(0o644), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), o.path)
	}
	if err != nil {
		_ = os.Remove(temporary.Name()) // the first error says what is wrong
		return fmt.Errorf("--out hdr=%s: %w", o.path, err)
	}
	return nil
}
