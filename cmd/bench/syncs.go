package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"pop3mtm/fakeserver/maildrop"
)

// syncCalls are the system calls by which a program says that something must be on the disk now.
const syncCalls = "fsync,fdatasync,sync_file_range,syncfs,sync,msync"

// counting runs a client under strace and counts how often it syncs. It is never measured.
type counting struct {
	client
	bench string
	spec  clientSpec
}

const fetchName = "fetch"

// fetchSpec is what newFetch reads from its standard input.
type fetchSpec struct {
	Client clientSpec `json:"client"`
	Login  login      `json:"login"`
	Dir    string     `json:"dir"`
	Job    job        `json:"job"`
}

// newFetch runs any client once: strace needs a program to start.
func newFetch() *cobra.Command {
	return specCommand(fetchName, "Runs one client once", func(ctx context.Context, s *fetchSpec, _ io.Writer) error {
		who, err := s.Client.make(&trial{Client: s.Client, Visits: []visitSpec{{Job: s.Job}}})
		if err != nil {
			return err
		}
		return who.fetch(ctx, s.Login, s.Dir, s.Job, func(int64) {})
	})
}

func straceFile(dir string) string {
	return filepath.Join(filepath.Dir(dir), filepath.Base(dir)+".strace")
}

func (c counting) fetch(ctx context.Context, l login, dir string, j job, _ func(int64)) error {
	argv := []string{"strace", "-f", "-c", "-qq", "-e", "trace=" + syncCalls, "-o", straceFile(dir), c.bench, fetchName}
	return runSpec(ctx, argv, "strace of "+c.spec.Name, fetchSpec{c.spec, l, dir, j}, func(stdout io.Reader) error {
		_, err := io.Copy(io.Discard, stdout)
		return err
	})
}

func (c counting) verify(ctx context.Context, dir string, served maildrop.List, j job) (kept, error) {
	k, err := c.client.verify(ctx, dir, served, j)
	if err != nil {
		return k, err
	}
	text, err := os.ReadFile(straceFile(dir))
	if err != nil {
		return k, err
	}
	syncs, err := countSyncs(text)
	k.Syncs = &syncs
	return k, errors.Join(err, os.Remove(straceFile(dir)))
}

// countSyncs reads the table of strace -c: the fourth column of a row is the number of calls, the last is the call.
func countSyncs(table []byte) (int, error) {
	sum := 0
	for lines := bufio.NewScanner(bytes.NewReader(table)); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 5 || !strings.Contains(","+syncCalls+",", ","+fields[len(fields)-1]+",") {
			continue
		}
		n, err := strconv.Atoi(fields[3])
		if err != nil {
			return 0, fmt.Errorf("strace says %q", lines.Text())
		}
		sum += n
	}
	return sum, nil
}

// canTrace says whether strace is here and may trace, which not every container allows.
func canTrace(ctx context.Context) bool {
	return exec.CommandContext(ctx, "strace", "-f", "-c", "-qq", "-e", "trace="+syncCalls, "-o", os.DevNull, "true").Run() == nil
}

// syncText says in words how often a client syncs.
func syncText(syncs, messages int) string {
	switch each := float64(syncs) / float64(max(messages, 1)); {
	case syncs == 0:
		return "none"
	case each >= 0.95:
		return strconv.FormatFloat(each, 'f', 0, 64) + " a message"
	default:
		return fmt.Sprintf("%s, one for %s", count(syncs, "sync"), count(int(1/each), "message"))
	}
}

// knownSyncs is what is said of a client without strace, from how it was seen to work.
func knownSyncs(client string) string {
	known := map[string]string{
		oursName: "one for a batch of up to 1,000 messages or 16 MiB, and one for its index",
		barePOP3: "one for 1,000 messages", bareTCP: "one for 1,000 messages",
		"mpop-maildir": "1 a message", "mpop-mbox": "1 a message",
		"fetchmail": "1 at the end", "getmail6": "1 a message",
		"curl": "none", "poplib": "none",
	}
	if text, ok := known[client]; ok {
		return text + " (from a table: strace is not here or may not trace)"
	}
	return "not known: strace is not here or may not trace"
}
