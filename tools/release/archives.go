package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// file is one file to be packed. Everything that is packed is a list of them, sorted by name.
type file struct {
	name   string // in the archive, with slashes
	source string
	mode   int64
}

// files returns what is packed for a target: programs, completions, man pages and documents.
func (r *release) files(ctx context.Context, t target) ([]file, error) {
	var all []file
	for _, name := range commands() {
		all = append(all, file{t.program(name), filepath.Join(r.binaries(t), t.program(name)), 0o755})
	}
	documents, err := r.documents(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range documents {
		all = append(all, file{name, filepath.Join(r.tree, name), 0o644})
	}
	for _, dir := range []string{"completions", "man"} {
		entries, err := os.ReadDir(filepath.Join(r.work, dir))
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			all = append(all, file{path.Join(dir, e.Name()), filepath.Join(r.work, dir, e.Name()), 0o644})
		}
	}
	slices.SortFunc(all, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return all, nil
}

// archives packs a .tar.gz for each target, for Windows a .zip.
func (r *release) archives(ctx context.Context) error {
	for _, t := range r.targets {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		all, err := r.files(ctx, t)
		if err != nil {
			return err
		}
		name, pack := "_"+t.os+"_"+t.arch, writeTarGz
		suffix := ".tar.gz"
		if t.os == "windows" {
			pack, suffix = writeZip, ".zip"
		}
		folder := "pop3mtm_" + r.version + name
		for i := range all {
			all[i].name = path.Join(folder, all[i].name)
		}
		if err := r.write(name+suffix, func(w io.Writer) error { return pack(w, all, r.date) }); err != nil {
			return err
		}
	}
	return nil
}

// write makes a published file, and says its size.
func (r *release) write(rest string, fill func(io.Writer) error) error {
	path := r.path(rest)
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	err = errors.Join(fill(out), out.Close())
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	info, err := os.Stat(path)
	if err == nil {
		r.say("%s  %.1f MB", filepath.Base(path), float64(info.Size())/1e6)
	}
	return err
}

func writeTarGz(w io.Writer, files []file, date time.Time) error {
	zipped, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	return errors.Join(writeTar(zipped, files, date), zipped.Close())
}

// writeTar writes files that belong to root.
func writeTar(w io.Writer, files []file, date time.Time) error {
	archive := tar.NewWriter(w)
	for _, f := range files {
		content, err := os.ReadFile(f.source)
		if err != nil {
			return err
		}
		header := tar.Header{Name: f.name, Mode: f.mode, Size: int64(len(content)), ModTime: date, Format: tar.FormatPAX}
		if err = archive.WriteHeader(&header); err == nil {
			_, err = archive.Write(content)
		}
		if err != nil {
			return err
		}
	}
	return archive.Close()
}

func writeZip(w io.Writer, files []file, date time.Time) error {
	archive := zip.NewWriter(w)
	for _, f := range files {
		content, err := os.ReadFile(f.source)
		if err != nil {
			return err
		}
		header := zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: date}
		header.SetMode(os.FileMode(f.mode))
		entry, err := archive.CreateHeader(&header)
		if err == nil {
			_, err = entry.Write(content)
		}
		if err != nil {
			return err
		}
	}
	return archive.Close()
}
