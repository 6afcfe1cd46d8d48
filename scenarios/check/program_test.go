package check

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestEveryPresetIsComplete(t *testing.T) {
	for _, name := range Presets() {
		p, err := Preset(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if p.Settings == "" || p.Version == "" || len(p.Modes) < 2 {
			t.Errorf("%s: settings, version or modes are missing", name)
		}
	}
	if _, err := Preset("../presets/curl"); err == nil {
		t.Error("a path is a preset")
	}
}

func TestPlaceholdersAreFilledInAfterTheCommandIsTakenApart(t *testing.T) {
	p := &Program{Command: `fetch -u '{user}:{password}' {security} "{dir}/x" {port}`, Words: map[string]map[TLS]string{"security": {UseSTLS: "--tls --ca '{ca}'"}}}
	e := Endpoint{Host: "h", Port: 5, User: "an n", Password: `p"'$x`, CA: "/a b/ca.pem"}
	args, err := p.filling("/case", e).command(p.Command)
	if err != nil || !slices.Equal(args, []string{"fetch", "-u", `an n:p"'$x`, "/case/mail/x", "5"}) {
		t.Errorf("%q, %v", args, err)
	}
	e.TLS = UseSTLS
	args, err = p.filling("/case", e).command(p.Command)
	if err != nil || !slices.Equal(args[3:6], []string{"--tls", "--ca", "/a b/ca.pem"}) {
		t.Errorf("%q, %v", args, err)
	}
	p.Shell = true
	args, err = p.filling("/case", e).command("fetch {password}")
	if err != nil || args[0] != "sh" || strings.Contains(args[2], `p"'$x`) {
		t.Errorf("%q, %v", args, err)
	}
	if got := p.filling("/case", e).text(`"{password:c}" {user:percent}`, same); got != `"p\"'$x" an n` {
		t.Error(got)
	}
}

func TestAFileThatIsNamedIsGivenWithItsFullPath(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "fetch.py"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "mine.yaml"), []byte("command: python3 fetch.py {port} {dir} other.py\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := LoadProgram(filepath.Join(dir, "mine.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	args, err := p.filling("/case", Endpoint{Port: 5}).command(p.Command)
	if err != nil || !slices.Equal(args, []string{"python3", filepath.Join(dir, "fetch.py"), "5", "/case/mail", "other.py"}) {
		t.Errorf("%q, %v", args, err)
	}
}

func TestAClientFileThatIsWrongIsSaidSo(t *testing.T) {
	for text, want := range map[string]string{
		"":                                         "command is missing",
		"command: x {port}":                        "no command, file or variable contains {dir}",
		"command: x {port} {dir} 'open":            "cannot be split into words",
		"command: x {port} {dir}\nmodes: [ssl]":    "not one of none, stls, implicit",
		"command: x {port} {dir}\ncan: [fly]":      "is not an ability",
		"command: x {port} {dir}\nstore: pst":      "store:",
		"command: x {port} {dir}\ndeviations: [x]": "deviations:",
		"command: x {port} {dir}\ntimeout: 3":      "timeout",
		"command: [":                               "mine",
	} {
		if _, err := parseProgram("mine", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzAClientFileIsReadOrRefused(f *testing.F) {
	f.Add("command: x {port} {dir} {password:c}\nwords: {a: {none: b}}\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parseProgram("mine", []byte(text))
		if err != nil {
			return
		}
		if _, err = p.filling("/case", Endpoint{}).command(p.Command); err != nil && !p.Shell && len(p.Words) == 0 {
			t.Errorf("%q: %v", text, err)
		}
	})
}
