package control_test

import (
	"bytes"
	"strings"
	"testing"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/control"
)

// bodies are the operations that read words of scenario files.
func bodies() [][2]string {
	return [][2]string{{"POST", "/rules"}, {"PUT", "/rules"}, {"POST", "/messages"}, {"PUT", "/scenario"}, {"PUT", "/expect"}, {"POST", "/wait"}, {"PUT", "/state"}, {"POST", "/reset"}}
}

// FuzzBodies sends any octets to the operations that read words, as JSON and as YAML. What they
// answer is never the server's fault, and the user can be judged and reset afterwards.
func FuzzBodies(f *testing.F) {
	for i := range bodies() {
		f.Add(uint8(i), true, []byte(`{"on":"RETR 1","do":[{"cut":{"after":1}}]}`))
		f.Add(uint8(i), false, []byte("title: T\nmailbox: [{size: 1KiB, uidl: a}]\nmatrix: {n: [1, 2]}\nrules: [{on: RETR $n, do: [close]}]\nexpect: {kept: [a]}\n"))
		f.Add(uint8(i), true, []byte(`{"for":{"command":"DELE"},"timeout":"1ms"}`))
		f.Add(uint8(i), false, []byte("[{text: \"A: b\\n\", count: 3}, &x {raw: \"\\xFF\"}, *x]"))
	}
	server := fakeserver.New(nil, nil)
	h := control.New(server, &control.Options{Limits: control.Limits{Octets: 1 << 20, Messages: 1000}}).Handler()
	f.Fuzz(func(t *testing.T, which uint8, yaml bool, body []byte) {
		if bytes.Contains(body, []byte("timeout")) && !bytes.Contains(body, []byte(`"1ms"`)) || which%8 == 5 && !bytes.Contains(body, []byte(`"1ms"`)) {
			t.Skip("it may wait long")
		}
		kind := "application/json"
		if yaml {
			kind = "application/yaml"
		}
		op := bodies()[int(which)%len(bodies())]
		for _, try := range []struct{ method, path, kind, body string }{{op[0], op[1], kind, string(body)}, {"GET", "/verdict", "", ""}, {"POST", "/reset", "", `{"all":true}`}} {
			if why := fine(direct(h, try.method, "/api/v1/users/demo"+try.path, try.kind, strings.NewReader(try.body))); why != "" {
				t.Errorf("%s: %s", try.path, why)
			}
		}
	})
}
