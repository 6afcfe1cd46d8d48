package pop3mtm_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"pop3mtm/internal/need"
)

// recipes holds what the tests of examples/ci share: a folder like a checkout, and a release
// archive.
type recipes struct {
	*testing.T
	bin, dir, archive string
}

// copier is a client that copies all mail, without half messages.
const copier = `import os, poplib, sys
host, port, user, password, folder = sys.argv[1:6]
box = poplib.POP3(host, int(port), timeout=20)
box.user(user); box.pass_(password)
for row in box.uidl()[1]:
    number, uid = row.decode().split()
    path = os.path.join(folder, uid + ".eml")
    if not os.path.exists(path):
        lines = box.retr(int(number))[1]
        with open(path + ".part", "wb") as f:
            f.write(b"".join(line + b"\r\n" for line in lines))
        os.rename(path + ".part", path)
box.quit()
`

func newRecipes(t *testing.T) *recipes {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the recipes are written for Linux")
	}
	for _, program := range []string{"bash", "cat", "cp", "gzip", "mkdir", "python3", "tar"} {
		need.Program(t, program)
	}
	r := &recipes{T: t, bin: buildCommands(t), dir: t.TempDir(), archive: filepath.Join(t.TempDir(), "pop3mtm_1.0.0_linux_amd64.tar.gz")}
	r.run(exec.Command("tar", "-czf", r.archive, "-C", filepath.Dir(r.bin), filepath.Base(r.bin)+"/pop3sim"))
	if err := os.WriteFile(filepath.Join(r.dir, "fetch.py"), []byte(copier), 0o600); err != nil {
		t.Fatal(err)
	}
	return r
}

// run runs a command and returns what it prints.
func (r *recipes) run(cmd *exec.Cmd) string {
	r.Helper()
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.Fatalf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, out)
	}
	return string(out)
}

// load reads a YAML file of examples/ci, whose documents go into each of into.
func (r *recipes) load(name string, into ...any) {
	r.Helper()
	text, err := os.ReadFile(filepath.Join("examples", "ci", name))
	if err != nil {
		r.Fatal(err)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for _, v := range into {
		if err := decoder.Decode(v); err != nil {
			r.Fatalf("%s: %v", name, err)
		}
	}
}

func TestTheRecipesForCIWork(t *testing.T) {
	r := newRecipes(t)
	for name, try := range map[string]func(*recipes){
		"GitHub": (*recipes).gitHub, "GitLab": (*recipes).gitLab, "compose": (*recipes).compose, "Kubernetes": (*recipes).kubernetes,
		"Testcontainers": (*recipes).testcontainers, "GitHub, with a client that fails": (*recipes).gitHubFails,
		"GitLab, with a client that fails": (*recipes).gitLabFails,
	} {
		t.Run(name, func(t *testing.T) {
			one := *r
			one.T = t
			try(&one)
		})
	}
}

var input = regexp.MustCompile(`\$\{\{ *inputs\.(\w+) *\}\}`)

func (r *recipes) gitHub() {
	summary := r.action("fetch.py", "--only retr-drop@500/*", 0)
	r.contains(filepath.Join(r.dir, "pop3-report.xml"), "<testsuite")
	r.contains(summary, "pass")
}

func (r *recipes) gitHubFails() {
	r.dir = r.TempDir()
	summary := r.action(r.stuffer(), "--only retr-octets@dot*", 1)
	r.contains(filepath.Join(r.dir, "pop3-report.xml"), "<failure")
	r.contains(summary, "cases fail the check")
}

// stuffer writes a client that doubles the dot at the start of a line, and returns its file.
func (r *recipes) stuffer() string {
	r.Helper()
	text := strings.Replace(copier, "line + b", "line[:1].replace(b'.', b'..') + line[1:] + b", 1)
	file := filepath.Join(r.dir, "stuffer.py")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		r.Fatal(err)
	}
	return filepath.Base(file)
}

// action runs the steps of the action as a runner does: each in a shell of its own, with what
// earlier ones have added to the PATH. Only the last step may fail. It returns the summary's file.
func (r *recipes) action(client, arguments string, status int) (summary string) {
	r.Helper()
	var action struct {
		Inputs map[string]struct{ Default string }
		Runs   struct {
			Using string
			Steps []struct {
				Name, Shell, Run string
				Env              map[string]string
			}
		}
	}
	r.load("action/action.yml", &action)
	temp := r.TempDir()
	values := map[string]string{"client": "python3 " + client + " {host} {port} {user} {password} {dir}", "archive": r.archive,
		"arguments": arguments}
	path, summary := filepath.Join(temp, "path"), filepath.Join(temp, "summary.md")
	for i, step := range action.Runs.Steps {
		if step.Shell != "bash" || action.Runs.Using != "composite" {
			r.Fatalf("%s: shell %q", step.Name, step.Shell)
		}
		added, _ := os.ReadFile(path) // the first step makes it
		cmd := exec.CommandContext(r.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.Run)
		cmd.Dir = r.dir
		cmd.Env = append(os.Environ(), "RUNNER_TEMP="+temp, "GITHUB_PATH="+path, "GITHUB_STEP_SUMMARY="+summary,
			"PATH="+strings.ReplaceAll(string(added), "\n", ":")+os.Getenv("PATH"))
		for name, text := range step.Env {
			cmd.Env = append(cmd.Env, name+"="+input.ReplaceAllStringFunc(text, func(m string) string {
				key := input.FindStringSubmatch(m)[1]
				if v, given := values[key]; given {
					return v
				}
				return action.Inputs[key].Default
			}))
		}
		if i < len(action.Runs.Steps)-1 {
			r.Log(r.run(cmd))
			continue
		}
		r.ends(cmd, status)
	}
	return summary
}

