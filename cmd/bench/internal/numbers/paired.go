package numbers

import (
	"cmp"
	"math"
	"slices"
)

// Confidence returns the confidence, from 0 to 1, that paired differences are above zero: one minus
// the p-value of Wilcoxon's signed-rank test. It is exact for up to 50 pairs, and 0.5 when all
// differences are zero.
func Confidence(differences []float64) float64 {
	moved := slices.DeleteFunc(slices.Clone(differences), func(d float64) bool { return d == 0 || math.IsNaN(d) })
	if len(moved) == 0 {
		return 0.5
	}
	ranks := doubledRanks(moved)
	positive, all := 0, 0
	for i, r := range ranks {
		all += r
		if moved[i] > 0 {
			positive += r
		}
	}
	const exact = 50
	if len(moved) > exact {
		return normal(ranks, positive, all)
	}
	// share[s] is the probability that the ranks with a positive sign have the sum s when the signs
	// are random.
	share := make([]float64, all+1)
	share[0] = 1
	for _, r := range ranks {
		for s := all; s >= 0; s-- {
			share[s] /= 2
			if s >= r {
				share[s] += share[s-r] / 2
			}
		}
	}
	chance := 0.0
	for _, p := range share[positive:] {
		chance += p
	}
	return 1 - chance
}

// doubledRanks returns twice the rank of each figure by its absolute value. Equal figures have the
// mean of their ranks; doubling keeps that an integer.
func doubledRanks(figures []float64) []int {
	order := make([]int, len(figures))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(math.Abs(figures[a]), math.Abs(figures[b])) })
	ranks := make([]int, len(figures))
	for from := 0; from < len(order); {
		to := from
		for to < len(order) && math.Abs(figures[order[to]]) == math.Abs(figures[order[from]]) {
			to++
		}
		for _, i := range order[from:to] {
			ranks[i] = from + 1 + to
		}
		from = to
	}
	return ranks
}

// normal returns the confidence by the normal approximation of the distribution of the positive
// sum.
func normal(ranks []int, positive, all int) float64 {
	variance := 0.0
	for _, r := range ranks {
		variance += float64(r) * float64(r) / 4
	}
	z := (float64(positive) - 1 - float64(all)/2) / math.Sqrt(variance)
	return math.Erfc(-z/math.Sqrt2) / 2
}

// Spread holds the smallest, the median and the largest of several figures.
type Spread struct {
	Least  float64 `json:"least"`
	Median float64 `json:"median"`
	Most   float64 `json:"most"`
}

// SpreadOf returns the spread of figures, of which there must be at least one.
func SpreadOf(figures []float64) Spread {
	sorted := slices.Sorted(slices.Values(figures))
	n := len(sorted)
	return Spread{sorted[0], (sorted[(n-1)/2] + sorted[n/2]) / 2, sorted[n-1]}
}
