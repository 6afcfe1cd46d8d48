package maildrop

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
)

// SyntheticForm is the syntax of ParseSynthetic, for error messages and help texts.
const SyntheticForm = "COUNT[,size=SIZE][,seed=N][,mix=NAME][,arrive=N][,expire=N][,shuffle]"

// SyntaxError reports what is wrong in a text and where.
type SyntaxError struct {
	Text   string // all of it
	Column int    // of the mistake, in octets, counted from 1
	Why    string // the reason, and what is allowed
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("column %d: %s", e.Column, e.Why) }

// ParseSynthetic reads options from a text such as
//
//	10000,size=lognormal:8KiB:1.5,seed=7,mix=mail,arrive=100,expire=1%,shuffle
//
// A size is 8KiB, lognormal:MEDIAN:SIGMA, lognormal:MEDIAN:SIGMA:LEAST:MOST,
// table:office or table:FILE; expire is a number or a percentage. The default seed is 1.
// It opens no file: Synthetic reads the table. Errors are of type *SyntaxError.
func ParseSynthetic(text string) (SyntheticOptions, error) {
	count, rest, more := strings.Cut(text, ",")
	n, err := strconv.ParseUint(count, 10, 31)
	if err != nil {
		return SyntheticOptions{}, &SyntaxError{text, 1, "write " + SyntheticForm + " with a count of 0 to 2147483647"}
	}
	o := SyntheticOptions{Count: int(n), Seed: 1}
	seen := map[string]bool{}
	for more {
		column := len(text) - len(rest) + 1
		var word string
		word, rest, more = strings.Cut(rest, ",")
		name, value, valued := strings.Cut(word, "=")
		if seen[name] {
			return SyntheticOptions{}, &SyntaxError{text, column, name + " is given twice"}
		}
		if err := o.set(name, value, valued); err != nil {
			if valued && known(name) {
				column += len(name) + 1
			}
			return SyntheticOptions{}, &SyntaxError{text, column, err.Error()}
		}
		seen[name] = true
	}
	if err := o.complete(); err != nil {
		return SyntheticOptions{}, &SyntaxError{text, 1, err.Error()}
	}
	return o, nil
}

func known(name string) bool {
	return slices.Contains([]string{"size", "seed", "mix", "arrive", "expire", "shuffle"}, name)
}

// set sets the option that one of the words after the count names.
func (o *SyntheticOptions) set(name, value string, valued bool) (err error) {
	if !known(name) {
		return fmt.Errorf("unknown option %q; write size, seed, mix, arrive, expire or shuffle", name)
	}
	if name == "shuffle" {
		if valued {
			return errors.New("shuffle takes no value")
		}
		o.Shuffle = true
		return nil
	}
	switch name {
	case "size":
		return o.setSize(value)
	case "seed":
		if o.Seed, err = strconv.ParseUint(value, 10, 64); err != nil {
			return fmt.Errorf("invalid seed %q: write a whole number", value)
		}
	case "mix":
		if o.Mix = value; findMix(value) == nil {
			return fmt.Errorf("unknown mix %q; write one of %s", value, mixNames())
		}
	case "arrive":
		o.Arrive, err = number("arrive", value)
	case "expire":
		if share, percent := strings.CutSuffix(value, "%"); percent {
			o.ExpirePercent, err = number("expire", share)
			if err == nil && (o.ExpirePercent < 1 || o.ExpirePercent > 100) {
				err = errors.New("expire takes 1% to 100%")
			}
		} else {
			o.Expire, err = number("expire", value)
		}
	}
	return err
}

func number(name, value string) (int, error) {
	n, err := strconv.ParseUint(value, 10, 31)
	if err != nil {
		return 0, fmt.Errorf("invalid %s %q: write a whole number of messages, at most %d", name, value, MostSynthetic)
	}
	return int(n), nil
}

func (o *SyntheticOptions) setSize(value string) (err error) {
	kind, rest, spread := strings.Cut(value, ":")
	switch {
	case !spread:
		o.Size, err = octets(value)
		return err
	case kind == "table":
		if o.Table = rest; rest == "" {
			return errors.New("table needs a name: write table:office or table:FILE")
		}
		return nil
	case kind != "lognormal":
		return fmt.Errorf("invalid size %q: write 8KiB, lognormal:8KiB:1.5, table:office or table:FILE", value)
	}
	words := strings.Split(rest, ":")
	if len(words) != 2 && len(words) != 4 {
		return errors.New("write lognormal:MEDIAN:SIGMA or lognormal:MEDIAN:SIGMA:LEAST:MOST")
	}
	if o.Size, err = octets(words[0]); err != nil {
		return err
	}
	if o.Sigma, err = strconv.ParseFloat(words[1], 64); err != nil || !(o.Sigma > 0 && o.Sigma <= mostSigma) {
		return fmt.Errorf("invalid sigma %q: write a number above 0, at most %d", words[1], mostSigma)
	}
	if len(words) == 4 {
		if o.Least, err = octets(words[2]); err == nil {
			o.Most, err = octets(words[3])
		}
	}
	return err
}

