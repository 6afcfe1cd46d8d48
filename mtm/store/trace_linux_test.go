package store_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"pop3mtm/internal/need"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// strace returns the command of a child under strace, and skips the spec where strace does not
// work.
func strace(role, dir string, args ...string) *exec.Cmd {
	GinkgoHelper()
	path := need.Program(GinkgoTB(), "strace")
	if exec.Command(path, "-o", os.DevNull, "true").Run() != nil {
		Skip("strace may not trace here")
	}
	cmd := exec.Command(path, append(append([]string{"-f", "-qq"}, args...), os.Args[0])...)
	cmd.Env = append(os.Environ(), childRole+"="+role, childDir+"="+dir, childStart+"=0")
	return cmd
}

// traced lists the system calls that change files.
const traced = "?open,openat,pwrite64,write,ftruncate,fsync,fdatasync,?link,linkat,?unlink,unlinkat,?rename,?renameat,renameat2,?mkdir,mkdirat"

// change is a system call that changed a file, synced it, or reported a step.
type change struct {
	call     string
	path, to string
	data     []byte
	at       int64
	created  bool
}

// traceOf lets a child write and returns what it changed below its folder, in order.
func traceOf(role, dir string) []change {
	GinkgoHelper()
	file := filepath.Join(GinkgoT().TempDir(), "trace")
	cmd := strace(role, dir, "-y", "-xx", "-s", "4000000", "-e", "trace="+traced, "-o", file)
	cmd.Stderr = GinkgoWriter
	Expect(cmd.Run()).To(Succeed())
	f, err := os.Open(file)
	Expect(err).NotTo(HaveOccurred())
	defer func() { Expect(f.Close()).To(Succeed()) }()
	var list []change
	begun := make(map[string]string) // unfinished calls, by process
	in := bufio.NewReader(f)
	for {
		line, err := in.ReadString('\n')
		if err == io.EOF {
			return list
		}
		Expect(err).NotTo(HaveOccurred())
		pid, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		rest = strings.TrimSpace(rest)
		if start, ok := strings.CutSuffix(rest, "<unfinished ...>"); ok {
			begun[pid] = strings.TrimSpace(start)
			continue
		}
		if _, end, ok := strings.Cut(rest, " resumed>"); ok && strings.HasPrefix(rest, "<... ") {
			rest = begun[pid] + end
		}
		if c, ok := parseCall(rest); ok && (c.call == "say" || strings.HasPrefix(c.path, dir) || c.path == filepath.Dir(dir)) {
			list = append(list, c)
		}
	}
}

var callLine = regexp.MustCompile(`^(\w+)\((.*)\)\s+= (-?\d+)`) //nolint:gochecknoglobals // compiled once

// parseCall reads one line of strace.
func parseCall(line string) (change, bool) {
	GinkgoHelper()
	m := callLine.FindStringSubmatch(line)
	if m == nil || strings.HasPrefix(m[3], "-") {
		return change{}, false
	}
	args := strings.Split(m[2], ", ")
	number := func(s string) int64 {
		n, err := strconv.ParseInt(s, 10, 64)
		Expect(err).NotTo(HaveOccurred(), line[:min(len(line), 200)])
		return n
	}
	switch m[1] {
	case "open", "link", "unlink", "rename", "mkdir": // like those with a folder before each path
		args = []string{"", args[0], "", args[len(args)-1]}
		m[1] += "at"
	}
	switch c := (change{call: m[1]}); m[1] {
	case "openat":
		c.path, c.created = unhex(args[1]), strings.Contains(m[2], "O_CREAT")
		return c, c.created
	case "pwrite64":
		c.path, c.data, c.at = described(args[0]), []byte(unhex(args[1])), number(args[3])
		c.data = c.data[:number(m[3])]
		return c, true
	case "write":
		if c.path = described(args[0]); strings.HasPrefix(args[0], "1<") {
			c.call, c.data = "say", []byte(unhex(args[1]))
		}
		return c, c.call == "say"
	case "ftruncate":
		c.path, c.at = described(args[0]), number(args[1])
		return c, true
	case "fsync", "fdatasync":
		c.call, c.path = "sync", described(args[0])
		return c, true
	case "linkat", "renameat", "renameat2":
		c.path, c.to = unhex(args[1]), unhex(args[3])
		return c, true
	case "unlinkat", "mkdirat":
		c.path = unhex(args[1])
		return c, true
	}
	return change{}, false
}

// described returns the path that strace writes after a file descriptor.
func described(arg string) string {
	_, path, _ := strings.Cut(arg, "<")
	return unhex(`"` + strings.TrimSuffix(path, ">") + `"`)
}

