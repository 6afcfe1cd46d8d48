package control_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"pop3mtm/fakeserver/control"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// wrongs are values that hardly any field takes.
func wrongs() []any {
	return []any{nil, true, -1, 1e300, "", "wrong\x00\r\n", strings.Repeat("x", 20_000), []any{}, map[string]any{}, []any{[]any{[]any{}}}, map[string]any{"x": "y"}}
}

// spoilt returns the variants of a value in which one part is missing, wrong or unknown.
func spoilt(v any) (all []any) {
	all = append(all, wrongs()...)
	switch v := v.(type) {
	case map[string]any:
		for name, part := range v {
			without := maps.Clone(v)
			delete(without, name)
			all = append(all, without)
			for _, bad := range spoilt(part) {
				one := maps.Clone(v)
				one[name] = bad
				all = append(all, one)
			}
		}
		unknown := maps.Clone(v)
		unknown["unknown"] = 1
		all = append(all, unknown)
	case []any:
		for i, part := range v {
			for _, bad := range spoilt(part) {
				one := slices.Clone(v)
				one[i] = bad
				all = append(all, one)
			}
		}
		all = append(all, slices.Repeat(v, 500))
	}
	return all
}

// fuller are bodies with more words than those of the examples.
func fuller() map[string]string {
	return map[string]string{
		"play-scenario": `{"title":"T","why":"w","rfc":["1939/5"],"quirk":[72],"server":{"without":["TOP"],"shows":[{"newest":2}],"loginDelay":"1s"},
			"mailbox":[{"file":"plain.eml","uidl":"a1"},{"size":"1KiB","seed":7,"uidl":"b","count":2}],
			"rules":[{"on":"RETR 1","session":1,"nth":1,"goto":"later","before":[{"renewUIDs":"-n"}],"do":[{"cut":{"after":5,"how":"close"}}]}],
			"expect":{"kept":["a1"],"counts":{"RETR":"1-2"},"exactly":{"DELE":["1"]}},"cases":[{"name":"x"}]}`,
		"set-expect":  `{"kept":["a1"],"deleted":["a2"],"never":["DELE"],"received":["RETR 1"],"sequence":["LIST","RETR"],"exactly":{"DELE":["1"]},"counts":{"RETR":2},"only":["STAT"],"sessions":">=1","within":"5s"}`,
		"create-user": `{"name":"bob","password":"secret","token":"t","anyPassword":true,"ownPort":true}`,
	}
}

// direct answers a request without a network.
func direct(h http.Handler, method, path, kind string, body io.Reader) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://127.0.0.1/", body)
	address, err := r.URL.Parse(path)
	if err != nil {
		return httptest.NewRecorder()
	}
	r.URL = address
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// fine reports whether an answer is one that bad input may have: an error is a problem of RFC 9457,
// and its status is below 500 or 507, for a storage limit.
func fine(w *httptest.ResponseRecorder) string {
	if w.Code >= 500 && w.Code != 507 {
		return fmt.Sprintf("%d: %.300s", w.Code, w.Body)
	}
	kind := w.Header().Get("Content-Type")
	if w.Code >= 400 && w.Code != 404 && w.Code != 405 && w.Code != 301 && kind != "application/problem+json" {
		return fmt.Sprintf("%d as %s: %.300s", w.Code, kind, w.Body)
	}
	return ""
}