// octets parses a size.
func octets(text string) (int64, error) {
	n, err := humanize.ParseBytes(text)
	if err != nil || n > math.MaxInt64 {
		return 0, errors.New("a size is a whole number of octets such as 4096, 8KiB or 2MB")
	}
	if n < MinSyntheticSize || n > MaxSyntheticSize {
		return 0, fmt.Errorf("a size is at least %d octets and at most 1TiB", MinSyntheticSize)
	}
	return int64(n), nil
}

const mostSigma = 8

// complete checks the options and fills in the defaults.
func (o *SyntheticOptions) complete() error {
	mix := findMix(o.Mix)
	if mix == nil {
		return fmt.Errorf("unknown mix %q; write one of %s", o.Mix, mixNames())
	}
	o.Mix = mix.Name
	if o.Size == 0 {
		o.Size = 8 << 10
	}
	if o.Least == 0 {
		o.Least = mix.Least
	}
	if o.Most == 0 {
		o.Most = MaxSyntheticSize
	}
	spread := o.Sigma != 0 || o.Table != ""
	switch {
	case o.Count < 0 || o.Count > MostSynthetic:
		return fmt.Errorf("invalid count %d: give 0 to %d messages", o.Count, MostSynthetic)
	case o.Size < MinSyntheticSize || o.Size > MaxSyntheticSize:
		return fmt.Errorf("invalid size %d: give %d octets to 1TiB", o.Size, MinSyntheticSize)
	case !(o.Sigma >= 0 && o.Sigma <= mostSigma):
		return fmt.Errorf("invalid sigma %v: give a number above 0, at most %d", o.Sigma, mostSigma)
	case o.Sigma != 0 && o.Table != "":
		return errors.New("sigma and table exclude each other; give one of them")
	case !spread && o.Size < mix.Least:
		return fmt.Errorf("invalid size %d: messages of the mix %s have at least %d octets", o.Size, mix.Name, mix.Least)
	case o.Least < mix.Least || o.Most < o.Least || o.Most > MaxSyntheticSize:
		return fmt.Errorf("invalid sizes %d to %d: the mix %s takes %d to 1TiB", o.Least, o.Most, mix.Name, mix.Least)
	case o.Arrive < 0 || o.Expire < 0 || o.Arrive > MostSynthetic || o.Expire > MostSynthetic:
		return errors.New("arrive and expire must not be negative")
	case o.ExpirePercent < 0 || o.ExpirePercent > 100:
		return errors.New("expire must be at most 100%")
	case o.Expire > 0 && o.ExpirePercent > 0:
		return errors.New("expire takes a number or a percentage, not both")
	}
	return nil
}

// String returns the options in full, as ParseSynthetic reads them. The name of a table that
// contains a comma cannot be read back.
func (o SyntheticOptions) String() string {
	b := fmt.Appendf(nil, "%d,size=", o.Count)
	switch {
	case o.Table != "":
		b = append(b, "table:"+o.Table...)
	case o.Sigma > 0:
		b = fmt.Appendf(b, "lognormal:%s:%v", inUnits(o.Size), o.Sigma)
		if mix := findMix(o.Mix); o.Most > 0 && (o.Most < MaxSyntheticSize || mix != nil && o.Least > mix.Least) {
			b = fmt.Appendf(b, ":%s:%s", inUnits(o.Least), inUnits(o.Most))
		}
	default:
		b = append(b, inUnits(o.Size)...)
	}
	b = fmt.Appendf(b, ",seed=%d", o.Seed)
	for _, word := range []struct {
		given bool
		text  string
	}{
		{o.Mix != "" && o.Mix != plainMix, ",mix=" + o.Mix},
		{o.Arrive > 0, fmt.Sprintf(",arrive=%d", o.Arrive)},
		{o.Expire > 0, fmt.Sprintf(",expire=%d", o.Expire)},
		{o.ExpirePercent > 0, fmt.Sprintf(",expire=%d%%", o.ExpirePercent)},
		{o.Shuffle, ",shuffle"},
	} {
		if word.given {
			b = append(b, word.text...)
		}
	}
	return string(b)
}

// inUnits returns the shortest exact form of a size.
func inUnits(n int64) string {
	units := []string{"", "KiB", "MiB", "GiB", "TiB"}
	i := 0
	for n > 0 && n%1024 == 0 && i < len(units)-1 {
		n, i = n/1024, i+1
	}
	return strconv.FormatInt(n, 10) + units[i]
}
