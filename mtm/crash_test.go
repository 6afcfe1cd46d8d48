package mtm_test

import (
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"

	"pop3mtm/mtm/store"
)

// storeFault is an error of the n-th write or sync of a segment or commit of the index, once
// the program has begun.
type storeFault struct {
	call    int64
	err     error
	another bool // the next visit is of another program
}

func (f storeFault) String() string {
	return fmt.Sprintf("call %d of the store: %v, another program next: %v", f.call, f.err, f.another)
}

// fail runs a visit with a fault on the wire and one of the store, then clean visits. It reports
// whether the store's fault came.
func (f octetFlow) fail(t *testing.T, fault wireFault, of storeFault) (came bool) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int64
		f.before = func(c store.Call) error {
			if calls.Add(1) != of.call {
				return nil
			}
			came = true
			return &os.PathError{Op: string(c), Path: "the store", Err: of.err}
		}
		o := newOctetRig(t, f, fault)
		defer func() {
			if t.Failed() {
				t.Logf("%s, %v, %s", f.name, fault, of)
			}
		}()
		calls.Store(0)
		_ = o.visit() // whether it reports an error is not the question
		o.nothingLost()
		if calls.Store(1 << 30); of.another {
			o.leave()
			o.open()
		}
		for range 2 {
			if err := o.visit(); err != nil {
				t.Errorf("a clean visit: %v", err)
			}
		}
		o.leave() // what is left of the failure the next program puts right
		o.open()
		o.settled()
		o.close()
	})
	return came
}

// crossFaults are the faults on the wire that are crossed with those of the store: none, and two
// kinds where each reply begins.
func crossFaults(sent []byte) []wireFault {
	list := []wireFault{{kind: closes}}
	for _, octet := range boundaries(sent) {
		list = append(list, wireFault{1, octet, closes}, wireFault{1, octet, garbage})
	}
	return list
}

// crossing is a fault on the wire and the call of the store at which something happens.
type crossing struct {
	fault wireFault
	call  int64
}

// mostCalls bounds the calls of the store of which a sample is taken.
const mostCalls = 12

// cross calls try for each fault on the wire and each call of the store, up to the first that does
// not come; without -every-octet for some of them by seed. It returns how many came.
func (f octetFlow) cross(t *testing.T, some int, try func(crossing) bool) (came int) {
	faults := crossFaults(f.session(t))
	if *everyOctet {
		for _, fault := range faults {
			for call := int64(1); try(crossing{fault, call}); call++ {
				came++
			}
		}
		return came
	}
	var all []crossing
	for _, fault := range faults {
		for call := range int64(mostCalls) {
			all = append(all, crossing{fault, call + 1})
		}
	}
	for _, one := range sample(all, some) {
		if try(one) {
			came++
		}
	}
	return came
}

// Faults of the wire crossed with errors of the store: of each write and sync of a segment and
// each commit of the index.
func TestAStoreThatFailsBehindAFaultOnTheWire(t *testing.T) {
	for _, f := range octetFlows() {
		if f.single {
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			came := 0
			for _, of := range []storeFault{{err: syscall.EIO}, {err: syscall.ENOSPC}, {err: syscall.EIO, another: true}, {err: syscall.ENOSPC, another: true}} {
				came += f.cross(t, 6, func(one crossing) bool {
					of.call = one.call
					return f.fail(t, one.fault, of)
				})
			}
			t.Logf("%d errors of the store: 0 lost, 0 doubled, 0 altered", came)
		})
	}
}

// Faults of the wire crossed with kills: a program is killed before each write and sync of a
// segment and each commit of the index.
func TestAProgramKilledInItsStoreBehindAFaultOnTheWire(t *testing.T) {
	for _, f := range octetFlows() {
		if f.single {
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			kills := f.cross(t, 4, func(one crossing) bool {
				c := newCrashRig(t, f)
				killed := c.crash(one)
				c.look()
				c.heal()
				if t.Failed() {
					t.Fatalf("%s, %v, killed before call %d of the store", f.name, one.fault, one.call)
				}
				return killed
			})
			t.Logf("%d kills: 0 lost, 0 doubled, 0 altered", kills)
		})
	}
}
