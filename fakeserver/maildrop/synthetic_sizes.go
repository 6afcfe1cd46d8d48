package maildrop

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"os"
	"slices"
	"strconv"
	"strings"
)

// quantiles is the number of sizes that represent a distribution.
const quantiles = 4096

// mostSizes limits the table of sizes that is read from a file.
const mostSizes = 1 << 16

// sizes assigns each message a size from a table. A block has as many messages as the table
// has entries and uses every entry once, in an order of its own. So the sum of a block is
// known, and the sum of any mailbox is computed at once.
type sizes struct {
	key   uint64
	table []int64
	sum   int64 // of the table
	order permutation
}

// newSizes returns the table that the options ask for.
func newSizes(o *SyntheticOptions) (*sizes, error) {
	s := &sizes{key: mix64(o.Seed ^ 0x5a17)}
	switch {
	case o.Table != "":
		var err error
		if s.table, err = sizeTable(o.Table); err != nil {
			return nil, err
		}
	case o.Sigma > 0:
		s.table = lognormal(float64(o.Size), o.Sigma)
	default:
		s.table = []int64{o.Size}
	}
	for i, size := range s.table {
		s.table[i] = min(max(size, o.Least), o.Most)
		s.sum += s.table[i]
	}
	s.order = permute(len(s.table))
	return s, nil
}

// of returns the size of message n, counted from 1.
func (s *sizes) of(n int) int64 {
	length := uint64(len(s.table))
	if length == 1 {
		return s.table[0]
	}
	block, i := uint64(n-1)/length, uint64(n-1)%length
	return s.table[s.order.at(mix64(s.key^block), i)]
}

// first returns the sum of the sizes of messages 1 to n. It adds whole blocks by their sum,
// and the rest, less than one block, message by message.
func (s *sizes) first(n int) int64 {
	block := n / len(s.table)
	sum := int64(block) * s.sum
	for i := block*len(s.table) + 1; i <= n; i++ {
		sum += s.of(i)
	}
	return sum
}

// fits reports whether the sum of the sizes of n messages fits in 64 bits.
func (s *sizes) fits(n int) bool {
	return int64(n/len(s.table)+1) <= math.MaxInt64/max(s.sum, 1)
}

// permutation orders the numbers 0 to length-1 depending on a key.
type permutation struct {
	length uint64
	mask   uint64
	shift  int
}

func permute(length int) permutation {
	width := bits.Len64(uint64(max(length, 1) - 1))
	return permutation{uint64(length), 1<<width - 1, width/2 + 1}
}

// at returns the number at position i, which must be below length. Each step permutes the
// numbers below the next power of two; a result beyond the length is permuted again.
func (p permutation) at(key, i uint64) uint64 {
	for {
		i = (i*(key|1) + key>>32) & p.mask
		i ^= i >> p.shift
		i = i * 0x9E3779B97F4A7C15 & p.mask
		i ^= i >> p.shift
		i = (i*(key>>20|1) + key>>7) & p.mask
		if i < p.length {
			return i
		}
	}
}

// mix64 spreads x over all 64 bits (the finalizer of SplitMix64).
func mix64(x uint64) uint64 {
	x += 0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

// lognormal returns the quantiles of a log-normal distribution of sizes.
func lognormal(median, sigma float64) []int64 {
	table := make([]int64, quantiles)
	for i := range table {
		p := (float64(i) + 0.5) / quantiles
		size := median * math.Exp(sigma*math.Sqrt2*math.Erfinv(2*p-1))
		table[i] = int64(min(size, MaxSyntheticSize))
	}
	return table
}

// officeSizes returns the quantiles of "table:office": the sizes, in octets, below which 0, 5,
// 10 ... 100 percent of the messages lie. There are many notes, some pages, few files.
func officeSizes() []int64 {
	return []int64{
		900, 1500, 1900, 2300, 2800, 3400, 4100, 4900, 5900, 7100,
		8700, 11000, 14000, 18000, 24000, 33000, 48000, 80000, 180000, 700000, 12 << 20,
	}
}

// sizeTable returns the built-in table of that name, or the sizes in a file. A size is the last
// word of a line, so the lines of a LIST reply can be used as they are. Empty lines and lines
// that begin with # are skipped; other lines without a number, such as "+OK" and ".", are an
// error.
func sizeTable(name string) ([]int64, error) {
	if name == "office" {
		return interpolated(officeSizes()), nil
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, unreadable(name, err)
	}
	if !info.Mode().IsRegular() {
		return nil, &PathError{name, "is not a file; write office, or the name of a file with one size per line", ErrFormat}
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, unreadable(name, err)
	}
	defer func() { _ = f.Close() }() // it was only read
	table, err := readSizes(f)
	if err != nil {
		return nil, &PathError{name, err.Error(), ErrFormat}
	}
	return table, nil
}

func readSizes(r io.Reader) ([]int64, error) {
	var table []int64
	lines := bufio.NewScanner(r)
	for at := 1; lines.Scan(); at++ {
		words := strings.Fields(lines.Text())
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		size, err := strconv.ParseInt(words[len(words)-1], 10, 64)
		if err != nil || size < 1 || size > MaxSyntheticSize || len(words) > 2 {
			return nil, fmt.Errorf("line %d: not a size in octets, nor a number and a size as in the reply to LIST", at)
		}
		if len(table) == mostSizes {
			return nil, fmt.Errorf("line %d: too many sizes: a table has at most %d", at, mostSizes)
		}
		table = append(table, size)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("not a table of sizes: %w", err)
	}
	if len(table) == 0 {
		return nil, errors.New("has no sizes; write one per line")
	}
	slices.Sort(table) // so that the order of lines does not matter
	return table, nil
}

// interpolated returns a whole table, interpolated from a few quantiles.
func interpolated(known []int64) []int64 {
	table := make([]int64, quantiles)
	for i := range table {
		at := (float64(i) + 0.5) / quantiles * float64(len(known)-1)
		k := int(at)
		low, high := math.Log(float64(known[k])), math.Log(float64(known[k+1]))
		table[i] = int64(math.Exp(low + (high-low)*(at-float64(k))))
	}
	return table
}
