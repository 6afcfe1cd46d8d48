package cli

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// Size is the value of a flag, in octets: 4096, 8KiB, 2MB. It is never negative.
type Size int64

// units returns the units. A unit comes before those that it ends with.
func units() []struct {
	name   string
	octets int64
} {
	return []struct {
		name   string
		octets int64
	}{
		{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
		{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1},
	}
}

// Set parses a whole number with or without a unit. Case and blanks before the unit do not matter.
func (s *Size) Set(text string) error {
	number, factor := strings.ToLower(strings.TrimSpace(text)), int64(1)
	for _, unit := range units() {
		if cut, ok := strings.CutSuffix(number, strings.ToLower(unit.name)); ok {
			number, factor = strings.TrimSpace(cut), unit.octets
			break
		}
	}
	n, err := strconv.ParseUint(number, 10, 63)
	if err != nil || int64(n) > math.MaxInt64/factor {
		return errors.New("a size is a whole number of octets such as 4096, 8KiB or 2MB")
	}
	*s = Size(int64(n) * factor)
	return nil
}

// String returns the shortest exact form with a binary unit: 8KiB, 1500.
func (s Size) String() string {
	for _, unit := range units()[:4] {
		if n := int64(s); n >= unit.octets && n%unit.octets == 0 {
			return strconv.FormatInt(n/unit.octets, 10) + unit.name
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

// Type returns the word that help shows for the value.
func (Size) Type() string { return "SIZE" }
