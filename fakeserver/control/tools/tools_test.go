package tools_test

import (
	"net/http/httptest"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/control"
	"pop3mtm/fakeserver/control/tools"
)

// agent is a client of the tools.
type agent struct {
	*testing.T
	session *mcp.ClientSession
	address string
}

// connect starts a simulator and returns an agent with its tools, over HTTP as an
// agent elsewhere has them.
func connect(t *testing.T) *agent {
	t.Helper()
	server := fakeserver.Start(t, nil, &fakeserver.Options{Timed: true})
	service := control.New(server, nil)
	service.SetAddresses(control.Addresses{POP3: server.Addr()})
	web := httptest.NewServer(service.Guard(tools.Handler(tools.New(service, "test", nil), nil)))
	t.Cleanup(web.Close)
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: web.URL}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() }) // the server goes too
	return &agent{t, session, server.Addr()}
}

// call calls a tool and returns its text, and whether it is an error.
func (a *agent) call(tool string, arguments map[string]any) (text string, failed bool) {
	a.Helper()
	result, err := a.session.CallTool(a.Context(), &mcp.CallToolParams{Name: tool, Arguments: arguments})
	if err != nil {
		a.Fatal(err)
	}
	for _, c := range result.Content {
		if t, ok := c.(*mcp.TextContent); ok {
			text += t.Text
		}
	}
	return text, result.IsError
}

// do is call for a tool that must succeed.
func (a *agent) do(tool string, arguments map[string]any) string {
	a.Helper()
	text, failed := a.call(tool, arguments)
	if failed {
		a.Fatalf("%s: %s", tool, text)
	}
	return text
}

// pair is a connection of a client that reads and writes lines.
func pair(t *testing.T, address string) *textproto.Conn {
	t.Helper()
	c, err := textproto.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.ReadLine(); err != nil {
		t.Fatal(err)
	}
	return c
}

// careless is a client with a fault: it deletes every message, also one that did not come.
func careless(t *testing.T, address, name, password string, messages int) {
	t.Helper()
	c := pair(t, address)
	defer func() { _ = c.Close() }() // it was closed by the server
	say := func(format string, args ...any) string {
		if err := c.PrintfLine(format, args...); err != nil {
			return err.Error()
		}
		line, err := c.ReadLine()
		if err != nil {
			return err.Error()
		}
		return line
	}
	say("USER %s", name)
	say("PASS %s", password)
	for n := 1; n <= messages; n++ {
		if strings.HasPrefix(say("RETR %d", n), "+OK") {
			_, _ = c.ReadDotBytes() // the client does not look
		}
		say("DELE %d", n)
	}
	say("QUIT")
}

func TestAnAgentFindsAndNamesTheFaultOfABrokenClient(t *testing.T) {
	g, a := NewWithT(t), connect(t)
	g.Expect(a.do("list_scenarios", map[string]any{"search": "refused retr"})).To(ContainSubstring("retr-refused"))
	made := a.do("create_mailbox", map[string]any{"name": "ann", "password": "secret", "mail": "[{file: plain.eml, uidl: a1}, {file: html.eml, uidl: a2}]"})
	g.Expect(made).To(And(ContainSubstring("POP3: "+a.address), ContainSubstring("password: secret"), ContainSubstring("Added 2 messages")))
	g.Expect(a.do("add_rule", map[string]any{"mailbox": "ann", "rules": "{on: RETR 2, do: [{refuse: not now}]}"})).To(Equal("Added r1."))
	a.do("expect", map[string]any{"mailbox": "ann", "expect": "{kept: [a2], never: [DELE 2]}"})
	g.Expect(a.do("verdict", map[string]any{"mailbox": "ann"})).To(ContainSubstring("no client connected"))

	careless(t, a.address, "ann", "secret", 2)
	a.do("wait", map[string]any{"mailbox": "ann", "ended": 1, "timeout": "30s"})
	verdict := a.do("verdict", map[string]any{"mailbox": "ann"})
	g.Expect(verdict).To(And(ContainSubstring("expectations not met"), ContainSubstring("DELE 2"), ContainSubstring("-ERR not now")))
	g.Expect(a.do("read_transcript", map[string]any{"mailbox": "ann"})).To(And(
		ContainSubstring("C: RETR 2\n[rule r1: refuse]\nS: -ERR not now\nC: DELE 2\n"),
		ContainSubstring("The mailbox after: 0 messages.")))

	a.do("reset_mailbox", map[string]any{"mailbox": "ann"})
	g.Expect(a.do("list_messages", map[string]any{"mailbox": "ann"})).To(ContainSubstring("has 2 messages"))
	careless(t, a.address, "ann", "secret", 1)
	a.do("wait", map[string]any{"mailbox": "ann", "gone": "a1"})
	g.Expect(a.do("verdict", map[string]any{"mailbox": "ann"})).To(ContainSubstring("all expectations met"))
}

