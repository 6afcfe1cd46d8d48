package check

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/kballard/go-shellquote"

	"pop3mtm/scenarios"
	"pop3mtm/scenarios/check/process"
	"pop3mtm/scenarios/check/stored"
)

//go:embed presets/*.yaml
var presets embed.FS

// Program describes a client that is a program: a preset, or the file given with --client. Its
// texts may contain the placeholders {host}, {port}, {user}, {password}, {dir} (where to store
// mail), {ca} (the file of the authority to trust), {home} (the working directory), {tls} (none,
// stls or implicit) and those of Words. {user:c} and {password:c} are escaped for a text in double
// quotes, {password:percent} for a file in which % has a meaning.
type Program struct {
	// Title is the client's name for people.
	Title string `yaml:"title"`
	// Settings describes its settings in a line, for reports.
	Settings string `yaml:"settings"`
	// Version is a command that prints the version in its first line.
	Version string `yaml:"version"`
	// Prepare lists commands that are run once for each case, before the first visit.
	Prepare []string `yaml:"prepare"`
	// Command fetches the mail once.
	Command string `yaml:"command"`
	// Collect lists commands that are run after each visit; they put what is stored below {dir}.
	Collect []string `yaml:"collect"`
	// Shell runs all commands by sh -c, with the placeholders quoted.
	Shell bool `yaml:"shell"`
	// Files holds files that are written into {home} for each case, with their mode 0600.
	Files map[string]string `yaml:"files"`
	// Directories lists directories to make below {home}.
	Directories []string `yaml:"directories"`
	// Words holds more placeholders, each with a text for none, stls and implicit.
	Words map[string]map[TLS]string `yaml:"words"`
	// Modes lists the uses of TLS that the client can be set to: none, stls, implicit. Default:
	// none.
	Modes []TLS `yaml:"modes"`
	// Env holds environment variables besides PATH, HOME, TMPDIR and LANG.
	Env map[string]string `yaml:"env"`
	// Pass names environment variables that the program inherits, if they are set.
	Pass []string `yaml:"pass"`
	// Store is the layout of the mail below {dir}. Default: the probe detects it.
	Store stored.Layout `yaml:"store"`
	// Can lists abilities that the probe cannot detect.
	Can []scenarios.Ability `yaml:"can"`
	// Deviations lists the changes that the client makes to every message by design: nul (it leaves
	// out NUL octets), header (it replaces the header, so only the body is compared).
	Deviations []string `yaml:"deviations"`

	limits process.Limits
	path   string // the directory of its file, for commands that name files beside it
}

// maxProgram limits a client file, in octets.
const maxProgram = 64 << 10

// Presets returns the names of the built-in clients.
func Presets() []string {
	files, err := fs.Glob(presets, "presets/*.yaml")
	if err != nil {
		return nil // the pattern is right
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(strings.TrimPrefix(f, "presets/"), ".yaml")
	}
	return files
}

// Preset returns the built-in client with a name.
func Preset(name string) (*Program, error) {
	text, err := presets.ReadFile("presets/" + name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("there is no preset %q; there are %s", name, strings.Join(Presets(), ", "))
	}
	return parseProgram(name, text)
}

// LoadProgram reads and checks a client file.
func LoadProgram(path string) (*Program, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(f, maxProgram+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxProgram {
		return nil, fmt.Errorf("%s: the file has more than %d octets", path, maxProgram)
	}
	p, err := parseProgram(path, text)
	if err == nil {
		p.path, err = filepath.Abs(filepath.Dir(path))
	}
	return p, err
}

func parseProgram(name string, text []byte) (*Program, error) {
	p := &Program{}
	d := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict())
	if err := d.Decode(p); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if p.Title == "" {
		p.Title = name
	}
	if err := p.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}

