package pop3mtm_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	// What a test imports is compiled before it runs: buildCommands then finds that compiled.
	_ "pop3mtm/fakeserver/control/tools"
	_ "pop3mtm/features"
	"pop3mtm/internal/gobuild"
	"pop3mtm/internal/need"
	"pop3mtm/internal/ramdisk"
)

// block is one fenced block of commands in a document.
type block struct {
	file   string
	line   int
	kind   string   // console: "$ command" lines with the output under them; sh: a script
	notRun string   // the reason of the marker before it, "" when it is run
	first  []string // commands that markers before it name: what they print is not shown
	text   []string // without the fences
}

// example is one command of a block and the output shown under it, nil when none is shown.
type example struct {
	line    int
	command string
	output  []string
}

var marker = regexp.MustCompile(`^<!-- (not run|run first): (.+) -->$`)

// blocks finds the fenced blocks of commands in a document, and in which lines markers
// stand that belong to none.
func blocks(file, text string) (found []block, stray []int) {
	var open *block
	var next block
	var markers []int
	for i, line := range strings.Split(text, "\n") {
		m := marker.FindStringSubmatch(line)
		switch {
		case open != nil && line == "```":
			found, open = append(found, *open), nil
		case open != nil:
			open.text = append(open.text, line)
		case line == "```console" || line == "```sh":
			next.file, next.line, next.kind = file, i+1, line[3:]
			begun := next
			open, next, markers = &begun, block{}, nil
		case m != nil && m[1] == "not run":
			next.notRun, markers = m[2], append(markers, i+1)
		case m != nil:
			next.first, markers = append(next.first, m[2]), append(markers, i+1)
		case line != "":
			stray = append(stray, markers...)
			next, markers = block{}, nil
		}
	}
	return found, append(stray, markers...)
}

// examples takes a block apart. A line of a console block that begins with "> " goes on with the
// command above it; a sh block is one script.
func (b block) examples() []example {
	var all []example
	for _, command := range b.first {
		all = append(all, example{line: b.line, command: command})
	}
	if b.kind == "sh" {
		return append(all, example{line: b.line + 1, command: "set -e\n" + strings.Join(b.text, "\n")})
	}
	for i, line := range b.text {
		command, isCommand := strings.CutPrefix(line, "$ ")
		more, goesOn := strings.CutPrefix(line, "> ")
		last := len(all) - 1
		switch {
		case isCommand:
			all = append(all, example{line: b.line + 1 + i, command: command})
		case last >= 0 && goesOn && all[last].output == nil:
			all[last].command += "\n" + more
		case last >= 0:
			all[last].output = append(all[last].output, line)
		}
	}
	return all
}

// matches compares output with what a document shows: "..." stands for any text in a line,
// and alone for any lines.
func matches(shown []string, output string) bool {
	pattern := "(?s)^"
	for _, line := range shown {
		if strings.TrimSpace(line) == "..." {
			pattern += "(?:[^\n]*\n)*?"
			continue
		}
		parts := strings.Split(line, "...")
		for i := range parts {
			parts[i] = regexp.QuoteMeta(parts[i])
		}
		pattern += strings.Join(parts, "[^\n]*") + "[ \t]*\n"
	}
	return regexp.MustCompile(pattern + "$").MatchString(strings.TrimRight(output, "\n") + "\n")
}

// documents are the files whose commands are run.
func documents(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	return append([]string{"README.md", "CONTRIBUTING.md"}, files...)
}

// TestTheCommandsOfTheDocumentsWork runs the commands of each document from its first to its last
// in one empty folder, with this tree's commands on the PATH. CONTRIBUTING.md explains the rules.
func TestTheCommandsOfTheDocumentsWork(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the documents are written for a Unix shell")
	}
	for _, program := range []string{"cat", "cmp", "cp", "curl", "cut", "grep", "head", "ls", "mkdir", "mv", "rm", "sed", "sleep", "sqlite3", "tail", "true", "wc"} {
		need.Program(t, program)
	}
	bin := buildCommands(t)
	for _, file := range documents(t) {
		t.Run(file, func(t *testing.T) {
			t.Parallel() // their programs wait for each other much of the time
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			found, stray := blocks(file, string(text))
			for _, line := range stray {
				t.Errorf("%s:%d: the marker stands before no block of commands", file, line)
			}
			shell := newShell(t, bin)
			for _, b := range found {
				if b.notRun != "" {
					t.Logf("%s:%d: not run: %s", file, b.line, b.notRun)
					continue
				}
				all := b.examples()
				if len(all) == 0 {
					t.Errorf("%s:%d: the block holds no command", file, b.line)
				}
				for _, e := range all {
					if text := shell.run(t.Context(), e); text != "" {
						t.Fatalf("%s:%d: %s\n%s", file, e.line, e.command, text)
					}
				}
			}
		})
	}
}

