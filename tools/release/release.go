package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// sums is the file with the checksums; a directory that holds one is taken for an earlier release.
const sums = "SHA256SUMS"

// release is one release in the making.
type release struct {
	identity
	tree     string // the sources
	dir      string // what is published
	work     string // what is needed on the way
	targets  []target
	progress io.Writer
}

// build makes the whole release beside o.out and puts it there at the end.
func build(ctx context.Context, o options, progress io.Writer) error {
	tree, err := sources(ctx)
	if err != nil {
		return err
	}
	id, err := identify(ctx, tree, o.version)
	if err != nil {
		return err
	}
	return staged(o.out, func(dir, work string) error {
		r := &release{identity: id, tree: tree, dir: dir, work: work, targets: o.targets, progress: progress}
		r.say("release %s of commit %s", r.version, r.commit)
		for _, step := range []func(context.Context) error{
			r.programs, r.pages, r.archives, r.packages, r.image, r.browser, r.materials, r.checksums,
		} {
			if err := step(ctx); err != nil {
				return err
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
		r.say("done: %s", o.out)
		return nil
	})
}

func (r *release) say(format string, args ...any) { tell(r.progress, fmt.Sprintf(format, args...)) }

// path returns the path of a published file; its name begins with "pop3mtm_" and the version.
func (r *release) path(rest string) string {
	return filepath.Join(r.dir, "pop3mtm_"+r.version+rest)
}

// staged lets build fill a new directory beside out, and puts it in the place of out when that has
// succeeded. After an error nothing is left, and an earlier release in out is as it was.
func staged(out string, build func(dir, work string) error) error {
	out, err := filepath.Abs(out)
	if err != nil {
		return err
	}
	if err = replaceable(out); err != nil {
		return err
	}
	temp, err := os.MkdirTemp(filepath.Dir(out), "."+filepath.Base(out)+"-*")
	if err != nil {
		return fmt.Errorf("--out %s: cannot write beside it: %w", out, err)
	}
	if err = movable(out, filepath.Join(temp, "old")); err != nil {
		return errors.Join(err, os.RemoveAll(temp))
	}
	dir, work := filepath.Join(temp, "new"), filepath.Join(temp, "work")
	err = errors.Join(os.Mkdir(dir, 0o755), os.Mkdir(work, 0o755))
	if err == nil {
		err = build(dir, work)
	}
	if err == nil {
		err = swap(dir, out, filepath.Join(temp, "old"))
	}
	return errors.Join(err, os.RemoveAll(temp))
}

// movable refuses a directory that the system does not let us move, such as a mount point, before
// anything is built.
func movable(out, old string) error {
	err := os.Rename(out, old)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("--out %s: the directory cannot be replaced: %w; if it is a mount point, choose a directory below it", out, err)
	}
	return os.Rename(old, out)
}

// swap moves dir to out; what was there goes to old, and comes back if the move fails.
func swap(dir, out, old string) error {
	err := os.Rename(out, old)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if moved := os.Rename(dir, out); moved != nil {
		if err == nil {
			moved = errors.Join(moved, os.Rename(old, out))
		}
		return moved
	}
	return nil
}

// replaceable refuses a path whose content nobody has meant to lose.
func replaceable(out string) error {
	entries, err := os.ReadDir(out)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("--out: %w", err)
	case len(entries) == 0:
		return nil
	}
	if _, err := os.Stat(filepath.Join(out, sums)); err != nil {
		return fmt.Errorf("--out %s: the directory is not empty and not an earlier release (it has no %s); remove it or choose another", out, sums)
	}
	return nil
}

// checksums writes the digest of each published file, in the format of sha256sum.
func (r *release) checksums(context.Context) error {
	var lines strings.Builder
	err := filepath.WalkDir(r.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		hash := sha256.New()
		if _, err = io.Copy(hash, file); err != nil {
			return err
		}
		name, err := filepath.Rel(r.dir, path)
		if err == nil {
			fmt.Fprintf(&lines, "%x  %s\n", hash.Sum(nil), filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("checksums: %w", err)
	}
	return os.WriteFile(filepath.Join(r.dir, sums), []byte(lines.String()), 0o644)
}
