package fakeserver_test

import (
	"net"
	"slices"
	"strconv"
	"testing"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/internal/budget"
)

// BenchmarkRuleThatDoesNotMatch fetches 10,000 messages of 8 KiB from a server without a rule and
// from one with a rule for another message, in turns, and reports what the rule costs: medians of
// the ratios of two fetches that stood beside each other, by the clock and by processor time
// (client and server).
func BenchmarkRuleThatDoesNotMatch(b *testing.B) {
	mail := memoryMail()
	without := fakeserver.Start(b, fakeserver.NewMaildrop(mail...), nil)
	with := fakeserver.Start(b, fakeserver.NewMaildrop(mail...), nil)
	with.On(fakeserver.Match{Verb: "RETR", Args: "0"}, fakeserver.Auto)
	fetch := func(srv *fakeserver.Server) (clock, processor time.Duration) {
		begin, used := time.Now(), budget.Processor()
		b.SetBytes(2 * fetchAll(b, &net.Dialer{}, srv.Addr(), "RETR %d", benchCount))
		return time.Since(begin), budget.Processor() - used
	}
	fetch(without)
	fetch(with)
	var clocks, processors []float64
	for first := true; b.Loop(); first = !first {
		var plain, ruled, plainUsed, ruledUsed time.Duration
		if first {
			plain, plainUsed = fetch(without)
		}
		ruled, ruledUsed = fetch(with)
		if !first {
			plain, plainUsed = fetch(without)
		}
		clocks = append(clocks, ruled.Seconds()/plain.Seconds())
		processors = append(processors, ruledUsed.Seconds()/plainUsed.Seconds())
	}
	b.ReportMetric((median(clocks)-1)*100, "%clock")
	b.ReportMetric((median(processors)-1)*100, "%cpu")
}

func median(values []float64) float64 {
	slices.Sort(values)
	return (values[(len(values)-1)/2] + values[len(values)/2]) / 2
}

// BenchmarkRuleLookup is the part of a RETR in which rules are looked at, without any and with one
// that does not match.
func BenchmarkRuleLookup(b *testing.B) {
	for _, count := range []int{0, 1, 10} {
		b.Run(strconv.Itoa(count)+" rules", func(b *testing.B) {
			srv := fakeserver.New(nil, nil)
			for range count {
				srv.On(fakeserver.Match{Verb: "RETR", Args: "0"}, fakeserver.Auto)
			}
			_, server := net.Pipe()
			look := fakeserver.Lookups(srv, server)
			b.ReportAllocs()
			for b.Loop() {
				look()
			}
		})
	}
}
