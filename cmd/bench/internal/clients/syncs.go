package clients

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

	"pop3mtm/cmd/bench/internal/child"
	"pop3mtm/cmd/bench/internal/numbers"
	"pop3mtm/cmd/bench/internal/servers"
	"pop3mtm/cmd/bench/internal/tasks"
	"pop3mtm/fakeserver/maildrop"
)

// syncCalls lists the system calls that force data to the disk.
const syncCalls = "fsync,fdatasync,sync_file_range,syncfs,sync,msync"

// Counting runs a client under strace and counts its syncs. Its times are not used.
type Counting struct{ Client }

const fetchName = "fetch"

// fetchSpec is the task of FetchCommand.
type fetchSpec struct {
	Client Sent[Client]     `json:"client"`
	Task   Sent[tasks.Task] `json:"task"`
	Login  servers.Login    `json:"login"`
	Dir    string           `json:"dir"`
}

// FetchCommand returns the hidden command that runs any client once. Counting needs it because
// strace starts a program.
func FetchCommand(kinds Kinds) *cobra.Command {
	return child.Command(fetchName, "Runs one client once", func(ctx context.Context, s *fetchSpec, _ io.Writer) error {
		if err := errors.Join(s.Client.Make(kinds.Clients), s.Task.Make(kinds.Tasks)); err != nil {
			return err
		}
		return s.Client.Value.Fetch(ctx, &Visit{Login: s.Login, Dir: s.Dir, Task: s.Task.Value, Report: func(int64) {}})
	})
}

func straceFile(dir string) string {
	return filepath.Join(filepath.Dir(dir), filepath.Base(dir)+".strace")
}

// Fetch implements Client.
func (c Counting) Fetch(ctx context.Context, v *Visit) error {
	bench, err := os.Executable()
	if err != nil {
		return err
	}
	strace, err := straceProgram()
	if err != nil {
		return err
	}
	argv := []string{strace, "-f", "-c", "-qq", "-e", "trace=" + syncCalls, "-o", straceFile(v.Dir), bench, fetchName}
	spec := fetchSpec{Client: Sent[Client]{Value: c.Client}, Task: Sent[tasks.Task]{Value: v.Task}, Login: v.Login, Dir: v.Dir}
	return child.Run(ctx, argv, "strace of "+c.Name(), spec, func(stdout io.Reader) error {
		_, err := io.Copy(io.Discard, stdout)
		return err
	})
}

// Verify implements Client.
func (c Counting) Verify(ctx context.Context, v *Visit, served maildrop.List) (tasks.Kept, error) {
	k, err := c.Client.Verify(ctx, v, served)
	if err != nil {
		return k, err
	}
	text, err := os.ReadFile(straceFile(v.Dir))
	if err != nil {
		return k, err
	}
	syncs, err := countSyncs(text)
	k.Syncs = &syncs
	return k, errors.Join(err, os.Remove(straceFile(v.Dir)))
}

// countSyncs returns the number of syncs in the table of strace -c. The fourth column of a row is
// the number of calls, the last one the name of the call.
func countSyncs(table []byte) (int, error) {
	sum := 0
	for lines := bufio.NewScanner(bytes.NewReader(table)); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 5 || !strings.Contains(","+syncCalls+",", ","+fields[len(fields)-1]+",") {
			continue
		}
		n, err := strconv.Atoi(fields[3])
		if err != nil {
			return 0, fmt.Errorf("unexpected line from strace: %q", lines.Text())
		}
		sum += n
	}
	return sum, nil
}

// straceProgram returns the path of strace. It also searches directories that the PATH of a service
// may lack.
func straceProgram() (string, error) {
	return straceAmong("strace", "/usr/bin/strace", "/usr/local/bin/strace", "/usr/sbin/strace")
}

// straceAmong returns the path of the first of these names of strace that can be run.
func straceAmong(names ...string) (string, error) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("strace is not installed; Debian has it in the package strace")
}

// CanTrace returns an error when strace is missing or must not trace here, as in some containers.
func CanTrace(ctx context.Context) error {
	path, err := straceProgram()
	if err != nil {
		return err
	}
	if err := exec.CommandContext(ctx, path, "-f", "-c", "-qq", "-e", "trace="+syncCalls, "-o", os.DevNull, "true").Run(); err != nil {
		return fmt.Errorf("the system does not allow %s to trace: %w", path, err)
	}
	return nil
}

// SyncText describes how often a client syncs.
func SyncText(syncs, messages int) string {
	switch each := float64(syncs) / float64(max(messages, 1)); {
	case syncs == 0:
		return "none"
	case each >= 0.95:
		return strconv.FormatFloat(each, 'f', 0, 64) + " a message"
	default:
		return fmt.Sprintf("%s, one for %s", numbers.Count(syncs, "sync"), numbers.Count(int(1/each), "message"))
	}
}

// KnownSyncs describes from a table how often a client syncs. It is for a client that cannot be
// traced for the reason why.
func KnownSyncs(client, why string) string {
	known := map[string]string{
		MTM:          "one for a batch of up to 1,000 messages or 16 MiB, and one for its index",
		BarePOP3Name: "one for 1,000 messages", BareTCPName: "one for 1,000 messages",
		"mpop-maildir": "1 a message", "mpop-mbox": "1 a message",
		"fetchmail": "1 at the end", "fetchmail-bsmtp": "1 at the end", "getmail6": "1 a message", "getmail6-mbox": "1 a message",
		"curl": "none", "poplib": "none",
	}
	if text, ok := known[client]; ok {
		return text + " (from a table: " + why + ")"
	}
	return "unknown: " + why
}
