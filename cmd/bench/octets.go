package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// octets is a number of octets that a flag gives with or without a binary unit.
type octets int64

// units are the binary units, the largest first.
func units() []string { return []string{"TiB", "GiB", "MiB", "KiB"} }

// Set parses 512, 8KiB, 1GiB; case and a blank before the unit do not matter, the iB may be left out.
func (o *octets) Set(text string) error {
	number, factor := strings.ToLower(strings.TrimSpace(text)), int64(1)
	for i, unit := range units() {
		unit = strings.ToLower(unit)
		for _, suffix := range []string{unit, unit[:1]} {
			if cut, ok := strings.CutSuffix(number, suffix); ok && factor == 1 {
				number, factor = strings.TrimSpace(cut), 1<<(10*(len(units())-i))
			}
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/factor {
		return fmt.Errorf("a size is a whole number of octets such as 512, 8KiB or 1GiB")
	}
	*o = octets(n * factor)
	return nil
}

// String is the shortest exact form.
func (o *octets) String() string {
	for i, unit := range units() {
		if factor := int64(1) << (10 * (len(units()) - i)); int64(*o) >= factor && int64(*o)%factor == 0 {
			return strconv.FormatInt(int64(*o)/factor, 10) + unit
		}
	}
	return strconv.FormatInt(int64(*o), 10)
}

// Type is what help shows for the value.
func (*octets) Type() string { return "size" }