// Check reports what is wrong with the description.
func (p *Program) Check() error {
	if strings.TrimSpace(p.Command) == "" {
		return errors.New("command is missing: say how the client fetches its mail")
	}
	whole := strings.Join(slices.Concat([]string{p.Command}, p.Prepare, slices.Collect(maps.Values(p.Files)), slices.Collect(maps.Values(p.Env))), " ")
	whole += " " + strings.Join(p.Collect, " ")
	for needed, variable := range map[string]string{"{port}": "POP3_PORT", "{dir}": "POP3_DIR"} {
		if !strings.Contains(whole, needed) && !strings.Contains(whole, variable) {
			return fmt.Errorf("no command, file or variable contains %s: the client would not know where to connect or where to store", needed)
		}
	}
	for _, m := range p.Modes {
		if !slices.Contains([]TLS{PlainLine, UseSTLS, UseImplicit}, m) {
			return fmt.Errorf("modes: %q is not one of none, stls, implicit", m)
		}
	}
	for _, a := range p.Can {
		if !slices.Contains(scenarios.Abilities(), a) {
			return fmt.Errorf("can: %q is not an ability; there are %v", a, scenarios.Abilities())
		}
	}
	for _, d := range p.Deviations {
		if !slices.Contains(stored.Deviations(), d) {
			return fmt.Errorf("deviations: %q is not one of %s", d, strings.Join(stored.Deviations(), ", "))
		}
	}
	if p.Store != stored.Auto && !slices.Contains(stored.Layouts(), p.Store) {
		return fmt.Errorf("store: %q is not one of %v", p.Store, stored.Layouts())
	}
	if p.Shell {
		return nil
	}
	for _, c := range slices.Concat([]string{p.Command}, p.Prepare, p.Collect) {
		if _, err := shellquote.Split(c); err != nil {
			return fmt.Errorf("the command %q cannot be split into words: %w; with shell: true sh does that", c, err)
		}
	}
	return nil
}

// Limit sets the limits of each visit.
func (p *Program) Limit(hang time.Duration) { p.limits.Hang = hang }

// filling replaces placeholders by their values.
type filling struct {
	program *Program
	values  map[string]string
	tls     TLS
}

func (p *Program) filling(dir string, e Endpoint) *filling {
	return &filling{p, map[string]string{
		"host": e.Host, "port": strconv.Itoa(e.Port), "user": e.User, "password": e.Password,
		"dir": filepath.Join(dir, mailDir), "ca": e.CA, "home": dir, "tls": string(e.TLS),
	}, e.TLS}
}

// text replaces the placeholders of a text, each by its value after quote.
func (f *filling) text(t string, quote func(string) string) string {
	for name, by := range f.program.Words { // they may hold placeholders
		t = strings.ReplaceAll(t, "{"+name+"}", by[f.tls])
	}
	var pairs []string
	for name, value := range f.values {
		pairs = append(pairs, "{"+name+"}", quote(value), "{"+name+":c}", quote(escapeC(value)), "{"+name+":percent}", quote(strings.ReplaceAll(value, "%", "%%")))
	}
	return strings.NewReplacer(pairs...).Replace(t)
}

func escapeC(s string) string { return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) }

func same(s string) string { return s }

// command splits a command line into arguments. Placeholders are replaced after splitting, so that
// no value becomes two arguments; only a placeholder of Words that is an argument of its own may
// become several.
func (f *filling) command(line string) ([]string, error) {
	if f.program.Shell {
		return []string{"sh", "-c", f.text(line, func(s string) string { return shellquote.Join(s) })}, nil
	}
	words, err := shellquote.Split(line)
	if err != nil {
		return nil, err
	}
	var args []string
	for _, w := range words {
		if by, ok := f.program.Words[strings.Trim(w, "{}")]; ok && strings.HasPrefix(w, "{") {
			more, err := shellquote.Split(by[f.tls])
			if err != nil {
				return nil, err
			}
			for _, m := range more {
				args = append(args, f.text(m, same))
			}
			continue
		}
		args = append(args, f.program.beside(f.text(w, same), w))
	}
	return args, nil
}

// beside returns the full path of a word that names a file in the user's working directory or
// beside the client's file, since the client runs in another directory.
func (p *Program) beside(word, written string) string {
	if word != written || filepath.IsAbs(word) || strings.HasPrefix(word, "-") || !strings.ContainsAny(word, "./") {
		return word
	}
	for _, dir := range []string{p.path, "."} {
		if dir == "" {
			continue
		}
		if whole, err := filepath.Abs(filepath.Join(dir, word)); err == nil && isFile(whole) {
			return whole
		}
	}
	return word
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
