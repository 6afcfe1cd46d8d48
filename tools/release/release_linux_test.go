package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// TestTheProgramsOfARelease builds the part of a release that each change is tried with.
func TestTheProgramsOfARelease(t *testing.T) {
	tree, err := sources(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	id, err := identify(t.Context(), tree, "1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	r := &release{identity: id, tree: tree, dir: t.TempDir(), work: t.TempDir(), targets: []target{host()}, progress: io.Discard}
	for _, step := range []func(context.Context) error{r.programs, r.pages, r.archives} {
		if err := step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	packsPrograms(t, r.dir)
}

// TestARelease builds one for all systems, and tries each part of it. It takes minutes: programs
// that are built without paths share nothing with other builds.
func TestARelease(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a release")
	}
	out := filepath.Join(t.TempDir(), "dist")
	made(t, out, allTargets())
	t.Run("has the right checksums", func(t *testing.T) { haveTheRightChecksums(t, out) })
	t.Run("packs programs, completions and man pages", func(t *testing.T) { packsPrograms(t, out) })
	t.Run("has for each system what that can run", func(t *testing.T) { packsEveryTarget(t, out) })
	t.Run("installs with dpkg", func(t *testing.T) { installs(t, out) })
	t.Run("has an rpm package", func(t *testing.T) { hasAnRPM(t, out) })
	t.Run("has an image that runs without anything else", func(t *testing.T) { runsInAnEmptyRoot(t, out) })
	t.Run("has an index of the image for registries", func(t *testing.T) { hasAnIndex(t, out) })
	t.Run("lists the modules in it", func(t *testing.T) { listsModules(t, out) })
	t.Run("plays a scenario in a browser", func(t *testing.T) { playsInABrowser(t, out) })
	t.Run("is the same when it is made again", func(t *testing.T) {
		again := filepath.Join(t.TempDir(), "again")
		made(t, again, []target{{"linux", "amd64"}, {"linux", "arm64"}}) // the other systems have no images and packages
		first := content(t, filepath.Join(out, sums))
		for line := range strings.Lines(content(t, filepath.Join(again, sums))) {
			if !strings.HasSuffix(line, "_sbom.cdx.json\n") && !strings.Contains(first, line) { // it lists what other systems need, too
				t.Errorf("two runs differ: %s\n%s", line, first)
			}
		}
	})
}

func made(t *testing.T, out string, targets []target) {
	t.Helper()
	var said bytes.Buffer
	if status := run(t.Context(), []string{"--out", out, "--targets", joined(targets), "--version", "1.2.3"}, &said); status != 0 {
		t.Fatalf("status %d: %s", status, said.String())
	}
	t.Log(said.String())
}

// the returns the one file of a release whose name ends so.
func the(t *testing.T, out, suffix string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(out, "pop3mtm_1.2.3*"+suffix))
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: %v, %v in %v", suffix, found, err, names(t, out))
	}
	return found[0]
}

// command runs a program and returns what it prints.
func command(t *testing.T, program string, args ...string) string {
	t.Helper()
	text, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, text)
	}
	return string(text)
}

// need skips a test without the program; in CI it fails.
func need(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed", names[0])
	}
	t.Skipf("%s is not installed", names[0])
	return ""
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("it needs root")
	}
}