var _ = Describe("bad input, driven from the document", func() {
	It("gets a problem for an answer, whatever is missing, wrong or huge", func() {
		d := prepared().document()
		count := 0
		var h http.Handler
		try := func(id, method, path, kind, body string) {
			count++
			if why := fine(direct(h, strings.ToUpper(method), path, kind, strings.NewReader(body))); why != "" {
				Fail(fmt.Sprintf("%s: %s %.200s with %.200q: %s", id, method, path, body, why))
			}
		}
		for path, methods := range d.Paths {
			for method, op := range methods {
				h = prepared().service.Handler() // each operation finds what the others would have changed
				to := strings.NewReplacer("{user}", "ann", "{uid}", "a1", "{id}", "r1", "{number}", "1", "{name}", "retr-drop").Replace(path)
				for _, p := range op.Parameters {
					for _, bad := range []string{"", "-1", "0", "9999999999999999999999", "%00", "%2e%2e%2f", strings.Repeat("x", 5000), "%ff%fe", "true", "now"} {
						if p.In == "query" && op.ID != "events" {
							try(op.ID, method, to+"?"+p.Name+"="+bad, "", "")
						}
						if p.In == "path" && bad != "" {
							try(op.ID, method, strings.ReplaceAll(path, "{"+p.Name+"}", bad), "", "")
						}
					}
				}
				if op.ID != "events" {
					try(op.ID, method, to+"?unknown=1", "", "")
				}
				if op.Body == nil {
					continue
				}
				body := strings.ReplaceAll(requests()[op.ID], "5s", "1ms")
				if all := fuller()[op.ID]; all != "" {
					body = all
				}
				var good any
				Expect(json.Unmarshal([]byte(body), &good)).To(Succeed())
				for i, bad := range spoilt(good) {
					text, err := json.Marshal(bad)
					Expect(err).NotTo(HaveOccurred())
					try(op.ID, method, to, []string{"application/json", "application/yaml"}[i%2], string(text))
				}
				for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "message/rfc822", "nonsense", "application/json; charset=x", "a/b/c;;"} {
					try(op.ID, method, to, kind, body)
				}
				for _, text := range []string{"", "{", "[", "null", "\x00", "\xff\xfe", strings.Repeat("[", 100_000), strings.Repeat("{\"a\":", 100_000), strings.Repeat("a: ", 50_000),
					"&a [*a, *a]", "a: &x [1]\nb: *x", strings.Repeat("x", 300<<10), "--- \n---\n", "- - - - - - - - - - - - - - - - - - - 1"} {
					try(op.ID, method, to, "application/json", text)
					try(op.ID, method, to, "application/yaml", text)
				}
			}
		}
		Expect(count).To(BeNumerically(">", 1500))
	})

	It("does not read its password in the answer to a mistake", func() {
		s := started(GinkgoTB(), nil)
		for _, body := range []string{`{"nam":"bob","password":"hidden-one"}`, `{"name":"bob","password":["hidden-one"]}`, `{"name":"bob","token":{"is":"hidden-one"}}`} {
			answer := s.call("POST", "/api/v1/users", body)
			Expect(answer.Status).To(Equal(422))
			Expect(answer.Body).To(And(ContainSubstring(`"location":"body.`), Not(ContainSubstring("hidden-one"))))
		}
	})

	It("stops at a body that never ends, at once when it is too large and after a time when it is slow", func() {
		s := started(GinkgoTB(), &control.Options{Limits: control.Limits{Message: 1 << 20}})
		ann := s.ann()
		for _, path := range []string{"/messages", "/rules", "/scenario", "/expect"} {
			method := "PUT"
			if path == "/messages" || path == "/rules" {
				method = "POST"
			}
			w := direct(s.service.Handler(), method, ann+path, "application/yaml", endless{})
			Expect(w.Code).To(Equal(413), path)
			Expect(w.Header().Get("Content-Type")).To(Equal("application/problem+json"))
		}
	})

	It("does not grow: 507 at the limit of users, of messages, of octets and of rules", func() {
		s := started(GinkgoTB(), &control.Options{Limits: control.Limits{Users: 10_000, Messages: 10, Octets: 1 << 20, Rules: 5}})
		h := s.service.Handler()
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		codes := map[int]int{}
		for i := range 10_100 {
			codes[direct(h, "POST", "/api/v1/users", "application/json", strings.NewReader(fmt.Sprintf(`{"name":"u%d"}`, i))).Code]++
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		Expect(codes).To(Equal(map[int]int{201: 9_999, 507: 101}), "demo is there already")
		Expect(int64(after.HeapAlloc) - int64(before.HeapAlloc)).To(BeNumerically("<", 64<<20))

		codes = map[int]int{}
		for range 20 {
			codes[direct(h, "POST", "/api/v1/users/u1/messages", "application/json", strings.NewReader(`{"text":"a"}`)).Code]++
			codes[direct(h, "POST", "/api/v1/users/u2/messages", "application/json", strings.NewReader(`{"size":"512KiB"}`)).Code+1000]++
			codes[direct(h, "POST", "/api/v1/users/u3/rules", "application/json", strings.NewReader(`{"on":"NOOP","do":["close"]}`)).Code+2000]++
		}
		Expect(codes).To(Equal(map[int]int{201: 10, 507: 10, 1201: 1, 1507: 19, 2201: 5, 2507: 15}))
		Expect(direct(h, "PUT", "/api/v1/users/u2/scenario", "application/json", strings.NewReader(`{"title":"T","mailbox":[{"size":"2MiB"}]}`)).Code).To(Equal(507))
		Expect(direct(h, "DELETE", "/api/v1/users/u2/messages", "", nil).Code).To(Equal(204))
		Expect(direct(h, "POST", "/api/v1/users/u2/messages", "application/json", strings.NewReader(`{"size":"512KiB"}`)).Code).To(Equal(201))
	})
})

// endless is a body without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestASlowClientBlocksNobody(t *testing.T) {
	RegisterTestingT(t)
	s := started(t, nil)
	ann := s.ann()
	s.call("POST", ann+"/messages", `{"text":"a","uidl":"a1"}`)
	// A client that follows events and never reads: what happens goes on without it.
	request, err := http.NewRequest("GET", s.url+ann+"/events?past=true", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	// A client whose body stops in the middle.
	in, out := io.Pipe()
	go func() {
		_, _ = io.WriteString(out, "{")
		slow, err := http.NewRequest("POST", s.url+ann+"/rules", in)
		if err == nil {
			if answer, err := http.DefaultClient.Do(slow); err == nil {
				_ = answer.Body.Close()
			}
		}
	}()
	defer func() { _ = out.Close() }()
	begin := time.Now()
	c := s.dialled(t)
	for range 20_000 {
		c.say("NOOP")
	}
	c.quit()
	if s.call("POST", ann+"/wait", `{"for":{"ended":1}}`).Status != 200 {
		t.Error("the session has not ended")
	}
	t.Logf("20,000 commands in %v", time.Since(begin))
}
