package hosts

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"pop3mtm/cmd/bench/internal/wire"
)

// Merge returns the sum of the parts of hosts that ran at the same time; there must be at least
// one. Histograms are added, so that percentiles are those of all commands together. The seconds
// are those of the host that took longest.
func Merge(parts []*Part) (*Part, error) {
	sum := new(Part)
	sum.Begin("", parts[0].Begun)
	sum.Hosts = nil
	for _, p := range parts {
		for _, host := range p.Hosts {
			if slices.Contains(sum.Hosts, host) {
				return nil, fmt.Errorf("two parts are of the host %s: merge each host once", host)
			}
		}
		sum.add(p)
	}
	sum.Rate = mergeRates(parts)
	return sum, sum.check()
}

func (p *Part) add(q *Part) {
	p.Hosts = append(p.Hosts, q.Hosts...)
	if q.Begun.Before(p.Begun) {
		p.Begun = q.Begun
	}
	p.Seconds = max(p.Seconds, q.Seconds)
	p.Messages += q.Messages
	p.Octets += q.Octets
	p.Iterations += q.Iterations
	p.Users += q.Users
	p.Passed += q.Passed
	p.Failed += q.Failed
	for kind, n := range q.Errors {
		p.Errors[kind] += n
	}
	for verb, all := range q.Verbs {
		if p.Verbs[verb] == nil {
			p.Verbs[verb] = &durations{wire.NewHistogram()}
		}
		p.Verbs[verb].Merge(all.Histogram) // of the same range: nothing is dropped
	}
}

// Apart returns how far apart the hosts began, by their own clocks.
func Apart(parts []*Part) time.Duration {
	first, last := parts[0].Begun, parts[0].Begun
	for _, p := range parts {
		if p.Begun.Before(first) {
			first = p.Begun
		}
		if p.Begun.After(last) {
			last = p.Begun
		}
	}
	return last.Sub(first)
}

// mergeRates adds up what had arrived at all hosts, at each moment at which one of them looked. The
// time of each host begins with its own start.
func mergeRates(parts []*Part) []wire.Sample {
	var moments []float64
	for _, p := range parts {
		for _, s := range p.Rate {
			moments = append(moments, s.At)
		}
	}
	slices.Sort(moments)
	moments = slices.Compact(moments)
	all := make([]wire.Sample, len(moments))
	for _, p := range parts {
		next := 0
		for i, at := range moments {
			for next < len(p.Rate) && p.Rate[next].At <= at {
				next++
			}
			all[i].At = at
			if next > 0 {
				all[i].Octets += p.Rate[next-1].Octets
				all[i].Messages += p.Rate[next-1].Messages
			}
		}
	}
	return all
}

// Kinds returns the kinds of errors, sorted.
func (p *Part) Kinds() []string { return slices.Sorted(maps.Keys(p.Errors)) }

// VerbsByCount returns the verbs, the most frequent one first.
func (p *Part) VerbsByCount() []string {
	verbs := slices.Sorted(maps.Keys(p.Verbs))
	slices.SortStableFunc(verbs, func(a, b string) int {
		return int(p.Verbs[b].TotalCount() - p.Verbs[a].TotalCount())
	})
	return verbs
}