func TestEveryToolCanBeCalled(t *testing.T) {
	g, a := NewWithT(t), connect(t)
	a.do("create_mailbox", map[string]any{"name": "bob", "password": "secret", "scenario": "retr-drop"})
	calls := map[string]map[string]any{
		"create_mailbox": {}, "list_mailboxes": {}, "list_scenarios": {},
		"add_mail":        {"mail": "{text: \"Subject: hi\\n\\nhello\\n\"}", "now": true},
		"list_messages":   {},
		"play_scenario":   {"scenario": "title: mine\nmailbox: [{file: plain.eml, uidl: a1}]\nrules: [{on: STAT, do: [{refuse: no}]}]\n"},
		"add_rule":        {"rules": "[{on: NOOP, do: [silence]}]"},
		"list_rules":      {},
		"expect":          {"expect": "{received: [QUIT]}"},
		"list_sessions":   {},
		"read_transcript": {"session": 1},
		"save_session":    {},
		"wait":            {"command": "QUIT"},
		"verdict":         {},
		"remove_rules":    {},
		"reset_mailbox":   {"all": true},
		"open_port":       {},
		"close_port":      {},
		"delete_mailbox":  {},
	}
	order := []string{"list_scenarios", "list_mailboxes", "create_mailbox", "add_mail", "list_messages", "play_scenario", "add_rule", "list_rules", "expect",
		"list_sessions", "read_transcript", "wait", "verdict", "save_session", "remove_rules", "reset_mailbox", "open_port", "close_port", "delete_mailbox"}
	for _, name := range order {
		if name == "list_sessions" {
			careless(t, a.address, "bob", "secret", 1)
			g.Eventually(func() string { return a.do("list_sessions", map[string]any{"mailbox": "bob"}) }).WithTimeout(2 * time.Minute).Should(ContainSubstring("ended"))
		}
		arguments := calls[name]
		if !strings.HasPrefix(name, "list_mailboxes") && name != "list_scenarios" && name != "create_mailbox" {
			arguments["mailbox"] = "bob"
		}
		a.do(name, arguments)
	}
	for tool, err := range a.session.Tools(t.Context(), nil) {
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(calls).To(HaveKey(tool.Name), "the test calls every tool")
		g.Expect(tool.Description).NotTo(BeEmpty())
		delete(calls, tool.Name)
	}
	g.Expect(calls).To(BeEmpty(), "tools that are not there")
}

func TestAMistakeIsToldToTheAgentAndLeavesNothing(t *testing.T) {
	g, a := NewWithT(t), connect(t)
	for _, c := range []struct {
		tool, arguments, want string
	}{
		{"verdict", `mailbox=nobody`, `there is no user "nobody"`},
		{"play_scenario", `mailbox=demo scenario=retr-dorp`, `there is no built-in scenario "retr-dorp"`},
		{"add_rule", `mailbox=demo rules={on:1}`, "line 1"},
		{"create_mailbox", `name=ann scenario=nothing`, "no mailbox was created"},
		{"wait", `mailbox=demo`, "exactly one"},
		{"wait", `mailbox=demo gone=x command=QUIT`, "exactly one"},
		{"read_transcript", `mailbox=demo`, "no client has logged in"},
	} {
		arguments := map[string]any{}
		for one := range strings.FieldsSeq(c.arguments) {
			name, value, _ := strings.Cut(one, "=")
			arguments[name] = value
		}
		text, failed := a.call(c.tool, arguments)
		g.Expect(failed).To(BeTrue(), c.tool)
		g.Expect(text).To(ContainSubstring(c.want), c.tool)
	}
	g.Expect(a.do("list_mailboxes", nil)).NotTo(ContainSubstring("ann"))
}