func unhex(arg string) string {
	GinkgoHelper()
	b, err := hex.DecodeString(strings.ReplaceAll(strings.Trim(arg, `"`), `\x`, ""))
	Expect(err).NotTo(HaveOccurred(), arg[:min(len(arg), 100)])
	return string(b)
}

// disk is a file system that may lose unsynced data in a power cut.
type disk struct {
	names   map[string]int // durable: path -> file, 0 for a folder
	renames []naming       // not yet synced
	now     map[string]int // as programs see the names
	files   []diskFile
	said    []byte
}

type diskFile struct {
	durable []byte
	pending []change
}

// naming maps a path to a file; -1 removes it.
type naming struct {
	path string
	file int
}

func newDisk() *disk {
	return &disk{names: make(map[string]int), now: make(map[string]int), files: make([]diskFile, 1)}
}

// apply makes one change.
func (d *disk) apply(c change) {
	GinkgoHelper()
	name := func(path string, file int) {
		d.renames = append(d.renames, naming{path, file})
		if d.now[path] = file; file < 0 {
			delete(d.now, path)
		}
	}
	switch c.call {
	case "say":
		d.said = append(d.said, c.data...)
	case "openat":
		if _, ok := d.now[c.path]; !ok {
			d.files = append(d.files, diskFile{})
			name(c.path, len(d.files)-1)
		}
	case "pwrite64", "ftruncate":
		if file, ok := d.now[c.path]; ok { // and not one that was deleted meanwhile
			d.files[file].pending = append(d.files[file].pending, c)
		}
	case "sync":
		d.sync(c.path)
	case "mkdirat":
		name(c.path, 0)
	case "linkat":
		name(c.to, d.now[c.path])
	case "renameat", "renameat2":
		name(c.to, d.now[c.path])
		name(c.path, -1)
	case "unlinkat":
		name(c.path, -1)
	default:
		Fail("unknown call " + c.call)
	}
}

func (d *disk) sync(path string) {
	if file := d.now[path]; file > 0 {
		f := &d.files[file]
		for _, c := range f.pending {
			f.durable = c.on(f.durable)
		}
		f.pending = nil
		return
	}
	var left []naming // a folder: the names in it
	for _, n := range d.renames {
		if filepath.Dir(n.path) == path {
			rename(d.names, n)
		} else {
			left = append(left, n)
		}
	}
	d.renames = left
}

func rename(names map[string]int, n naming) {
	if names[n.path] = n.file; n.file < 0 {
		delete(names, n.path)
	}
}

// on applies a write or a truncation.
func (c change) on(data []byte) []byte {
	if c.call == "ftruncate" {
		if int(c.at) <= len(data) {
			return data[:c.at]
		}
		return append(data, make([]byte, int(c.at)-len(data))...)
	}
	if end := int(c.at) + len(c.data); end > len(data) {
		data = append(data, make([]byte, end-len(data))...)
	}
	copy(data[c.at:], c.data)
	return data
}

// luck decides which unsynced data is on disk after a power cut.
type luck struct {
	name string
	keep func() bool // keep a write after the last sync
	torn func() bool // lose a sector of a write that is kept
}

const sector = 512

// image writes the content of the disk after a power cut to dir, which replaces root.
func (d *disk) image(root, dir string, l luck) {
	GinkgoHelper()
	names := maps.Clone(d.names)
	for _, n := range d.renames {
		if l.keep() {
			rename(names, n)
		}
	}
	for path, file := range names {
		within := path == root || strings.HasPrefix(path, root+"/")
		for above := filepath.Dir(path); within && above != filepath.Dir(root); above = filepath.Dir(above) {
			if is, ok := names[above]; !ok || is != 0 {
				within = false // its directory does not exist
			}
		}
		if !within || strings.HasSuffix(path, "-shm") {
			continue
		}
		to := filepath.Join(dir, strings.TrimPrefix(path, root))
		if file == 0 {
			Expect(os.MkdirAll(to, 0o700)).To(Succeed())
			continue
		}
		Expect(os.MkdirAll(filepath.Dir(to), 0o700)).To(Succeed())
		Expect(os.WriteFile(to, d.files[file].after(l), 0o600)).To(Succeed())
	}
}

// after returns the content of a file after a power cut.
func (f *diskFile) after(l luck) []byte {
	data := bytes.Clone(f.durable)
	for _, c := range f.pending {
		if !l.keep() {
			continue
		}
		if c.call == "ftruncate" {
			data = c.on(data)
			continue
		}
		for at := 0; at < len(c.data); at += sector {
			part := c.data[at:min(at+sector, len(c.data))]
			if !l.torn() {
				data = change{call: c.call, data: part, at: c.at + int64(at)}.on(data)
			}
		}
	}
	return data
}

// String describes a call for messages.
func (c change) String() string {
	return fmt.Sprintf("%s %s at %d", c.call, filepath.Base(c.path), c.at)
}
