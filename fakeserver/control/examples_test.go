package control_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var update = flag.Bool("update", false, "write examples.json anew")

// document is what this test needs of the OpenAPI document.
type document struct {
	OpenAPI string `json:"openapi"`
	Paths   map[string]map[string]struct {
		ID         string `json:"operationId"`
		Summary    string `json:"summary"`
		Parameters []struct {
			Name     string         `json:"name"`
			In       string         `json:"in"`
			Required bool           `json:"required"`
			Schema   map[string]any `json:"schema"`
		} `json:"parameters"`
		Body *struct {
			Content map[string]struct {
				Schema map[string]any `json:"schema"`
			} `json:"content"`
		} `json:"requestBody"`
		Responses map[string]struct {
			Content map[string]struct {
				Example any `json:"example"`
			} `json:"content"`
		} `json:"responses"`
	} `json:"paths"`
}

func (s *simulator) document() (d document) {
	GinkgoHelper()
	s.call("GET", "/openapi.json", "").into(&d)
	return d
}

// requests are the bodies of the examples.
func requests() map[string]string {
	return map[string]string{
		"create-user":    `{"name":"bob","password":"secret"}`,
		"add-messages":   `[{"file":"plain.eml","uidl":"a2"},{"size":"64KiB","uidl":"big"}]`,
		"rename-message": `{"uid":"b1"}`,
		"add-rules":      `{"on":"RETR 1","times":1,"do":[{"cut":{"after":100,"how":"reset"}}]}`,
		"replace-rules":  `[{"on":"UIDL","do":[{"refuse":"not now"}]}]`,
		"play-scenario":  `{"name":"retr-drop#after=0,how=close"}`,
		"set-state":      `{"state":"later"}`,
		"set-expect":     `{"kept":["a1"],"never":["DELE"]}`,
		"wait":           `{"for":{"command":"STAT"},"timeout":"5s"}`,
		"reset-user":     `{"all":true}`,
		"reset":          `{}`,
	}
}

// prepared is a simulator in which every example works: ann plays a scenario,
// and a session is open.
func prepared() *simulator {
	GinkgoHelper()
	s := started(GinkgoTB(), nil)
	s.service.SetAddresses(addresses())
	ann := s.ann()
	Expect(s.call("PUT", ann+"/scenario", `{"title":"A refusal","mailbox":[{"text":"Subject: Lunch?\nFrom: bob@example.org\n\nAt noon.\n","uidl":"a1"}],
		"rules":[{"on":"STAT","do":[{"refuse":"later"}]}],"expect":{"kept":["a1"]}}`).Status).To(Equal(200))
	c := s.login()
	c.say("STAT")
	return s
}

var volatile = regexp.MustCompile(`"\d{4}-\d\d-\d\dT[^"]*"|"127\.0\.0\.1:\d+"|"[0-9.]+(µs|ms|s)"|<[0-9.]+@[^>]*>|\\u003c[0-9.]+@[^>]*\\u003e`)

// settled replaces times and ports, and shortens long lists.
func settled(body string) any {
	var v any
	body = volatile.ReplaceAllStringFunc(body, func(text string) string {
		switch {
		case strings.Contains(text, "@"):
			return "<1.2@pop3sim>"
		case strings.Contains(text, "T"):
			return `"2026-03-02T07:15:00Z"`
		case strings.HasPrefix(text, `"127`):
			return `"127.0.0.1:1110"`
		}
		return `"1.2ms"`
	})
	if json.Unmarshal([]byte(body), &v) != nil {
		return body
	}
	if list, is := v.([]any); is && len(list) > 2 {
		return list[:2]
	}
	return v
}

var _ = Describe("the examples of the document", func() {
	It("are there for each of at least twenty operations, and work", func() {
		d := prepared().document()
		Expect(d.OpenAPI).To(HavePrefix("3.1"))
		type one struct {
			Request  any `json:"request,omitempty"`
			Response any `json:"response,omitempty"`
		}
		all := map[string]one{}
		for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
			for method, op := range d.Paths[path] {
				s := prepared()
				to := path
				for _, p := range op.Parameters {
					if p.In == "path" {
						examples, _ := p.Schema["examples"].([]any)
						Expect(examples).NotTo(BeEmpty(), "%s: an example of %s", op.ID, p.Name)
						to = strings.ReplaceAll(to, "{"+p.Name+"}", jsonText(examples[0]))
					}
				}
				request := requests()[op.ID]
				Expect(request == "").To(Equal(op.Body == nil), "%s: an example of the body", op.ID)
				var answer reply
				if op.ID == "close-port" {
					Expect(s.call("POST", to, "").Status).To(Equal(200))
				}
				if op.ID == "events" {
					answer = s.firstEvents(to + "?past=true")
				} else {
					answer = s.call(strings.ToUpper(method), to, request)
				}
				Expect(op.Responses).To(HaveKey(strconv.Itoa(answer.Status)), "%s: %s", op.ID, answer.Body)
				Expect(answer.Status).To(BeNumerically("<", 300), "%s: %s", op.ID, answer.Body)
				var example one
				if answer.Body != "" {
					example.Response = settled(answer.Body)
				}
				if request != "" {
					Expect(json.Unmarshal([]byte(request), &example.Request)).To(Succeed())
				}
				all[op.ID] = example
			}
		}
		Expect(len(all)).To(BeNumerically(">=", 20))
		there, err := os.ReadFile("examples.json")
		Expect(err).NotTo(HaveOccurred())
		var shown map[string]one
		Expect(json.Unmarshal(there, &shown)).To(Succeed())
		for id, example := range shown {
			if slices.Contains(varying(), id) && !*update && keys(example.Response) == keys(all[id].Response) {
				all[id] = example
			}
		}
		var text bytes.Buffer
		e := json.NewEncoder(&text)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		Expect(e.Encode(all)).To(Succeed())
		if *update {
			Expect(os.WriteFile("examples.json", text.Bytes(), 0o644)).To(Succeed())
			return
		}
		Expect(text.String()).To(Equal(string(there)), "run: go test ./fakeserver/control -update")
	})
})

// varying are the operations that answer with texts of the built-in files, which change, or with
// times that a fast machine leaves out: of those only the names in the answer are compared.
func varying() []string {
	return []string{"built-in-scenario", "list-scenarios", "list-profiles", "list-quirks", "play-scenario", "scenario", "transcript", "events"}
}

// keys returns the names of an object, or of the first one of a list.
func keys(v any) string {
	if list, is := v.([]any); is && len(list) > 0 {
		v = list[0]
	}
	object, _ := v.(map[string]any)
	return strings.Join(slices.Sorted(maps.Keys(object)), " ")
}

func jsonText(v any) string {
	if text, is := v.(string); is {
		return text
	}
	text, err := json.Marshal(v)
	Expect(err).NotTo(HaveOccurred())
	return string(text)
}

// firstEvents reads the beginning of a stream.
func (s *simulator) firstEvents(path string) reply {
	GinkgoHelper()
	client := http.Client{Timeout: time.Minute}
	answer, err := client.Get(s.url + path)
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = answer.Body.Close() }()
	var text []byte
	for part := make([]byte, 1); strings.Count(string(text), "\n\n") < 3; {
		_, err := answer.Body.Read(part)
		Expect(err).NotTo(HaveOccurred())
		text = append(text, part...)
	}
	return reply{answer.StatusCode, answer.Header.Get("Content-Type"), string(text)}
}
