package main

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb" // each puts its format into nfpm's list
	"github.com/goreleaser/nfpm/v2/files"
	_ "github.com/goreleaser/nfpm/v2/rpm"
)

const description = `POP3 for testing: a simulated server, a client check, a mail client
pop3sim is a POP3 server that is correct by default and misbehaves exactly as
it is asked to, and judges what a client does then. mtm fetches and reads mail,
bench measures how fast clients and servers are.`

// packages makes a .deb and an .rpm for each Linux.
func (r *release) packages(ctx context.Context) error {
	for _, t := range r.targets {
		if t.os != "linux" {
			continue
		}
		for _, format := range []string{"deb", "rpm"} {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err := r.pack(ctx, t, format); err != nil {
				return fmt.Errorf(".%s package for %s: %w", format, t, err)
			}
		}
	}
	return nil
}

func (r *release) pack(ctx context.Context, t target, format string) error {
	contents, err := r.installed(ctx, t, format)
	if err != nil {
		return err
	}
	info := nfpm.WithDefaults(&nfpm.Info{
		Name: "pop3mtm", Platform: t.os, Arch: t.arch, Version: r.version, VersionSchema: "semver",
		Section: "mail", Priority: "optional", Maintainer: "the developers of pop3mtm", Description: description,
		MTime:        r.date,
		Overridables: nfpm.Overridables{Contents: contents, RPM: nfpm.RPM{BuildHost: "localhost", Group: "Applications/Internet"}},
	})
	if err = nfpm.PrepareForPackager(info, format); err != nil {
		return err
	}
	packager, err := nfpm.Get(format)
	if err != nil {
		return err
	}
	return r.write("_linux_"+t.arch+"."+format, func(w io.Writer) error { return packager.Package(info, w) })
}

// installed returns the files of a package: those of an archive, at the places of the system.
func (r *release) installed(ctx context.Context, t target, format string) (files.Contents, error) {
	all, err := r.files(ctx, t)
	if err != nil {
		return nil, err
	}
	var contents files.Contents
	for _, f := range all {
		if dir, name := path.Split(f.name); dir == "man/" {
			if f.source, err = r.zipped(f.source); err != nil {
				return nil, err
			}
			f.name = dir + name + ".gz"
		}
		if to := place(f, format); to != "" {
			contents = append(contents, &files.Content{Source: f.source, Destination: to,
				FileInfo: &files.ContentFileInfo{Owner: "root", Group: "root", Mode: os.FileMode(f.mode), MTime: r.date}})
		}
	}
	return contents, nil
}

// place returns where a system has a file of an archive, "" for a file that it has no use for.
func place(f file, format string) string {
	dir, name := path.Split(f.name)
	switch {
	case f.mode == 0o755:
		return "/usr/bin/" + name
	case dir == "man/":
		return "/usr/share/man/man1/" + name
	case dir != "completions/":
		return "/usr/share/doc/pop3mtm/" + f.name
	case strings.HasSuffix(name, ".bash"):
		return "/usr/share/bash-completion/completions/" + strings.TrimSuffix(name, ".bash")
	case strings.HasSuffix(name, ".fish"):
		return "/usr/share/fish/vendor_completions.d/" + name
	case strings.HasPrefix(name, "_") && format == "deb":
		return "/usr/share/zsh/vendor-completions/" + name
	case strings.HasPrefix(name, "_"):
		return "/usr/share/zsh/site-functions/" + name
	}
	return ""
}

// zipped returns a compressed copy of a file, with neither name nor time in it.
func (r *release) zipped(source string) (string, error) {
	content, err := os.ReadFile(source)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(r.work, "zipped")
	if err = os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	to := filepath.Join(dir, filepath.Base(source)+".gz")
	out, err := os.Create(to)
	if err != nil {
		return "", err
	}
	w, err := gzip.NewWriterLevel(out, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(content)
	}
	return to, errors.Join(err, w.Close(), out.Close())
}
