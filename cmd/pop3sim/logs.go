package main

import (
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// logFlags holds the flags about the log on stderr.
type logFlags struct {
	quiet bool
	level level
	form  logForm
}

func (f *logFlags) add(c *cobra.Command, flags *pflag.FlagSet) {
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "print only warnings and errors")
	flags.Var(&f.level, "log-level", "the lowest `LEVEL` to log: debug, info, warn, error")
	flags.Var(&f.form, "log-format", "log as `FORM`: text, or json with one object a line")
	for flag, values := range map[string][]string{"log-level": {"debug", "info", "warn", "error"}, "log-format": {"text", "json"}} {
		if err := c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
			panic(err) // the flag was added a moment ago
		}
	}
}

// logger returns the logger that the flags describe.
func (f *logFlags) logger(to io.Writer) *slog.Logger {
	lowest := slog.Level(f.level)
	if f.quiet {
		lowest = max(lowest, slog.LevelWarn)
	}
	o := &slog.HandlerOptions{Level: lowest}
	if f.form == "json" {
		return slog.New(slog.NewJSONHandler(to, o))
	}
	return slog.New(slog.NewTextHandler(to, o))
}

// level is the value of --log-level; the zero value is info.
type level slog.Level

func (l *level) String() string { return strings.ToLower(slog.Level(*l).String()) }
func (l *level) Type() string   { return "level" }

func (l *level) Set(text string) error {
	if (*slog.Level)(l).UnmarshalText([]byte(text)) != nil {
		return errors.New("choose one of debug, info, warn, error")
	}
	return nil
}

// logForm is the value of --log-format; the zero value is text.
type logForm string

func (f *logForm) String() string {
	if *f == "" {
		return "text"
	}
	return string(*f)
}

func (f *logForm) Type() string { return "form" }

func (f *logForm) Set(text string) error {
	if text != "text" && text != "json" {
		return errors.New("choose text or json")
	}
	*f = logForm(text)
	return nil
}

// lockedWriter separates the output of concurrent sessions.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
