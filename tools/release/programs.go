package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// commands are the programs of a release. autosend is started by mtm.
func commands() []string { return []string{"autosend", "bench", "mtm", "pop3sim"} }

// programs builds the commands for every target, and for this machine.
func (r *release) programs(ctx context.Context) error {
	for _, t := range r.targets {
		r.say("programs for %s", t)
		if err := r.compile(ctx, t, r.binaries(t)); err != nil {
			return err
		}
	}
	if _, err := os.Stat(r.binaries(host())); err == nil {
		return nil
	}
	r.say("programs for this machine, which print completions and man pages")
	return r.compile(ctx, host(), r.binaries(host()))
}

func host() target { return target{runtime.GOOS, runtime.GOARCH} }

// binaries returns the directory with the programs for a target.
func (r *release) binaries(t target) string { return filepath.Join(r.work, t.os+"_"+t.arch) }

// compile builds static programs in which only the version says where and when that was.
func (r *release) compile(ctx context.Context, t target, out string) error {
	const prefix = "pop3mtm/cmd/internal/cli."
	flags := []string{"-s", "-w", "-buildid=",
		"-X", prefix + "version=v" + r.version, "-X", prefix + "commit=" + r.commit, "-X", prefix + "date=" + r.date.Format(time.RFC3339)}
	args := []string{"build", "-trimpath", "-buildvcs=false", "-mod=readonly", "-ldflags=" + strings.Join(flags, " "), "-o", out + string(filepath.Separator)}
	for _, name := range commands() {
		args = append(args, "./cmd/"+name)
	}
	return r.goTool(ctx, r.tree, t, args...)
}

// goTool runs the go command for a target, without the settings that a person or CI has for it.
func (r *release) goTool(ctx context.Context, dir string, t target, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS="+t.os, "GOARCH="+t.arch, "CGO_ENABLED=0", "GOFLAGS=", "GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT=", "GOWORK=off",
		"GOTMPDIR="+r.work) // a second signal ends it before it removes its files
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // its compilers end before it
	cmd.WaitDelay = time.Minute
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s for %s: %w\n%s", args[0], t, err, text)
	}
	return nil
}

// completions are the shells, and the names of the files that they look for.
func completions() map[string]string {
	return map[string]string{"bash": "%s.bash", "zsh": "_%s", "fish": "%s.fish", "powershell": "%s.ps1"}
}

// pages lets the programs of this machine print completions and man pages.
func (r *release) pages(ctx context.Context) error {
	r.say("completions and man pages")
	man, complete := filepath.Join(r.work, "man"), filepath.Join(r.work, "completions")
	for _, dir := range []string{man, complete} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			return err
		}
	}
	for _, name := range commands() {
		program := filepath.Join(r.binaries(host()), host().program(name))
		if _, err := output(ctx, man, program, "__man", man); err != nil {
			return err
		}
		if name == "autosend" {
			continue // no person types it, and it has no subcommands
		}
		for shell, file := range completions() {
			text, err := output(ctx, man, program, "completion", shell)
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(complete, fmt.Sprintf(file, name)), []byte(text+"\n"), 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}
