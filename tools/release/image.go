package main

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// image makes the container image of pop3sim for each Linux: a tarball for docker load, and one
// layout directory with all platforms, for a registry. The media types are Docker's: those of OCI
// have no health check.
func (r *release) image(ctx context.Context) error {
	index := mutate.IndexMediaType(empty.Index, types.DockerManifestList)
	platforms := 0
	for _, t := range r.targets {
		if t.os != "linux" {
			continue
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		img, err := r.platform(t)
		if err != nil {
			return fmt.Errorf("image for %s: %w", t, err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: img,
			Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: t.os, Architecture: t.arch}}})
		platforms++
		tag, err := name.NewTag("pop3sim:latest")
		if err != nil {
			return err
		}
		err = r.write("_image_"+t.os+"_"+t.arch+".tar", func(w io.Writer) error { return tarball.Write(tag, img, w) })
		if err != nil {
			return err
		}
	}
	if platforms == 0 {
		return nil
	}
	dir := r.path("_image")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	path, err := layout.Write(dir, empty.Index)
	if err == nil {
		err = path.AppendIndex(index)
	}
	if err == nil {
		err = readable(dir)
	}
	if err != nil {
		return fmt.Errorf("image layout: %w", err)
	}
	digest, err := index.Digest()
	r.say("%s  %d platforms, %s", filepath.Base(dir), platforms, digest)
	return err
}

// readable lets everybody read the files of a directory: the library makes some for their owner
// alone.
func readable(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return os.Chmod(path, 0o644)
	})
}

// platform returns the image for one target, made from nothing: the program, a directory for
// temporary files, and a user who may do nothing else.
func (r *release) platform(t target) (v1.Image, error) {
	root, err := r.root(t)
	if err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(root)), nil },
		tarball.WithMediaType(types.DockerLayer))
	if err != nil {
		return nil, err
	}
	base := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.DockerManifestSchema2), types.DockerConfigJSON)
	img, err := mutate.Append(base, mutate.Addendum{Layer: layer, History: v1.History{Created: v1.Time{Time: r.date}, CreatedBy: "tools/release"}})
	if err != nil {
		return nil, err
	}
	config, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Created = t.os, t.arch, v1.Time{Time: r.date}
	config.Config = r.settings()
	return mutate.ConfigFile(img, config)
}

// settings say how a container runs. Its default command listens for POP3, POP3 over TLS and SMTP;
// the API needs a token of the user's, so it is off.
func (r *release) settings() v1.Config {
	return v1.Config{
		User:       "65532:65532",
		WorkingDir: "/tmp",
		Env:        []string{"HOME=/tmp", "TMPDIR=/tmp", "PATH=/usr/bin"},
		Entrypoint: []string{"/usr/bin/pop3sim"},
		Cmd:        []string{"serve", "--pop3", "0.0.0.0:1110", "--pop3s", "0.0.0.0:1995", "--smtp", "0.0.0.0:1025", "--ready-file", "/tmp/ready.json"},
		Healthcheck: &v1.HealthConfig{
			Test:     []string{"CMD", "/usr/bin/pop3sim", "ready", "--ready-file", "/tmp/ready.json"},
			Interval: 5 * time.Second, Timeout: 5 * time.Second, StartPeriod: 5 * time.Second, Retries: 3,
		},
		ExposedPorts: map[string]struct{}{"1110/tcp": {}, "1995/tcp": {}, "1025/tcp": {}, "8025/tcp": {}},
		StopSignal:   "SIGTERM",
		Labels: map[string]string{
			"org.opencontainers.image.title":    "pop3sim",
			"org.opencontainers.image.version":  r.version,
			"org.opencontainers.image.revision": r.commit,
			"org.opencontainers.image.created":  r.date.Format(time.RFC3339),
		},
	}
}

// root returns the file system of the image as tar.
func (r *release) root(t target) ([]byte, error) {
	passwd := filepath.Join(r.work, "passwd")
	if err := os.WriteFile(passwd, []byte("pop3sim:x:65532:65532:pop3sim:/tmp:/usr/bin/pop3sim\n"), 0o644); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	archive := tar.NewWriter(&b)
	for _, d := range []struct {
		name string
		mode int64
	}{{"etc/", 0o755}, {"tmp/", 0o1777}, {"usr/", 0o755}, {"usr/bin/", 0o755}} {
		header := tar.Header{Typeflag: tar.TypeDir, Name: d.name, Mode: d.mode, ModTime: r.date, Format: tar.FormatPAX}
		if err := archive.WriteHeader(&header); err != nil {
			return nil, err
		}
	}
	if err := archive.Flush(); err != nil {
		return nil, err
	}
	err := writeTar(&b, []file{
		{"etc/passwd", passwd, 0o644},
		{"usr/bin/pop3sim", filepath.Join(r.binaries(t), "pop3sim"), 0o755},
	}, r.date)
	return b.Bytes(), err
}
