package page

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// roundTicks returns about five marks at round numbers.
func roundTicks(least, most float64) []plot.Tick {
	if !(most > least) || math.IsInf(most-least, 0) {
		return []plot.Tick{{Value: least, Label: number(least)}}
	}
	step := math.Pow(10, math.Floor(math.Log10((most-least)/4)))
	for _, factor := range []float64{10, 5, 2} {
		if (most-least)/(step*factor) >= 3 {
			step *= factor
			break
		}
	}
	var ticks []plot.Tick
	for at := math.Ceil(least/step) * step; at <= most*(1+1e-9); at += step {
		ticks = append(ticks, plot.Tick{Value: at, Label: number(at)})
	}
	return ticks
}

// logTicks returns marks at the powers of ten, and marks without a label between them.
func logTicks(least, most float64) []plot.Tick {
	if !(least > 0) || math.IsInf(most, 0) {
		return nil
	}
	var ticks []plot.Tick
	for power := math.Pow(10, math.Floor(math.Log10(least)+1e-9)); power <= most*(1+1e-9); power *= 10 {
		for i := 1.0; i < 10; i++ {
			at := power * i
			if at < least*(1-1e-9) || at > most*(1+1e-9) {
				continue
			}
			label := ""
			if i == 1 {
				label = number(power)
			}
			ticks = append(ticks, plot.Tick{Value: at, Label: label})
		}
	}
	return ticks
}

// number returns a number in short form: 1k for 1,000, 1M for a million.
func number(f float64) string {
	for _, unit := range []struct {
		at   float64
		name string
	}{{1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if math.Abs(f) >= unit.at*(1-1e-9) {
			return strconv.FormatFloat(math.Round(f/unit.at*100)/100, 'f', -1, 64) + unit.name
		}
	}
	return strconv.FormatFloat(math.Round(f*1e4)/1e4, 'f', -1, 64)
}
