package main_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"pop3mtm/fakeserver"
)

// benched is what bench k6 --format json prints.
type benched struct {
	Trials []struct {
		Messages, Octets int64
		Seconds          float64
		Verbs            []struct{ Of string }
	}
	Stopped string
	Notes   []string
}

func TestTheBenchRunsK6OnSeveralHosts(t *testing.T) {
	bench := program(t, "bench")
	out := filepath.Join(t.TempDir(), "out")
	text, err := exec.CommandContext(t.Context(), bench, "k6", "large_mailbox", "--k6", binary, "--messages", "300", "--users", "3", "--hosts", "2",
		"--runs", "2", "--out", out, "--tls", "stls", "--rtt", "1ms").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	var found benched
	result, err := os.ReadFile(filepath.Join(out, "results.json"))
	if err == nil {
		err = json.Unmarshal(result, &found)
	}
	if err != nil || len(found.Trials) != 2 || found.Trials[1].Messages != 900 || found.Trials[1].Octets != 900*2048 || len(found.Trials[1].Verbs) < 8 {
		t.Errorf("%v: %s", err, result)
	}
	if !strings.Contains(string(text), "Round 2: Hosts: host-1, host-2; 3 iterations by 3 virtual users; 900 messages, 1,843,200 octets; checks: 12 passed, 0 failed.\nRound 2: No errors.") {
		t.Errorf("%s", text)
	}
}

func TestTheBenchFailsWithAThresholdAndShowsTheFigures(t *testing.T) {
	r := newRunner(t)
	script := r.script(`import pop3 from 'k6/x/pop3';
export const options = { thresholds: { pop3_messages: ['count>1000000'] }, vus: 1, iterations: 1 };
export default function () {
	const s = pop3.connect(__ENV.POP3); s.login(__ENV.POP3_USER, __ENV.PASSWORD); s.retrieve(); s.quit();
}`)
	text, err := exec.CommandContext(t.Context(), program(t, "bench"), "k6", script, "--k6", binary, "--messages", "10", "--users", "1").CombinedOutput()
	if err == nil || !strings.Contains(string(text), "each RETR") || !strings.Contains(string(text), "a threshold of the script has failed") {
		t.Errorf("%v: %s", err, text)
	}
}

func TestTheBenchShowsWhatWasMeasuredBeforeASignal(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no signals between processes")
	}
	srv := fakeserver.Start(t, synthetic(t), nil)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c := exec.CommandContext(ctx, program(t, "bench"), "k6", "--k6", binary, "--users", "1", "--target", srv.Addr(), "--duration", "1h", "--format", "json")
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = time.Minute
	var said, errs strings.Builder
	c.Stdout, c.Stderr = &said, &errs
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if err := srv.WaitFor(ctx, fakeserver.Ended(3)); err != nil {
		t.Fatal(err)
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // the status says it
	var found benched
	if err := json.Unmarshal([]byte(said.String()), &found); err != nil || found.Trials[0].Messages < 40 || found.Stopped != "stopped by a signal" {
		t.Errorf("%v: %s\n%s", err, said.String(), errs.String())
	}
	if err := srv.Wait(ctx); err != nil {
		t.Error(err)
	}
}
