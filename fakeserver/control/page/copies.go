package page

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"pop3mtm/scenarios"
)

// setup holds the rules of a user, for code that creates the same rules elsewhere.
type setup struct {
	api   string   // the URL of the API
	user  string   // its name
	rules []string // one line of YAML each, the first one answers
}

// copies serves the rules of a user in forms to copy: as a scenario, as calls of the API, and as
// tests in Go and Python.
func (p *Page) copies(w http.ResponseWriter, r *http.Request) error {
	s, err := p.setup(r.Context(), r.FormValue("user"))
	if err != nil {
		return err
	}
	s.api = "http://" + r.Host + "/api/v1"
	return p.write(w, "copy", []tab{
		{ID: "yaml", Label: "YAML", About: "A scenario file: pop3sim serve --scenario mine.yaml", Text: s.yaml()},
		{ID: "curl", Label: "curl", About: "The same rules for a new user of this simulator", Text: s.curl()},
		{ID: "go", Label: "Go", About: "A test with a server of its own", Text: s.golang()},
		{ID: "python", Label: "Python", About: "A new user of this simulator, without any library", Text: s.python()},
	})
}

func (p *Page) setup(ctx context.Context, user string) (*setup, error) {
	rules, err := p.service.Rules(ctx, user)
	if err != nil {
		return nil, err
	}
	s := &setup{user: user}
	for _, r := range rules {
		words, err := scenarios.Flow(r.Rule)
		if err != nil {
			return nil, err
		}
		s.rules = append(s.rules, words)
	}
	return s, nil
}

// list returns the rules as a list of YAML with this indentation.
func (s *setup) list(indent string) string {
	var b strings.Builder
	for _, r := range s.rules {
		b.WriteString(indent + "- " + r + "\n")
	}
	return b.String()
}

func (s *setup) yaml() string {
	text := "title: Rules of " + titled(s.user) + "\nmailbox:\n  - {file: plain.eml, uidl: a1}\n  - {file: html.eml, uidl: a2}\n"
	if len(s.rules) > 0 {
		text += "rules:\n" + s.list("  ")
	}
	return text + "expect:\n  kept: [a1, a2]\n"
}

// titled returns a name for use in a title, which is YAML text without quotes.
func titled(user string) string {
	name, err := scenarios.Flow(user)
	if err != nil || strings.HasPrefix(name, `"`) {
		return "a user"
	}
	return user
}

func (s *setup) curl() string {
	text := fmt.Sprintf("api=%s\nuser=$(curl -sf -X POST $api/users | sed 's/.*\"name\":\"//; s/\".*//')\n", shellQuoted(s.api))
	text += "curl -sf $api/users/$user/messages -H 'Content-Type: application/yaml' --data-binary '{file: plain.eml, uidl: a1}'\n"
	if len(s.rules) > 0 {
		text += "curl -sf $api/users/$user/rules -H 'Content-Type: application/yaml' --data-binary @- <<'END'\n" + s.list("") + "END\n"
	}
	return text + "# ... run the client as $user ...\ncurl -sf $api/users/$user/verdict\n"
}

func shellQuoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

func (s *setup) golang() string {
	text := s.yaml()
	quoted := "`\n" + text + "`"
	if strings.Contains(text, "`") {
		quoted = strconv.Quote(text)
	}
	return `package mail_test

import (
	"testing"

	"pop3mtm/scenarios"
)

const scenario = ` + quoted + `

func TestTheClient(t *testing.T) {
	all, err := scenarios.Parse("mine.yaml", []byte(scenario), nil)
	if err != nil {
		t.Fatal(err)
	}
	server := all[0].Start(t, nil)
	// Point the client at server.Addr(), user demo, password demo.
	// At the end of the test it is judged by what stands under expect.
	_ = server
}
`
}

func (s *setup) python() string {
	var rules strings.Builder
	for _, r := range s.rules {
		rules.WriteString("    " + pythonQuoted("- "+r+"\n") + "\n")
	}
	text := "import json\nimport poplib\nimport urllib.request\n\nAPI = " + pythonQuoted(s.api) + `

def call(method, path, body=None, kind="application/yaml"):
    data = body.encode() if body is not None else None
    request = urllib.request.Request(API + path, data, {"Content-Type": kind}, method=method)
    with urllib.request.urlopen(request) as answer:
        text = answer.read()
    return json.loads(text) if text else None

user = call("POST", "/users")
mine = "/users/" + user["name"]
call("POST", mine + "/messages", "{file: plain.eml, uidl: a1}")
`
	if rules.Len() > 0 {
		text += "call(\"POST\", mine + \"/rules\", (\n" + rules.String() + "))\n"
	}
	return text + `
host, port = user["pop3"].rsplit(":", 1)
# ... run the client against host and port as user["name"] with user["password"] ...
print(call("GET", mine + "/verdict")["result"])
`
}

// pythonQuoted returns a text as a literal of Python, whose escapes for ASCII are those of Go.
func pythonQuoted(text string) string { return strconv.QuoteToASCII(text) }
