package main_test

import (
	"context"
	"net/http"
	"os/exec"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// told calls a tool and returns its text.
func told(ctx context.Context, s *mcp.ClientSession, tool string, arguments map[string]any) string {
	GinkgoHelper()
	result, err := s.CallTool(ctx, &mcp.CallToolParams{Name: tool, Arguments: arguments})
	Expect(err).NotTo(HaveOccurred())
	Expect(result.Content).To(HaveLen(1))
	text, ok := result.Content[0].(*mcp.TextContent)
	Expect(ok).To(BeTrue())
	Expect(result.IsError).To(BeFalse(), text.Text)
	return text.Text
}

func agent() *mcp.Client { return mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil) }

var _ = Describe("pop3sim mcp", func() {
	It("lets an agent find the fault of a broken client by the verdict, and ends with the agent", func(ctx SpecContext) {
		command := exec.Command(binary, "mcp", "--user", "ann:secret")
		errOut := &safeBuffer{}
		command.Stderr = errOut
		s, err := agent().Connect(ctx, &mcp.CommandTransport{Command: command}, nil)
		Expect(err).NotTo(HaveOccurred())
		made := told(ctx, s, "create_mailbox", map[string]any{"name": "bob", "password": "secret", "scenario": "retr-drop"})
		Expect(made).To(ContainSubstring("bob plays: "))
		_, address, _ := strings.Cut(made, "POP3: ")
		address, _, _ = strings.Cut(address, "\n")

		// The client deletes a message of which it has got a part.
		c := dial(address)
		_, err = c.Write([]byte("USER bob\r\nPASS secret\r\nRETR 2\r\n"))
		Expect(err).NotTo(HaveOccurred())
		answer := make([]byte, 1<<10)
		for err == nil {
			_, err = c.Read(answer)
		}
		session(address, "bob", "secret", "DELE 2")
		told(ctx, s, "wait", map[string]any{"mailbox": "bob", "ended": 2})
		Expect(told(ctx, s, "verdict", map[string]any{"mailbox": "bob"})).To(And(ContainSubstring("expectations not met"), ContainSubstring("DELE 2")))
		Expect(told(ctx, s, "read_transcript", map[string]any{"mailbox": "bob", "session": 1})).To(ContainSubstring("[rule r1: cut"))

		Expect(s.Close()).To(Succeed())
		Expect(command.ProcessState.ExitCode()).To(Equal(0))
		Expect(errOut.String()).To(ContainSubstring("stopped: the agent has closed standard input; served 2 sessions"))
	})

	It("is at /mcp of the HTTP port too, behind the token", func(ctx SpecContext) {
		p := start(GinkgoTB(), "--http", "127.0.0.1:0", "--http-token", "0123abcd", "--mcp")
		_, err := agent().Connect(ctx, &mcp.StreamableClientTransport{Endpoint: "http://" + p.http + "/mcp"}, nil)
		Expect(err).To(HaveOccurred())
		s, err := agent().Connect(ctx, &mcp.StreamableClientTransport{Endpoint: "http://" + p.http + "/mcp", HTTPClient: &http.Client{Transport: bearer("0123abcd")}}, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(told(ctx, s, "list_mailboxes", nil)).To(ContainSubstring("demo: 18 messages"))
		Expect(s.Close()).To(Succeed())
	})
})

// bearer adds a token to requests.
type bearer string

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(b))
	return http.DefaultTransport.RoundTrip(r)
}