func haveTheRightChecksums(t *testing.T, out string) {
	listed := map[string]bool{}
	for line := range strings.Lines(content(t, filepath.Join(out, sums))) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		if got := fmt.Sprintf("%x", sha256.Sum256([]byte(content(t, filepath.Join(out, name))))); got != sum {
			t.Errorf("%s: %s", name, got)
		}
		listed[name] = true
	}
	err := filepath.WalkDir(out, func(path string, d fs.DirEntry, err error) error {
		name, _ := filepath.Rel(out, path)
		if err == nil && !d.IsDir() && name != sums && !listed[name] {
			t.Errorf("%s has no checksum", name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func packsPrograms(t *testing.T, out string) {
	dir := t.TempDir()
	command(t, "tar", "-xzf", the(t, out, "_"+host().os+"_"+host().arch+".tar.gz"), "-C", dir, "--strip-components=1")
	for _, name := range commands() {
		said := command(t, filepath.Join(dir, name), "--version")
		if !regexp.MustCompile(`^` + name + ` v1\.2\.3 commit [0-9a-f]{12} date 20\d\d-\d\d-\d\d go1\.`).MatchString(said) {
			t.Errorf("%s --version: %s", name, said)
		}
		if _, err := os.Stat(filepath.Join(dir, "man", name+".1")); err != nil {
			t.Error(err)
		}
	}
	hasDocuments(t, dir)
	for _, name := range []string{"pop3sim.bash", "_mtm", "bench.fish", "pop3sim.ps1"} {
		if text := content(t, filepath.Join(dir, "completions", name)); !strings.Contains(text, "__complete") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

// hasDocuments looks whether what help texts name is there, and each file to which a link leads,
// sources aside.
func hasDocuments(t *testing.T, dir string) {
	t.Helper()
	for _, name := range []string{"check", "interop", "quirks", "scenarios"} {
		content(t, filepath.Join(dir, "docs", name+".md"))
	}
	content(t, filepath.Join(dir, "examples", "shell", "fetch.sh"))
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".md" {
			return err
		}
		for _, m := range link.FindAllStringSubmatch(content(t, path), -1) {
			to := filepath.Join(filepath.Dir(path), m[1])
			name, err := filepath.Rel(dir, to)
			if err == nil && isSource(name) {
				continue
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("a link in %s leads nowhere: %v", path, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// installs installs the .deb into a directory, as on a machine of its own, opens a man page, and
// looks how long the first verdict on a client takes.
func installs(t *testing.T, out string) {
	needRoot(t)
	need(t, "dpkg")
	root := t.TempDir()
	admin := filepath.Join(root, "var", "lib", "dpkg")
	for _, dir := range []string{"info", "updates", "triggers"} {
		if err := os.MkdirAll(filepath.Join(admin, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	put(t, filepath.Join(admin, "status"), "")
	began := time.Now()
	command(t, "dpkg", "--root="+root, "--log=/dev/null", "-i", the(t, out, host().arch+".deb"))
	if said := command(t, "dpkg-query", "--admindir="+admin, "-W", "-f", "${db:Status-Abbrev} ${Version} ${Architecture}", "pop3mtm"); said != "ii  1.2.3 "+host().arch {
		t.Errorf("dpkg says %q", said)
	}
	hasDocuments(t, filepath.Join(root, "usr", "share", "doc", "pop3mtm"))
	need(t, "python3")
	client := filepath.Join(root, "fetch.py")
	put(t, client, fetch)
	report := filepath.Join(root, "report.json")
	check := exec.CommandContext(t.Context(), filepath.Join(root, "usr", "bin", "pop3sim"), "check", "--only", "retr-drop@500/close", "--json",
		"--exec", "python3 "+client+" {host} {port} {user} {password} {dir}")
	text, err := check.Output()
	if exit, failed := errors.AsType[*exec.ExitError](err); err != nil && (!failed || exit.ExitCode() != 1) {
		t.Fatalf("check: %v\n%s", err, text)
	}
	t.Logf("from dpkg -i to the first verdict: %s", time.Since(began).Round(time.Millisecond))
	put(t, report, string(text))
	if !strings.Contains(string(text), `"result"`) {
		t.Errorf("no verdict: %s", text)
	}
	need(t, "man")
	for _, page := range []string{"pop3sim-check", "mtm", "bench-compare", "autosend"} {
		text := command(t, "man", "--warnings", "-l", filepath.Join(root, "usr", "share", "man", "man1", page+".1.gz"))
		if !strings.Contains(text, "SYNOPSIS") || strings.Contains(text, "warning:") {
			t.Errorf("%s: %s", page, text)
		}
	}
	if _, err := os.Stat(filepath.Join(root, "usr", "share", "bash-completion", "completions", "pop3sim")); err != nil {
		t.Error(err)
	}
	command(t, "dpkg", "--root="+root, "--log=/dev/null", "-r", "pop3mtm")
	if left, err := filepath.Glob(filepath.Join(root, "usr", "bin", "*")); err != nil || len(left) > 0 {
		t.Errorf("left after the removal: %v, %v", left, err)
	}
}

// fetch is a client that copies all mail.
const fetch = `import poplib, sys, os
host, port, user, password, folder = sys.argv[1:6]
box = poplib.POP3(host, int(port), timeout=20)
box.user(user); box.pass_(password)
for n in range(1, box.stat()[0] + 1):
    uid = box.uidl(n).split()[2].decode()
    path = os.path.join(folder, uid + ".eml")
    if not os.path.exists(path):
        lines = box.retr(n)[1]
        with open(path + ".part", "wb") as f:
            f.write(b"".join(l + b"\r\n" for l in lines))
        os.rename(path + ".part", path)
box.quit()
`

func hasAnRPM(t *testing.T, out string) {
	path := the(t, out, host().arch+".rpm")
	if text := content(t, path); !strings.HasPrefix(text, "\xed\xab\xee\xdb") {
		t.Fatal("not an rpm package")
	}
	need(t, "rpm")
	list := command(t, "rpm", "-qlp", "--nosignature", path)
	for _, want := range []string{"/usr/bin/pop3sim", "/usr/share/man/man1/mtm-get.1.gz", "/usr/share/zsh/site-functions/_bench",
		"/usr/share/doc/pop3mtm/docs/check.md", "/usr/share/doc/pop3mtm/examples/shell/fetch.sh"} {
		if !strings.Contains(list, want+"\n") {
			t.Errorf("%s is missing in\n%s", want, list)
		}
	}
}

// runsInAnEmptyRoot runs the image's command as its user in its file system, with its health check.
func runsInAnEmptyRoot(t *testing.T, out string) {
	needRoot(t)
	path := the(t, out, "_image_linux_"+host().arch+".tar")
	if info, err := os.Stat(path); err != nil || info.Size() >= 25e6 {
		t.Errorf("the image has %d octets, %v", info.Size(), err)
	}
	img, err := tarball.ImageFromPath(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(t.TempDir(), "root")
	unpack(t, mutate.Extract(img), root)
	in := func(args ...string) *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
		cmd.Dir, cmd.Env = config.Config.WorkingDir, config.Config.Env
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}, Pdeathsig: syscall.SIGKILL}
		return cmd
	}
	args := append(config.Config.Entrypoint, config.Config.Cmd...)
	for i := range args {
		args[i] = regexp.MustCompile(`^0\.0\.0\.0:\d+$`).ReplaceAllString(args[i], "127.0.0.1:0") // other tests have ports too
	}
	server := in(args...)
	var said bytes.Buffer
	server.Stderr = &said
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	health := append(config.Config.Healthcheck.Test[1:], "--wait", "1m")
	if text, err := in(health...).CombinedOutput(); err != nil {
		t.Errorf("health check: %v\n%s\n%s", err, text, said.String())
	}
	if text, err := in(append(health, "--show", "pop3")...).CombinedOutput(); err != nil || !strings.HasPrefix(string(text), "127.0.0.1:") {
		t.Errorf("%v: %s", err, text)
	}
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := server.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v\n%s", err, said.String())
	}
}

func unpack(t *testing.T, from io.ReadCloser, root string) {
	t.Helper()
	defer from.Close()
	for archive := tar.NewReader(from); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(root, h.Name)
		if h.Typeflag == tar.TypeDir {
			err = errors.Join(os.MkdirAll(path, 0o755), os.Chmod(path, h.FileInfo().Mode()))
		} else {
			var text []byte
			text, err = io.ReadAll(archive)
			err = errors.Join(err, os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, text, h.FileInfo().Mode()))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func hasAnIndex(t *testing.T, out string) {
	dir := the(t, out, "_image")
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if info, failed := d.Info(); err == nil && failed == nil && !d.IsDir() && info.Mode() != 0o644 {
			t.Errorf("%s has the mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	outer, err := index.IndexManifest()
	if err != nil || len(outer.Manifests) != 1 {
		t.Fatalf("%+v, %v", outer, err)
	}
	if got := outer.Manifests[0].MediaType; got != types.DockerManifestList {
		t.Errorf("the media type of the index is %s", got)
	}
	inner, err := index.ImageIndex(outer.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	list, err := inner.IndexManifest()
	if err != nil || len(list.Manifests) != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	for i, arch := range []string{"amd64", "arm64"} {
		img, err := inner.Image(list.Manifests[i].Digest)
		if err != nil {
			t.Fatal(err)
		}
		config, err := img.ConfigFile()
		if err != nil || config.Config.User != "65532:65532" || config.Config.Healthcheck == nil || config.Created.IsZero() {
			t.Errorf("%+v, %v", config, err)
		}
		if said := list.Manifests[i].Platform.Architecture; said != arch || config.Architecture != arch || config.OS != "linux" {
			t.Errorf("image %d is for %s, %s", i, said, config.Architecture)
		}
	}
}

func listsModules(t *testing.T, out string) {
	var bom struct {
		BOMFormat    string
		Components   []struct{ Name, Version, Purl string }
		Dependencies []struct {
			Ref       string
			DependsOn []string
		}
	}
	if err := json.Unmarshal([]byte(content(t, the(t, out, "_sbom.cdx.json"))), &bom); err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, c := range bom.Components {
		found[c.Name] = c.Purl
	}
	for _, want := range []string{"modernc.org/sqlite", "github.com/spf13/cobra", "github.com/inconshreveable/mousetrap", "stdlib"} {
		if !strings.HasPrefix(found[want], "pkg:golang/"+want+"@") {
			t.Errorf("%s: %q", want, found[want])
		}
	}
	if bom.BOMFormat != "CycloneDX" || len(bom.Dependencies) != len(commands())+1 {
		t.Errorf("%s, %d dependencies", bom.BOMFormat, len(bom.Dependencies))
	}
	page := bom.Dependencies[len(bom.Dependencies)-1]
	yaml := slices.ContainsFunc(page.DependsOn, func(ref string) bool { return strings.Contains(ref, "goccy/go-yaml") })
	if page.Ref != browserProgram || !yaml || slices.ContainsFunc(page.DependsOn, func(ref string) bool { return strings.Contains(ref, "cobra") }) {
		t.Errorf("%+v", page)
	}
}

// page serves the page of a release.
func page(t *testing.T, out string) string {
	t.Helper()
	archive, err := zip.OpenReader(the(t, out, "_browser.zip"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := archive.Close(); err != nil {
			t.Error(err)
		}
	})
	files := http.FileServerFS(archive)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".wasm") {
			w.Header().Set("Content-Type", "application/octet-stream") // as servers send it that do not know the type
		}
		files.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}
