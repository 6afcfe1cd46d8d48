package process

import "time"

// silence measures how long a program has neither sent nor stored anything although it could have:
// on a busy machine it may wait for a processor, and that time does not count.
type silence struct {
	// activity returns whether a process group waits for something else than a processor, and the
	// processor time that it has used.
	activity func(group int) (waits bool, cpu time.Duration)

	last   time.Time // when something happened last
	length time.Duration
	judged time.Time // until when length is known
	cpu    time.Duration
}

// weigh returns the length of the silence since last. Time counts in which all processes of the
// group waited, and of other time what they used of a processor.
func (s *silence) weigh(group int, now, last time.Time) time.Duration {
	if last.After(s.last) {
		s.last, s.judged, s.length = last, last, 0
	}
	passed := now.Sub(s.judged)
	if passed < Idle {
		return s.length
	}
	waits, cpu := s.activity(group)
	if waits {
		s.length += passed
	} else {
		s.length += min(passed, max(cpu-s.cpu, 0))
	}
	s.judged, s.cpu = now, cpu
	return s.length
}
