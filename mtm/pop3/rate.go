package pop3

import (
	"os"
	"strconv"
	"time"
)

// rateGrace is how long a server may be slower than Options.MinRate before the session ends.
const rateGrace = 10 * time.Second

// pace enforces Options.MinRate once the server has begun to answer. Waiting uses up the credit;
// octets restore as much of it as they may take at that rate. Round trips and the caller's own
// slowness do not count.
type pace struct {
	rate   int64 // octets per second; 0 for no limit
	credit time.Duration
	free   bool // the next read waits for the beginning of a reply
}

// fastest limits the rate, to keep the arithmetic from overflowing.
const fastest = 1 << 40

func newPace(rate int64) pace {
	return pace{rate: min(max(0, rate), fastest), credit: rateGrace, free: true}
}

// bound returns how long a read may wait, and whether the rate sets that limit.
func (p *pace) bound(timeout time.Duration) (time.Duration, bool) {
	if p.rate == 0 || p.free || p.credit >= timeout {
		return timeout, false
	}
	return p.credit, true
}

// took counts a read of n octets.
func (p *pace) took(waited time.Duration, n int) {
	if p.rate == 0 {
		return
	}
	worth := rateGrace
	if int64(n) < p.rate*int64(rateGrace/time.Second) {
		worth = time.Duration(n) * time.Second / time.Duration(p.rate)
	}
	if p.free {
		p.free, waited = false, 0
	}
	p.credit = min(p.credit-waited+worth, rateGrace)
}

// slowError reports that the server was slower than Options.MinRate.
type slowError struct{ rate int64 }

func (e *slowError) Error() string {
	return "less than " + strconv.FormatInt(e.rate, 10) + " octets a second"
}

// Unwrap makes slowError a timeout.
func (*slowError) Unwrap() error { return os.ErrDeadlineExceeded }