// ends runs a command that must end with a status.
func (r *recipes) ends(cmd *exec.Cmd, status int) {
	r.Helper()
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != status {
		r.Fatalf("%v, not status %d\n%s", err, status, out)
	}
	r.Logf("%s", out)
}

func (r *recipes) contains(path, text string) {
	r.Helper()
	got, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(got), text) {
		r.Errorf("%s: %v\n%s", path, err, got)
	}
}

func (r *recipes) gitLab() { r.contains(r.job("fetch.py", "--only retr-drop@500/*", 0), "<testsuite") }

func (r *recipes) gitLabFails() {
	r.dir = r.TempDir()
	r.contains(r.job(r.stuffer(), "--only retr-octets@dot*", 1), "<failure")
}

// job runs the lines of the job, in one shell, and returns the report's file.
func (r *recipes) job(client, arguments string, status int) (report string) {
	r.Helper()
	var file map[string]struct {
		Variables     map[string]string
		BeforeScript  []string `yaml:"before_script"`
		Script        []string
		ReportOfTests struct{ Reports struct{ Junit string } } `yaml:"artifacts"`
	}
	r.load("gitlab-ci.yml", &file)
	job := file["pop3-check"]
	cmd := exec.CommandContext(r.Context(), "sh", "-c", "set -e\n"+strings.Join(append(job.BeforeScript, job.Script...), "\n"))
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "POP3SIM_ARCHIVE="+r.archive, "CI_NODE_INDEX=1", "CI_NODE_TOTAL=2")
	for name, value := range job.Variables {
		if name == "ARGUMENTS" {
			value = arguments
		}
		cmd.Env = append(cmd.Env, name+"="+strings.ReplaceAll(value, "fetch.py", client))
	}
	r.ends(cmd, status)
	return filepath.Join(r.dir, job.ReportOfTests.Reports.Junit)
}

// serves runs pop3sim with the arguments of a container until its health check passes. Addresses
// and the path of the ready file become ones of this test.
func (r *recipes) serves(args, health []string) {
	r.Helper()
	ready := filepath.Join(r.TempDir(), "ready.json")
	ours := func(args []string) []string {
		all := slices.Clone(args)
		for i := range all {
			all[i] = regexp.MustCompile(`0\.0\.0\.0:\d+`).ReplaceAllString(all[i], "127.0.0.1:0")
			all[i] = strings.ReplaceAll(all[i], "/tmp/ready.json", ready)
		}
		return all
	}
	if len(health) < 2 || health[0] != "/usr/bin/pop3sim" {
		r.Fatalf("the health check is %q", health)
	}
	program := filepath.Join(r.bin, "pop3sim")
	server := exec.Command(program, ours(args)...)
	var said bytes.Buffer
	server.Stdout, server.Stderr = &said, &said
	if err := server.Start(); err != nil {
		r.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(r.Context(), time.Minute)
	defer cancel()
	if out, err := exec.CommandContext(ctx, program, append(ours(health[1:]), "--wait", "1m")...).CombinedOutput(); err != nil {
		r.Errorf("%v: %s", err, out)
	}
	if err := server.Process.Signal(os.Interrupt); err != nil {
		r.Error(err)
	}
	if err := server.Wait(); err != nil {
		r.Errorf("%v\n%s", err, said.String())
	}
}

func (r *recipes) compose() {
	var file struct {
		Services map[string]struct {
			Image       string
			Command     []string
			Healthcheck struct{ Test []string }
		}
	}
	r.load("compose.yaml", &file)
	service := file.Services["pop3sim"]
	if service.Image != "pop3sim:latest" || len(service.Healthcheck.Test) == 0 || service.Healthcheck.Test[0] != "CMD" {
		r.Fatalf("%+v", service)
	}
	r.serves(service.Command, service.Healthcheck.Test[1:])
}

func (r *recipes) kubernetes() {
	type container struct {
		Image          string
		Args           []string
		ReadinessProbe struct{ Exec struct{ Command []string } } `yaml:"readinessProbe"`
	}
	var deployment struct {
		Kind string
		Spec struct {
			Template struct {
				Spec struct{ Containers []container }
			}
		}
	}
	var service struct {
		Kind string
		Spec struct{ Ports []struct{ Port int } }
	}
	r.load("kubernetes.yaml", &deployment, &service)
	if deployment.Kind != "Deployment" || service.Kind != "Service" || len(service.Spec.Ports) != 2 {
		r.Fatalf("%+v %+v", deployment, service)
	}
	c := deployment.Spec.Template.Spec.Containers[0]
	r.serves(c.Args, c.ReadinessProbe.Exec.Command)
}

var containerCommand = regexp.MustCompile(`\bserve['", ]+--pop3.*/tmp/ready\.json`)

// testcontainers runs the command of each snippet of docs/ci.md.
func (r *recipes) testcontainers() {
	text, err := os.ReadFile("docs/ci.md")
	if err != nil {
		r.Fatal(err)
	}
	_, snippets, _ := strings.Cut(string(text), "\n## Testcontainers\n")
	commands := containerCommand.FindAllString(snippets, -1)
	if len(commands) != 4 {
		r.Fatalf("%d snippets with a command: %q", len(commands), commands)
	}
	for _, command := range commands {
		args := strings.Fields(strings.NewReplacer(`"`, " ", "'", " ", ",", " ").Replace(command))
		r.serves(args, []string{"/usr/bin/pop3sim", "ready", "--ready-file", "/tmp/ready.json"})
	}
}
