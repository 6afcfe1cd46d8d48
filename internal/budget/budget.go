// Package budget limits the time and the memory that a parser may use for one input of a fuzz
// target, and measures the processor time of benchmarks. Only tests import it.
package budget

import (
	"bytes"
	"flag"
	"hash/crc32"
	"runtime"
	"testing"
	"time"
)

// The budget of an input has a fixed part, and a part that grows with its length. Both are
// generous, for slow machines: they find work that grows faster than its input.
const (
	fixedTime    = time.Second
	timePerOctet = 20 * time.Microsecond
	fixedMemory  = 16 << 20
	perOctet     = 128

	grownTo = 128 << 10
	tries   = 3 // the machine may be busy
)

// Of runs f with an input, and with many copies of it in a row, and fails the test when f takes
// longer, or allocates more in all, than the budget of the input. While fuzzing, only one input in
// 64 is copied, always the same ones, since copies take long.
func Of(t testing.TB, input []byte, f func(input []byte)) {
	t.Helper()
	run := func(input []byte) (time.Duration, uint64) { return measure(input, f) }
	check(t, input, run)
	if n := len(input); n > 0 && n < grownTo/2 && (!searching() || crc32.ChecksumIEEE(input)%64 == 0) {
		check(t, bytes.Repeat(input, grownTo/n), run)
	}
}

// searching reports whether the test looks for new inputs.
func searching() bool {
	f := flag.Lookup("test.fuzz")
	return f != nil && f.Value.String() != ""
}

func check(t testing.TB, input []byte, run func(input []byte) (time.Duration, uint64)) {
	t.Helper()
	most, memory := fixedTime+timePerOctet*time.Duration(len(input)), uint64(fixedMemory+perOctet*len(input))
	for try := 1; ; try++ {
		took, allocated := run(input)
		if took <= most && allocated <= memory {
			return
		}
		if try == tries {
			t.Errorf("an input of %d octets takes %v and %d octets of memory; its budget is %v and %d",
				len(input), took, allocated, most, memory)
			return
		}
	}
}

func measure(input []byte, f func(input []byte)) (took time.Duration, allocated uint64) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start, used := time.Now(), Processor()
	f(input)
	took = time.Since(start)
	if used = Processor() - used; used > 0 {
		took = min(took, used) // others may have the processors meanwhile, or use them in this process
	}
	runtime.ReadMemStats(&after)
	return took, after.TotalAlloc - before.TotalAlloc
}
