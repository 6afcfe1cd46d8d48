//go:build unix

package process_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"pop3mtm/internal/need"
	"pop3mtm/scenarios/check/process"
)

// run runs a shell script in a directory of its own. Nobody connects.
func run(t *testing.T, l process.Limits, script string) process.Ending {
	t.Helper()
	return runWith(t, l, func() process.Line { return process.Line{} }, script)
}

func runWith(t *testing.T, l process.Limits, line func() process.Line, script string) process.Ending {
	t.Helper()
	dir := t.TempDir()
	c := process.Command{Args: []string{"sh", "-c", script}, Dir: dir, Files: dir, Env: []string{"PATH=" + os.Getenv("PATH")}}
	return process.Run(t.Context(), c, l, line, func(_, _ time.Duration) {})
}

func TestAProgramThatEndsIsReportedWithItsStatusAndOutput(t *testing.T) {
	e := run(t, process.Limits{}, "echo out; echo err >&2; exit 3")
	if !e.Started || e.Status != 3 || e.Hung != "" || e.Signal != "" || !strings.Contains(e.Output, "out") || !strings.Contains(e.Output, "err") {
		t.Errorf("got %+v", e)
	}
}

func TestASignalIsNamedAlsoThroughAShell(t *testing.T) {
	for _, script := range []string{"kill -SEGV $$", "sh -c 'kill -SEGV $$'; exit $?"} {
		if e := run(t, process.Limits{}, script); e.Signal != "segmentation fault" {
			t.Errorf("%s: %+v", script, e)
		}
	}
}

func TestAProgramThatIsMissingOrNoProgramIsSaidInWords(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"no-such-program-here": "does not exist", plain: "not executable", "": "cannot be started"} {
		e := process.Run(t.Context(), process.Command{Args: []string{name}, Dir: dir, Files: dir}, process.Limits{}, func() process.Line { return process.Line{} }, func(_, _ time.Duration) {})
		if e.Started || e.Err == nil || !strings.Contains(e.Err.Error(), want) && name != "" {
			t.Errorf("%q: %+v", name, e)
		}
	}
	if e := process.Run(t.Context(), process.Command{}, process.Limits{}, nil, nil); e.Err == nil {
		t.Error("an empty command is run")
	}
}

func TestOutputIsBoundedAndKeepsBothEnds(t *testing.T) {
	e := run(t, process.Limits{Output: 100}, "echo first; printf %01000000d 0; echo last")
	if len(e.Output) > 200 || !strings.HasPrefix(e.Output, "first") || !strings.HasSuffix(e.Output, "last\n") {
		t.Errorf("%d octets: %.40q", len(e.Output), e.Output)
	}
}

func TestSilenceEndsAProgram(t *testing.T) {
	idle := false
	dir := t.TempDir()
	c := process.Command{Args: []string{need.Program(t, "sleep"), "1000"}, Dir: dir, Files: dir}
	e := process.Run(t.Context(), c, process.Limits{Hang: 1200 * time.Millisecond}, func() process.Line { return process.Line{} }, func(_, _ time.Duration) { idle = true })
	if !strings.Contains(e.Hung, "no octet") || e.Signal != "" || !idle {
		t.Errorf("got %+v, idle %v", e, idle)
	}
}

func TestAFullDiskIsPrevented(t *testing.T) {
	e := run(t, process.Limits{Disk: 100_000}, "while :; do printf %050000d 0 >>big; done")
	if e.Hung == "" {
		t.Errorf("got %+v", e)
	}
}

func TestAFileThatGrewTooLargeBeforeAnyCheckIsSeenAtTheEnd(t *testing.T) {
	e := run(t, process.Limits{Disk: 100_000}, "printf %0200000d 0 >big; exit 0")
	if !strings.Contains(e.Hung, "wrote more than 100000 octets") {
		t.Errorf("got %+v", e)
	}
}

// ended is a line whose only connection has ended.
func ended() func() process.Line {
	calls, last := 0, time.Now()
	return func() process.Line {
		calls++
		if calls == 1 {
			return process.Line{Last: last}
		}
		return process.Line{Last: last, Count: 1}
	}
}

func TestWorkWithoutAnEndAfterTheConnectionIsAHang(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("processor time of others is known on Linux alone")
	}
	e := runWith(t, process.Limits{Busy: 400 * time.Millisecond, Hang: 20 * time.Second}, ended(), "while :; do :; done")
	if !strings.Contains(e.Hung, "processor time") {
		t.Errorf("got %+v", e)
	}
	need.Program(t, "sleep")
	e = runWith(t, process.Limits{Busy: 400 * time.Millisecond, Hang: 20 * time.Second}, ended(), "while :; do echo x >>log; sleep 0.02; done")
	if !strings.Contains(e.Hung, "growing") && !strings.Contains(e.Hung, "processor time") {
		t.Errorf("got %+v", e)
	}
}

// A client with a connection for each message stores them while no connection is open.
func TestFilesThatGrowBetweenManyConnectionsAreNoHang(t *testing.T) {
	need.Program(t, "sleep")
	n := 0
	line := func() process.Line {
		n++
		return process.Line{Last: time.Now(), Count: n}
	}
	script := "for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do echo x >>log; sleep 0.1; done"
	e := runWith(t, process.Limits{Busy: 400 * time.Millisecond, Hang: 20 * time.Second}, line, script)
	if e.Hung != "" {
		t.Errorf("got %+v", e)
	}
}

func TestRedialingWithoutAnEndIsAHang(t *testing.T) {
	need.Program(t, "sleep")
	n := 0
	line := func() process.Line {
		n += 10
		return process.Line{Last: time.Now(), Count: n, Open: true}
	}
	if e := runWith(t, process.Limits{Dials: 50}, line, "sleep 1000"); !strings.Contains(e.Hung, "connected more than 50") {
		t.Errorf("got %+v", e)
	}
}

func TestNothingIsLeftOfAProgramThatForksAndStays(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("descendants that leave the group are found on Linux alone")
	}
	need.Program(t, "setsid")
	need.Program(t, "sleep")
	e := run(t, process.Limits{}, "sleep 987 & setsid sleep 987 >/dev/null 2>&1 & sleep 0.2")
	if e.Left != 2 {
		t.Errorf("%d were left: %+v", e.Left, e)
	}
}

func TestACancelledRunIsEndedWithItsGroup(t *testing.T) {
	need.Program(t, "sleep")
	ctx, cancel := context.WithCancelCause(t.Context())
	dir := t.TempDir()
	c := process.Command{Args: []string{"sh", "-c", "sleep 1000 & sleep 1000"}, Dir: dir, Files: dir, Env: []string{"PATH=" + os.Getenv("PATH")}}
	line := func() process.Line {
		cancel(process.ErrKilled)
		return process.Line{}
	}
	if e := process.Run(ctx, c, process.Limits{}, line, func(_, _ time.Duration) {}); !e.Killed || e.Hung != "" || e.Signal != "" {
		t.Errorf("got %+v", e)
	}
}
