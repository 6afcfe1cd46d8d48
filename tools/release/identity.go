package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// identity says which release it is. All times in it are date, so that it can be made again.
type identity struct {
	version string // without v
	commit  string
	date    time.Time // of the commit, or SOURCE_DATE_EPOCH
}

// unknownCommit is the commit of sources outside of a git repository.
const unknownCommit = "unknown"

var versionForm = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`)

func isVersion(text string) bool { return versionForm.MatchString(text) }

// identify asks git for the commit, its date, and the version of a tag such as v1.2.0. Without a
// tag the version is made of date and commit, as Go does; "dirty" in it says that files have
// changed.
func identify(ctx context.Context, tree, version string) (identity, error) {
	id := identity{version: version, commit: unknownCommit}
	head, gitErr := output(ctx, tree, "git", "log", "-1", "--format=%H %ct")
	epoch := os.Getenv("SOURCE_DATE_EPOCH")
	if gitErr == nil {
		var committed string
		id.commit, committed, _ = strings.Cut(head, " ")
		if epoch == "" {
			epoch = committed
		}
	}
	if epoch == "" || gitErr != nil && version == "" {
		return id, fmt.Errorf("%w; outside of a git repository give --version, and SOURCE_DATE_EPOCH in the environment", gitErr)
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil || seconds < 0 || seconds > 1<<36 {
		return id, fmt.Errorf("SOURCE_DATE_EPOCH %q is not a number of seconds since 1970", epoch)
	}
	id.date = time.Unix(seconds, 0).UTC()
	if version != "" {
		return id, nil
	}
	id.version, err = tagged(ctx, tree, id)
	return id, err
}

// tagged returns the version of the commit.
func tagged(ctx context.Context, tree string, id identity) (string, error) {
	changed, err := output(ctx, tree, "git", "status", "--porcelain", "--untracked-files=no")
	if err != nil {
		return "", err
	}
	dirty := ""
	if changed != "" {
		dirty = "+dirty"
	}
	tags, err := output(ctx, tree, "git", "tag", "--points-at", "HEAD")
	if err != nil {
		return "", err
	}
	for tag := range strings.FieldsSeq(tags) {
		if version, ok := strings.CutPrefix(tag, "v"); ok && isVersion(version) {
			return version + dirty, nil
		}
	}
	return fmt.Sprintf("0.0.0-%s-%.12s%s", id.date.Format("20060102150405"), id.commit, dirty), nil
}

// sources returns the directory of the module pop3mtm.
func sources(ctx context.Context) (string, error) {
	tree, err := output(ctx, "", "go", "list", "-m", "-f", "{{.Dir}}", "pop3mtm")
	if err != nil && !errors.Is(err, exec.ErrNotFound) {
		err = fmt.Errorf("%w; run it in tools/release: go run -C tools/release . --out ../../dist", err)
	}
	return tree, err
}

// output runs a program in dir and returns what it prints, without the space around it.
func output(ctx context.Context, dir, program string, args ...string) (string, error) {
	var out, failed bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &failed
	err := cmd.Run()
	if errors.Is(err, exec.ErrNotFound) {
		return "", fmt.Errorf("%s %s: %w; install %[1]s", program, args[0], err)
	}
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", program, args[0], err, strings.TrimSpace(failed.String()))
	}
	return strings.TrimSpace(out.String()), nil
}
