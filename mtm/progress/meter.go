package progress

import "sync"

// Meter keeps the newest snapshot of an operation and notifies one reader of changes. Create one
// with NewMeter or NewSuperMeter. Its methods are safe for concurrent use, and do not block.
type Meter struct {
	mu      sync.Mutex
	now     Snapshot
	super   bool
	kept    *Snapshot // snapshot of the interrupted step, or nil
	closed  bool
	changed chan struct{}
}

// NewMeter returns a Meter for an operation of one step. service is the entry id of the service.
func NewMeter(service int64, phase Phase) *Meter {
	return &Meter{
		now:     Snapshot{Phase: phase, SubPhase: phase, Service: service},
		changed: make(chan struct{}, 1),
	}
}

// NewSuperMeter returns a Meter for an operation of several steps (behaviour section 2). Phase is
// always super, and SubPhase is the current step, at first Connecting.
func NewSuperMeter(service int64, super Phase) *Meter {
	m := NewMeter(service, super)
	m.super = true
	m.now.SubPhase = Connecting
	return m
}

// Enter begins a step. Counts and sizes start again from zero.
func (m *Meter) Enter(p Phase) {
	m.Update(func(s *Snapshot) {
		*s = Snapshot{Phase: s.Phase, SubPhase: p, Code: s.Code, Service: s.Service, Interruptions: s.Interruptions}
		if !m.super {
			s.Phase = p
		}
	})
}

// Interrupt shows Connecting in place of the current step, and increments Interruptions. It keeps
// the counts of the step for Resume.
func (m *Meter) Interrupt() {
	m.Update(func(s *Snapshot) {
		s.Interruptions++
		if m.kept == nil {
			kept := *s
			m.kept = &kept
		}
		*s = Snapshot{Phase: s.Phase, SubPhase: Connecting, Service: s.Service, Interruptions: s.Interruptions}
	})
}

// Resume shows the step again that Interrupt replaced.
func (m *Meter) Resume() {
	m.Update(func(s *Snapshot) {
		if m.kept != nil {
			interruptions := s.Interruptions
			*s, m.kept = *m.kept, nil
			s.Interruptions = interruptions
		}
	})
}

// Update calls f with the snapshot, under the meter's lock, and notifies the reader. It keeps
// MessagesToProcess within 0..TotalMessages. f must not block or use the Meter.
func (m *Meter) Update(f func(*Snapshot)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f(&m.now)
	m.now.MessagesToProcess = max(0, min(m.now.MessagesToProcess, m.now.TotalMessages))
	if m.closed {
		return
	}
	select {
	case m.changed <- struct{}{}:
	default: // the reader has not received the last notification yet
	}
}

// Snapshot returns a copy of the newest snapshot.
func (m *Meter) Snapshot() Snapshot {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// Changed returns a channel with one slot. A receive means that the snapshot has changed since the
// last receive. Close closes the channel.
func (m *Meter) Changed() <-chan struct{} { return m.changed }

// Close closes the channel of Changed. Later updates still reach Snapshot.
func (m *Meter) Close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.closed {
		m.closed = true
		close(m.changed)
	}
}
