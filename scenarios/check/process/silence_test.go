package process

import (
	"testing"
	"time"
)

func TestTimeInWhichAProgramWaitsForAProcessorIsNoSilence(t *testing.T) {
	began := time.Now()
	at := func(seconds int) time.Time { return began.Add(time.Duration(seconds) * time.Second) }
	waits, cpu := false, time.Duration(0)
	s := silence{activity: func(int) (bool, time.Duration) { return waits, cpu }}
	if got := s.weigh(1, at(50), began); got != 0 {
		t.Errorf("without a processor: %s", got)
	}
	cpu = 2 * time.Second
	if got := s.weigh(1, at(60), began); got != 2*time.Second {
		t.Errorf("with little of a processor: %s", got)
	}
	waits = true
	if got := s.weigh(1, at(70), began); got != 12*time.Second {
		t.Errorf("while it waits: %s", got)
	}
	if got := s.weigh(1, at(71), at(71)); got != 0 {
		t.Errorf("after an octet: %s", got)
	}
}
