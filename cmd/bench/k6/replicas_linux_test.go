package main_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"pop3mtm/cmd/bench/internal/hosts"
	"pop3mtm/internal/need"
)

// network is a switch with hosts: network namespaces that the test makes and removes.
type network struct {
	t      *testing.T
	prefix string
	count  int
}

// newNetwork makes the switch. It needs root and ip of iproute2.
func newNetwork(t *testing.T) *network {
	t.Helper()
	need.Program(t, "ip")
	switch {
	case os.Geteuid() == 0:
	case os.Getenv("CI") == "true":
		t.Fatal("only root can make network namespaces: run CI as root")
	default:
		t.Skip("only root can make network namespaces")
	}
	n := &network{t: t, prefix: fmt.Sprintf("k6t%d-", os.Getpid())}
	n.namespace("switch")
	n.ip("-n", n.prefix+"switch", "link", "add", "bridge", "type", "bridge")
	n.ip("-n", n.prefix+"switch", "link", "set", "bridge", "up")
	return n
}

func (n *network) ip(args ...string) {
	n.t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		n.t.Fatalf("ip %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

func (n *network) namespace(name string) {
	n.ip("netns", "add", n.prefix+name)
	n.t.Cleanup(func() { n.ip("netns", "delete", n.prefix+name) })
}

// host adds a host, and returns its namespace and its address.
func (n *network) host(name string) (namespace, address string) {
	n.t.Helper()
	n.count++
	namespace, address = n.prefix+name, fmt.Sprintf("10.79.0.%d", n.count)
	n.namespace(name)
	port := fmt.Sprintf("port%d", n.count)
	n.ip("-n", namespace, "link", "add", "eth0", "type", "veth", "peer", "name", port, "netns", n.prefix+"switch")
	n.ip("-n", n.prefix+"switch", "link", "set", port, "master", "bridge", "up")
	n.ip("-n", namespace, "address", "add", address+"/24", "dev", "eth0")
	n.ip("-n", namespace, "link", "set", "eth0", "up")
	return namespace, address
}

// in returns a command that runs on a host.
func (n *network) in(namespace string, argv ...string) *exec.Cmd {
	return exec.CommandContext(n.t.Context(), "ip", append([]string{"netns", "exec", namespace}, argv...)...)
}

// simulator starts a simulator on a host. ended receives a value for each session that has ended.
func (n *network) simulator(namespace, address, program string) (server *exec.Cmd, ended chan struct{}) {
	n.t.Helper()
	server = n.in(namespace, program, "serve", "--pop3", address+":1110", "--synthetic", boxSpec, "--user", "user{n}:secret", "--json", "--log-level", "info")
	stdout, err := server.StdoutPipe()
	if err != nil {
		n.t.Fatal(err)
	}
	stderr, err := server.StderrPipe()
	if err != nil {
		n.t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() {
		_ = server.Process.Kill() // one has been killed already
		_ = server.Wait()
	})
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		n.t.Fatal(line, err)
	}
	ended = make(chan struct{}, 10_000)
	go func() { // ends with the simulator
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			if strings.Contains(lines.Text(), "session ended") {
				select {
				case ended <- struct{}{}:
				default:
				}
			}
		}
		close(ended)
	}()
	return server, ended
}

// What each of the virtual users does; a third of them use each simulator.
const (
	replicaUsers      = 12
	replicaIterations = 60
)

const replicaScript = `import pop3 from 'k6/x/pop3';
import { check } from 'k6';
import exec from 'k6/execution';
export const options = { scenarios: { all: { executor: 'per-vu-iterations', vus: 12, iterations: 60 } } };
const box = pop3.synthetic('` + boxSpec + `');
const servers = __ENV.POP3.split(',');
export default function () {
	const n = exec.vu.idInTest;
	const s = pop3.connect(servers[(n - 1) % servers.length], { timeout: '1m' });
	s.login('user' + n, 'secret');
	const got = s.retrieve('all', { verify: box });
	s.quit();
	check(got, { 'all mail is right': (got) => got.messages === 40 && got.wrong === 0 && got.refused === 0 });
}`