// built is the directory with this tree's commands, made by the first test that needs them.
var built struct {
	sync.Once
	dir string
	err error
}

func TestMain(m *testing.M) {
	ramdisk.Use()
	status := m.Run()
	if built.dir != "" {
		_ = os.RemoveAll(built.dir) // below the system's directory for temporary files
	}
	os.Exit(status)
}

// buildCommands returns the directory with this tree's commands.
func buildCommands(t *testing.T) string {
	t.Helper()
	built.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "pop3mtm-commands-"); built.err == nil {
			built.err = gobuild.Programs(t.Context(), built.dir+string(filepath.Separator), "./cmd/...")
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.dir
}

// documentAddress, documentSMTP and documentHTTP are what the documents show; the test puts ones
// with free ports in their place, so that nothing that runs on this machine is in the way.
const (
	documentAddress = "127.0.0.1:1110"
	documentSMTP    = "127.0.0.1:1025"
	documentHTTP    = "127.0.0.1:8025"
)

// shell runs the commands of one document.
type shell struct {
	t       *testing.T
	dir     string
	env     []string
	address string // in place of documentAddress
	smtp    string // in place of documentSMTP
	http    string // in place of documentHTTP
}

func newShell(t *testing.T, bin string) *shell {
	t.Helper()
	dir := t.TempDir()
	// The documents have a clone of this tree in the reader's folder.
	here, err := os.Getwd()
	if err == nil {
		err = os.Symlink(here, filepath.Join(dir, "pop3mtm"))
	}
	if err != nil {
		t.Fatal(err)
	}
	// Else a process that the go command leaves behind writes its statistics below HOME, after the
	// end.
	mode := filepath.Join(dir, ".config", "go", "telemetry", "mode")
	if err = os.MkdirAll(filepath.Dir(mode), 0o700); err == nil {
		err = os.WriteFile(mode, []byte("off"), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "XDG_CONFIG_HOME=", "PATH="+bin+":"+os.Getenv("PATH"), "HOME="+dir, "XDG_DATA_HOME=", "MTM_STORE=mail.store", "GOFLAGS=")
	for _, name := range []string{"GOMODCACHE", "GOCACHE"} { // else below HOME
		value, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		env = append(env, name+"="+strings.TrimSpace(string(value)))
	}
	return &shell{t: t, dir: dir, env: env, address: freeAddress(t), smtp: freeAddress(t), http: freeAddress(t)}
}

// nextPort is where freeAddress looks next. Systems give higher ports to whoever asks for any port,
// so that such a port may be taken before a document starts its server.
var nextPort atomic.Int64

// freeAddress returns an address that no other document gets.
func freeAddress(t *testing.T) string {
	t.Helper()
	nextPort.CompareAndSwap(0, 10_000+rand.Int64N(10_000))
	for range 1000 {
		address := fmt.Sprintf("127.0.0.1:%d", nextPort.Add(1))
		if l, err := net.Listen("tcp", address); err == nil {
			if err = l.Close(); err != nil {
				t.Fatal(err)
			}
			return address
		}
	}
	t.Fatal("no port is free")
	return ""
}

// goRun is how the documents start a command of this tree from a clone; the built
// one is started instead.
var goRun = regexp.MustCompile(`\bgo run \./cmd/(\w+)`)

// run returns what is wrong, "" when all is well. A command that ends in " &" is a server: run
// waits until it listens on the port of the documents, and the end of the document stops it.
func (s *shell) run(ctx context.Context, e example) string {
	command := goRun.ReplaceAllString(e.command, "$1")
	command = strings.NewReplacer(documentAddress, s.address, documentSMTP, s.smtp, documentHTTP, s.http).Replace(command)
	if server, ok := strings.CutSuffix(command, " &"); ok {
		return s.serve(server, e.output)
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.Dir, cmd.Env = s.dir, s.env
	out, err := cmd.CombinedOutput()
	// curl shows lines as POP3 ends them.
	text := strings.NewReplacer("\r\n", "\n", s.address, documentAddress, s.smtp, documentSMTP, s.http, documentHTTP).Replace(string(out))
	if err != nil {
		return err.Error() + "\n" + text
	}
	if e.output != nil && !matches(e.output, text) {
		return "shown:\n" + strings.Join(e.output, "\n") + "\n\nprinted:\n" + text
	}
	return ""
}

func (s *shell) serve(command string, shown []string) string {
	if shown != nil {
		return "a server's output is not compared: do not show it under the command"
	}
	if command == "pop3sim" {
		command = "pop3sim serve"
	}
	if !strings.Contains(command, "--pop3 ") {
		command += " --pop3 " + s.address
	}
	var out bytes.Buffer
	cmd := exec.Command("sh", "-c", "exec "+command)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = s.dir, s.env, &out, &out
	if err := cmd.Start(); err != nil {
		return err.Error()
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	s.t.Cleanup(func() {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			s.t.Error(err)
		}
		if err := <-ended; err != nil {
			s.t.Errorf("%s: %v", command, err)
		}
	})
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range 12_000 { // minutes: machines are busy
		if conn, err := net.Dial("tcp", s.address); err == nil {
			return closed(conn)
		}
		select {
		case err := <-ended:
			ended <- err
			return "the server ended: " + out.String()
		case <-tick.C:
		}
	}
	return "nothing listens on " + s.address
}

func closed(conn net.Conn) string {
	if err := conn.Close(); err != nil {
		return err.Error()
	}
	return ""
}

func TestADocumentThatShowsWhatIsNotSoIsFound(t *testing.T) {
	s := newShell(t, t.TempDir())
	text := strings.Join([]string{
		"<!-- not run: it would take an hour -->", "", "```sh", "sleep 3600", "```",
		"<!-- not run: belongs to nothing -->", "words",
		"```console", "$ echo one; echo two", "...", "two", "$ echo three", "four", "$ false", "```",
		"<!-- run first: echo unseen -->", "```sh", "# a remark", "false", "true", "```",
	}, "\n")
	found, stray := blocks("x.md", text)
	if len(found) != 3 || found[0].notRun != "it would take an hour" || found[1].notRun != "" {
		t.Fatalf("blocks: %+v", found)
	}
	if len(stray) != 1 || stray[0] != 6 {
		t.Errorf("stray markers in lines %v", stray)
	}
	good, wrong, fails := found[1].examples()[0], found[1].examples()[1], found[1].examples()[2]
	if text := s.run(t.Context(), good); text != "" {
		t.Error(text)
	}
	if text := s.run(t.Context(), wrong); !strings.Contains(text, "printed:\nthree") {
		t.Errorf("other output than shown is not found: %q", text)
	}
	if text := s.run(t.Context(), fails); !strings.Contains(text, "exit status 1") {
		t.Errorf("a failing command is not found: %q", text)
	}
	unseen, script := found[2].examples()[0], found[2].examples()[1]
	if text := s.run(t.Context(), unseen); text != "" {
		t.Error(text)
	}
	if text := s.run(t.Context(), script); !strings.Contains(text, "exit status 1") {
		t.Errorf("a failing command in a script is not found: %q", text)
	}
}

// docs/fakeserver.md says how many other modules a program builds that imports fakeserver.
func TestTheDocumentSaysWhatFakeserverPullsIn(t *testing.T) {
	text, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}", "./fakeserver").Output()
	if err != nil {
		t.Fatal(err)
	}
	modules := slices.Compact(slices.Sorted(slices.Values(strings.Fields(string(text)))))
	said, err := os.ReadFile(filepath.Join("docs", "fakeserver.md"))
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("also builds %d other modules", len(modules)); !strings.Contains(string(said), want) {
		t.Errorf("docs/fakeserver.md does not say %q: %s", want, strings.Join(modules, ", "))
	}
}

func TestDotsInShownOutputStandForWhatVaries(t *testing.T) {
	for _, c := range []struct {
		shown, output string
		want          bool
	}{
		{"one", "one\n", true},
		{"one", "one\ntwo\n", false},
		{"one\n...", "one\ntwo\nthree\n", true},
		{"...\nthree", "one\ntwo\nthree\n", true},
		{"1 of ... ok", "1 of 12 ok\n", true},
		{"1 of ... ok", "1 of 12\nok\n", false},
		{"a+b", "aab\n", false},
	} {
		if got := matches(strings.Split(c.shown, "\n"), c.output); got != c.want {
			t.Errorf("%q matches %q: %v", c.shown, c.output, got)
		}
	}
}
