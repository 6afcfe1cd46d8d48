// Command release builds what is published of a version: programs for six systems with completions
// and man pages, .deb and .rpm packages, a container image, the simulator for browsers, a bill of
// materials and checksums.
//
//	go run -C tools/release . --out ../../dist
//
// Two runs at one commit with one Go release give the same octets. It is a module of its own, so
// that what it needs is not needed by those who use pop3mtm.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

const usage = `release builds what is published of pop3mtm into a directory.

  go run -C tools/release . --out ../../dist
  go run -C tools/release . --out ../../dist --targets linux/amd64,linux/arm64

Exit status: 0 done; 1 failed, and the directory is as it was before; 2 wrong usage.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, os.Args[1:], os.Stderr)
	stop()
	os.Exit(status)
}

// run builds a release as the flags say and returns the exit status. What it is doing goes to
// progress.
func run(ctx context.Context, args []string, progress io.Writer) int {
	o, err := parse(args, progress)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		return 2 // the flag package has printed it
	}
	if err = build(ctx, o, progress); err != nil {
		if ctx.Err() != nil {
			err = errors.New("stopped by a signal; " + o.out + " is as it was before")
		}
		tell(progress, "release: "+err.Error())
		return 1
	}
	return 0
}

// tell writes a line for people.
func tell(w io.Writer, text string) {
	_, _ = io.WriteString(w, text+"\n") // nobody is left to hear of an error
}

// options holds the flags.
type options struct {
	out     string
	targets []target
	version string
}

func parse(args []string, output io.Writer) (options, error) {
	o := options{targets: allTargets()}
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	flags.SetOutput(output)
	flags.Usage = func() {
		tell(output, usage)
		flags.PrintDefaults()
	}
	flags.StringVar(&o.out, "out", "", "write the release to `DIR`, which is replaced if it holds an earlier release (required)")
	flags.StringVar(&o.version, "version", "", "`VERSION` instead of that of the git tag at the commit, such as 1.2.0")
	flags.Func("targets", "`OS/ARCH,...` to build for (default all: "+joined(allTargets())+")", func(text string) (err error) {
		o.targets, err = parseTargets(text)
		return err
	})
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	var wrong string
	switch {
	case flags.NArg() > 0:
		wrong = fmt.Sprintf("unexpected argument %q", flags.Arg(0))
	case o.out == "":
		wrong = "--out is missing: name the directory for the release, such as ../../dist"
	case o.version != "" && !isVersion(o.version):
		wrong = fmt.Sprintf("--version %q is not a version such as 1.2.0 or 1.2.0-rc.1", o.version)
	default:
		return o, nil
	}
	tell(output, "release: "+wrong+"; see --help")
	return o, errors.New(wrong)
}

// target is a system to build for.
type target struct{ os, arch string }

func (t target) String() string { return t.os + "/" + t.arch }

// program returns the file name of a command on the system.
func (t target) program(name string) string {
	if t.os == "windows" {
		return name + ".exe"
	}
	return name
}

func allTargets() []target {
	var all []target
	for _, system := range []string{"linux", "darwin", "windows"} {
		all = append(all, target{system, "amd64"}, target{system, "arm64"})
	}
	return all
}

func joined(targets []target) string {
	var names []string
	for _, t := range targets {
		names = append(names, t.String())
	}
	return strings.Join(names, ",")
}

func parseTargets(text string) ([]target, error) {
	var chosen []target
	for name := range strings.SplitSeq(text, ",") {
		system, arch, _ := strings.Cut(strings.TrimSpace(name), "/")
		t := target{system, arch}
		if !slices.Contains(allTargets(), t) {
			return nil, fmt.Errorf("%q is not one of %s", name, joined(allTargets()))
		}
		if !slices.Contains(chosen, t) {
			chosen = append(chosen, t)
		}
	}
	return chosen, nil
}
