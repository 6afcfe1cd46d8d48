package mtm_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"

	"pop3mtm/mtm"
)

// octetFlows returns the commands whose every octet has a fault once.
func octetFlows() []octetFlow {
	var list []octetFlow
	for _, take := range []mtm.Take{mtm.Copy, mtm.Move} {
		for _, pipelined := range []bool{true, false} {
			for _, single := range []bool{false, true} {
				f := octetFlow{name: "copy", take: take, single: single}
				if take == mtm.Move {
					f.name = "move"
				}
				if !pipelined {
					f.without, f.name = []string{"PIPELINING"}, f.name+" one at a time"
				}
				if single {
					f.name += " octet by octet"
				}
				list = append(list, f)
				if !f.single {
					f.resume, f.name = true, f.name+" resumed"
					list = append(list, f)
				}
			}
		}
	}
	return list
}

// session returns what a server sends in a session of the flow without faults.
func (f octetFlow) session(t *testing.T) (sent []byte) {
	synctest.Test(t, func(t *testing.T) {
		o := newOctetRig(t, f)
		if err := o.visit(); err != nil {
			t.Fatal(err)
		}
		o.settled()
		sent = o.heard[0].Bytes()
		o.close()
	})
	return sent
}

// boundaries returns the octets at which replies begin, and the end.
func boundaries(sent []byte) []int {
	var list []int
	for at := 0; at < len(sent); {
		line := sent[at:]
		if bytes.HasPrefix(line, []byte("+OK")) || bytes.HasPrefix(line, []byte("-ERR")) {
			list = append(list, at)
		}
		at += bytes.IndexByte(line, '\n') + 1
	}
	return append(list, len(sent))
}

// sample returns the items whole, or some of them by seed.
func sample[T any](items []T, some int) []T {
	if *everyOctet || len(items) <= some {
		return items
	}
	random := rand.New(rand.NewPCG(1939, uint64(len(items))))
	picked := slices.Clone(items)
	random.Shuffle(len(picked), func(i, j int) { picked[i], picked[j] = picked[j], picked[i] })
	return picked[:some]
}

// play runs a visit with faults, then clean ones: the first may report what the faults have done,
// the second has nothing to do.
func (f octetFlow) play(t *testing.T, faults []wireFault) {
	synctest.Test(t, func(t *testing.T) {
		defer func() {
			if t.Failed() {
				t.Logf("%s, %v", f.name, faults)
			}
		}()
		o := newOctetRig(t, f, faults...)
		for range faults[len(faults)-1].dial {
			err := o.visit() // without resume, whether it reports an error is not the question
			o.nothingLost()
			if f.resume && len(faults) == 1 && faults[0].breaks() && faults[0].octet > f.loggedIn {
				if err != nil {
					t.Errorf("resume: %v", err)
				}
				o.settled()
			}
		}
		for range 2 {
			if err := o.visit(); err != nil {
				t.Errorf("a clean visit: %v", err)
			}
		}
		o.settled()
		o.close()
	})
}

// One fault at every octet that a server sends in a session, then a clean visit: nothing is lost,
// doubled or altered, and nothing is deleted that is not stored.
func TestOneFaultAtEveryOctet(t *testing.T) {
	for _, f := range octetFlows() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			sent := f.session(t)
			f.loggedIn = bytes.Index(sent, []byte("+OK 3 "))
			var all []wireFault
			for octet := range len(sent) + 1 {
				for _, kind := range []faultKind{closes, resets, garbage} {
					all = append(all, wireFault{1, octet, kind})
				}
			}
			for _, octet := range boundaries(sent) {
				all = append(all, wireFault{1, octet, stalls})
			}
			for _, fault := range sample(all, 60) {
				f.play(t, []wireFault{fault})
			}
			t.Logf("%d octets, %d faults: 0 lost, 0 doubled, 0 altered", len(sent), len(sample(all, 60)))
		})
	}
}

// A line of garbage in a message, and one in another place of it when it is requested again: both
// times it has the same length, which LIST's is not.
func TestAMessageThatIsAlteredTwiceIsNotBelieved(t *testing.T) {
	for _, f := range octetFlows() {
		sent := f.session(t)
		f.loggedIn = bytes.Index(sent, []byte("+OK 3 "))
		end := bytes.LastIndex(sent, []byte("\r\n.\r\n")) + len("\r\n")
		for again := end + 20; again < end+120; again += 10 {
			f.play(t, []wireFault{{1, end, garbage}, {1, again, garbage}})
		}
	}
}

// Two faults at the boundaries of replies and the octets of terminators, in one connection
// or one in each of two.
func TestPairsOfFaultsAtBoundaries(t *testing.T) {
	for _, f := range octetFlows() {
		if f.single {
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			sent := f.session(t)
			var spots []wireFault
			for _, octet := range boundaries(sent) {
				for _, before := range []int{0, 1, 2, 3} {
					for _, kind := range []faultKind{closes, garbage, swallow} {
						if octet >= before {
							spots = append(spots, wireFault{1, octet - before, kind})
						}
					}
				}
			}
			var pairs [][]wireFault
			for _, a := range spots {
				for _, b := range spots {
					if a.kind != closes && a.octet < b.octet {
						pairs = append(pairs, []wireFault{a, b})
					}
					pairs = append(pairs, []wireFault{a, {2, b.octet, b.kind}})
				}
			}
			for i, pair := range sample(pairs, *pairCount) {
				f.play(t, pair)
				if (i+1)%2000 == 0 {
					t.Logf("%d pairs so far", i+1)
				}
			}
			t.Logf("%d spots, %d of %d pairs: 0 lost, 0 doubled, 0 altered", len(spots), len(sample(pairs, *pairCount)), len(pairs))
		})
	}
}
