package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// packsEveryTarget looks into the archives and packages of all systems.
func packsEveryTarget(t *testing.T, out string) {
	for _, target := range allTargets() {
		name := "pop3mtm_1.2.3_" + target.os + "_" + target.arch
		read, suffix := readTarGz, ".tar.gz"
		if target.os == "windows" {
			read, suffix = readZip, ".zip"
		}
		members := read(t, filepath.Join(out, name+suffix))
		for _, command := range commands() {
			program := members[name+"/"+target.program(command)]
			if made, err := machineOf(program); err != nil || made != target {
				t.Errorf("%s: %s is for %s, %v", name, command, made, err)
			}
		}
		for _, want := range []string{"README.md", "docs/check.md", "examples/python/conftest.py", "man/mtm-get.1", "completions/pop3sim.ps1"} {
			if len(members[name+"/"+want]) == 0 {
				t.Errorf("%s%s has no %s", name, suffix, want)
			}
		}
	}
	for arch, rpm := range map[string]string{"amd64": "x86_64", "arm64": "aarch64"} {
		path := filepath.Join(out, "pop3mtm_1.2.3_linux_"+arch)
		need(t, "dpkg-deb")
		if said := command(t, "dpkg-deb", "-f", path+".deb", "Architecture"); said != arch+"\n" {
			t.Errorf("%s.deb is for %s", path, said)
		}
		if said := leadOf(t, path+".rpm"); said != "pop3mtm-1.2.3-1."+rpm && said != "pop3mtm-1.2.3-1" {
			t.Errorf("%s.rpm says %q", path, said)
		}
		if text := content(t, path+".rpm"); !strings.Contains(text, rpm+"\x00linux\x00") && !strings.Contains(text, "linux\x00"+rpm+"\x00") {
			t.Errorf("%s.rpm is not for %s", path, rpm)
		}
	}
}

// leadOf returns the name at the beginning of an .rpm.
func leadOf(t *testing.T, path string) string {
	t.Helper()
	name, _, _ := strings.Cut(content(t, path)[10:76], "\x00")
	return name
}

// machineOf reads for which system a program is from its header.
func machineOf(program []byte) (target, error) {
	archs := map[any]string{elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64", macho.CpuAmd64: "amd64", macho.CpuArm64: "arm64",
		pe.IMAGE_FILE_MACHINE_AMD64: "amd64", pe.IMAGE_FILE_MACHINE_ARM64: "arm64"}
	r := bytes.NewReader(program)
	if f, err := elf.NewFile(r); err == nil {
		return target{"linux", archs[f.Machine]}, nil
	}
	if f, err := macho.NewFile(r); err == nil {
		return target{"darwin", archs[f.Cpu]}, nil
	}
	f, err := pe.NewFile(r)
	if err != nil {
		return target{}, fmt.Errorf("%d octets are no program: %w", len(program), err)
	}
	return target{"windows", archs[int(f.Machine)]}, nil
}

func readTarGz(t *testing.T, path string) map[string][]byte {
	t.Helper()
	unzipped, err := gzip.NewReader(strings.NewReader(content(t, path)))
	if err != nil {
		t.Fatal(err)
	}
	members := map[string][]byte{}
	for archive := tar.NewReader(unzipped); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return members
		}
		if err != nil {
			t.Fatal(err)
		}
		if members[h.Name], err = io.ReadAll(archive); err != nil {
			t.Fatal(err)
		}
	}
}

func readZip(t *testing.T, path string) map[string][]byte {
	t.Helper()
	text := content(t, path)
	archive, err := zip.NewReader(strings.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	members := map[string][]byte{}
	for _, f := range archive.File {
		r, err := f.Open()
		if err == nil {
			members[f.Name], err = io.ReadAll(r)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return members
}

// A version that is made of a commit is older than each tagged one, for the package managers too.
func TestPackagesOfACommitHaveAVersionThatTheSystemCanOrder(t *testing.T) {
	need(t, "dpkg-deb")
	tree, err := sources(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	id := identity{version: "0.0.0-20261129023810-e1d6b9b4e3b0+dirty", commit: unknownCommit, date: time.Unix(1_700_000_000, 0).UTC()}
	r := &release{identity: id, tree: tree, dir: t.TempDir(), work: t.TempDir(), targets: []target{{"linux", "amd64"}, {"linux", "arm64"}}, progress: io.Discard}
	for _, target := range r.targets {
		for _, name := range commands() {
			put(t, filepath.Join(r.binaries(target), name), "a program")
		}
	}
	put(t, filepath.Join(r.work, "man", "mtm.1"), "a page")
	put(t, filepath.Join(r.work, "completions", "mtm.bash"), "a completion")
	if err := r.packages(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, target := range r.targets {
		version := strings.TrimSpace(command(t, "dpkg-deb", "-f", r.path("_linux_"+target.arch+".deb"), "Version"))
		if !strings.Contains(version, "e1d6b9b4e3b0") {
			t.Errorf("the version is %s", version)
		}
		command(t, "dpkg", "--compare-versions", version, "lt", "0.0.0")
		if lead := leadOf(t, r.path("_linux_"+target.arch+".rpm")); !strings.HasPrefix(lead, "pop3mtm-0.0.0~20261129023810") {
			t.Errorf("the rpm is %q", lead)
		}
	}
}
