package check

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"pop3mtm/scenarios"
	"pop3mtm/scenarios/check/process"
	"pop3mtm/scenarios/check/stored"
)

// Exec runs a program. Each case has its own directory, and each visit its own process group.
type Exec struct{ Program *Program }

// Modes implements Drive.
func (x Exec) Modes() []TLS {
	if len(x.Program.Modes) == 0 {
		return []TLS{PlainLine}
	}
	return x.Program.Modes
}

// Abilities implements Drive.
func (x Exec) Abilities() []scenarios.Ability {
	return append([]scenarios.Ability{scenarios.Killable, scenarios.Statuses}, x.Program.Can...)
}

// Start implements Drive.
func (x Exec) Start(dir string, e Endpoint) (Client, error) {
	p := x.Program
	r := &running{program: p, dir: dir, fill: p.filling(dir, e)}
	for _, sub := range append([]string{mailDir, "tmp"}, p.Directories...) {
		if err := os.MkdirAll(filepath.Join(dir, filepath.FromSlash(sub)), 0o700); err != nil {
			return nil, err
		}
	}
	for name, text := range p.Files {
		path := filepath.Join(dir, filepath.Clean("/"+name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, err
		}
		if err := os.WriteFile(path, []byte(r.fill.text(text, same)), modeOf(name)); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// modeOf returns the mode of a file: scripts are executable.
func modeOf(name string) os.FileMode {
	if strings.HasSuffix(name, ".sh") {
		return 0o700
	}
	return 0o600
}

// running is the program in one case.
type running struct {
	program  *Program
	dir      string
	fill     *filling
	prepared bool
}

// Visit implements Client.
func (r *running) Visit(ctx context.Context, line func() process.Line, idle Waiting) process.Ending {
	if !r.prepared {
		r.prepared = true
		for _, c := range r.program.Prepare {
			if e := r.run(ctx, c, line, idle); e.Status != 0 || e.Err != nil {
				return failedStep("prepare", c, e)
			}
		}
	}
	end := r.run(ctx, r.program.Command, line, idle)
	if end.Killed || end.Err != nil {
		return end
	}
	for _, c := range r.program.Collect {
		if e := r.run(ctx, c, line, idle); e.Status != 0 || e.Err != nil {
			return failedStep("collect", c, e)
		}
	}
	return end
}

func failedStep(step, command string, e process.Ending) process.Ending {
	if e.Err == nil {
		e.Err = fmt.Errorf("the command under %s failed with exit status %d: %s: %s", step, e.Status, command, lastLine(e.Output))
	}
	return e
}

func (r *running) run(ctx context.Context, command string, line func() process.Line, idle Waiting) process.Ending {
	args, err := r.fill.command(command)
	if err != nil {
		return process.Ending{Status: -1, Err: err}
	}
	c := process.Command{Args: args, Dir: r.dir, Env: r.env(), Files: r.dir}
	return process.Run(ctx, c, r.program.limits, line, idle)
}

// env returns the whole environment of the program. Settings of the user are left out, since they
// could change a verdict.
func (r *running) env() []string {
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + r.dir, "TMPDIR=" + filepath.Join(r.dir, "tmp"), "LANG=C.UTF-8", "TZ=UTC"}
	for name, value := range r.fill.values {
		env = append(env, "POP3_"+strings.ToUpper(name)+"="+value)
	}
	for _, name := range r.program.Pass {
		if value, set := os.LookupEnv(name); set {
			env = append(env, name+"="+value)
		}
	}
	for name, value := range r.program.Env {
		env = append(env, name+"="+r.fill.text(value, same))
	}
	return env
}

// Stored implements Client.
func (r *running) Stored() ([]stored.Message, error) {
	return stored.Read(filepath.Join(r.dir, mailDir), r.program.Store)
}

// Close implements Client. There is nothing to end: no process outlives its visit.
func (r *running) Close() error { return nil }

// lastLine returns the last line of an output that is not blank.
func lastLine(output string) string {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	last := strings.TrimSpace(lines[len(lines)-1])
	return strings.ToValidUTF8(last[:min(len(last), 300)], "?")
}

// FirstLine runs the version command of a program and returns the first line that it prints, or "".
func (p *Program) FirstLine(ctx context.Context) string {
	if p.Version == "" {
		return ""
	}
	dir, err := os.MkdirTemp("", "pop3-version-")
	if err != nil {
		return ""
	}
	defer func() { _ = os.RemoveAll(dir) }() // nothing was stored
	fill := p.filling(dir, Endpoint{TLS: PlainLine})
	args, err := fill.command(p.Version)
	if err != nil {
		return ""
	}
	c := process.Command{Args: args, Dir: dir, Env: (&running{program: p, dir: dir, fill: fill}).env(), Files: dir}
	end := process.Run(ctx, c, p.limits, func() process.Line { return process.Line{} }, patient)
	line, _, _ := strings.Cut(strings.TrimSpace(end.Output), "\n")
	return line[:min(len(line), 80)]
}
