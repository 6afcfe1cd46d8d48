package pop3

import (
	"os"
	"strconv"
	"time"
)

// rateGrace is how long a server may send less than Options.MinRate before that ends the session.
const rateGrace = 10 * time.Second

// pace holds a server to Options.MinRate once it has begun to answer. Waiting takes from the
// credit, what comes gives back as much as it may take at that rate; round trips and the caller's
// own slowness do not count.
type pace struct {
	rate   int64 // octets a second; 0 = no limit
	credit time.Duration
	free   bool // the next read waits for the beginning of a reply
}

// fastest is a rate that no server has.
const fastest = 1 << 40

func newPace(rate int64) pace {
	return pace{rate: min(max(0, rate), fastest), credit: rateGrace, free: true}
}

// bound returns how long a read may wait, and whether that is because of the rate.
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

// slowError is of a server that sends less than it must.
type slowError struct{ rate int64 }

func (e *slowError) Error() string {
	return "less than " + strconv.FormatInt(e.rate, 10) + " octets a second"
}

// Unwrap makes it a time-out.
func (*slowError) Unwrap() error { return os.ErrDeadlineExceeded }