// TestASimulatorThatIsKilledSpoilsNoFigure loads three simulators from two hosts, kills one of them
// after some sessions, and compares the merged figures with the parts.
func TestASimulatorThatIsKilledSpoilsNoFigure(t *testing.T) {
	n, r := newNetwork(t), newRunner(t)
	sim := pop3sim(t)
	var addresses []string
	var killed *exec.Cmd
	var ended chan struct{}
	for i := range 3 {
		namespace, address := n.host(fmt.Sprintf("sim%d", i+1))
		killed, ended = n.simulator(namespace, address, sim)
		addresses = append(addresses, address+":1110")
	}
	script := r.script(replicaScript)
	var load sync.WaitGroup
	var files []string
	for i, segment := range []string{"0:1/2", "1/2:1"} {
		namespace, _ := n.host(fmt.Sprintf("load%d", i+1))
		file := r.file(fmt.Sprintf("load%d.json", i+1))
		files = append(files, file)
		c := n.in(namespace, binary, "run", "--quiet", "--no-usage-report", "--summary-mode=disabled", "--address", "", "--out", "hdr="+file,
			"--execution-segment", segment, "--execution-segment-sequence", "0,1/2,1", script)
		c.Env = append(os.Environ(), "POP3="+strings.Join(addresses, ","), fmt.Sprintf("HDR_HOST=load%d", i+1))
		var said bytes.Buffer
		c.Stdout, c.Stderr = &said, &said
		load.Go(func() {
			if err := c.Run(); err != nil {
				t.Errorf("%v\n%.2000s", err, said.String())
			}
		})
	}
	for range replicaUsers / 3 * replicaIterations / 2 { // half of its sessions
		if _, ok := <-ended; !ok {
			t.Error("the simulator ended by itself")
		}
	}
	if err := killed.Process.Kill(); err != nil {
		t.Error(err)
	}
	load.Wait()
	compareWithParts(t, files)
}

// compareWithParts checks what the hosts counted, and that bench k6 --merge shows the sum.
func compareWithParts(t *testing.T, files []string) {
	t.Helper()
	var parts []*hosts.Part
	var messages, octets, retrieved, passed, iterations, errors int64
	for _, file := range files {
		p, err := hosts.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, p)
		messages, octets, retrieved = messages+p.Messages, octets+p.Octets, retrieved+p.Verbs["RETR"].TotalCount()
		passed, iterations = passed+p.Passed, iterations+p.Iterations
		for kind, count := range p.Errors {
			errors += count
			if kind != "closed" && kind != "connect" {
				t.Errorf("%d errors of the kind %s: %v", count, kind, p.Hosts)
			}
		}
		if p.Failed != 0 || p.Messages == 0 {
			t.Errorf("%v: %d checks failed, %d messages", p.Hosts, p.Failed, p.Messages)
		}
	}
	const all = replicaUsers * replicaIterations
	if iterations != all || passed+errors != all || errors == 0 || errors > all/3 {
		t.Errorf("%d iterations, %d passed, %d errors of %d", iterations, passed, errors, all)
	}
	if messages != retrieved || octets != messages*2048 || messages < 40*passed {
		t.Errorf("%d messages, %d octets, %d times of RETR, %d whole mailboxes", messages, octets, retrieved, passed)
	}
	out, err := exec.CommandContext(t.Context(), program(t, "bench"), "k6", "--merge", strings.Join(files, ","), "--format", "json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var shown struct {
		Trials []struct {
			Messages, Octets int64
			Verbs            []struct {
				Of    string
				Count int64
			}
		}
		Notes []string
	}
	if err := json.Unmarshal(out, &shown); err != nil {
		t.Fatal(err)
	}
	one := shown.Trials[0]
	if len(shown.Trials) != 1 || one.Messages != messages || one.Octets != octets || !strings.Contains(strings.Join(shown.Notes, " "), "Errors: closed") {
		t.Errorf("merged: %s", out)
	}
	for _, verb := range one.Verbs {
		var count int64
		for _, p := range parts {
			if d := p.Verbs[verb.Of]; d != nil {
				count += d.TotalCount()
			}
		}
		if count != verb.Count {
			t.Errorf("%s: %d times in the parts, %d when merged", verb.Of, count, verb.Count)
		}
	}
}
