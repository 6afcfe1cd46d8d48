package tools

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"pop3mtm/fakeserver/control"
)

const instructions = `This is a POP3 server for testing mail clients. It follows the RFCs, and breaks them exactly where a rule or a scenario says so.

To test a client: create_mailbox, with a scenario from list_scenarios or with mail and rules of your own. Run the client with the
address, the name and the password that create_mailbox returns. Then ask for the verdict, and read the transcript of a session to see
why. reset_mailbox lets the next run begin anew. Each mailbox is a test of its own; several can run at once.`

// New returns an MCP server with all tools.
func New(service *control.Service, version string, log *slog.Logger) *mcp.Server {
	server := mcp.NewServer(&mcp.Implementation{Name: "pop3sim", Title: "POP3 simulator", Version: version},
		&mcp.ServerOptions{Instructions: instructions, Logger: log})
	t := tools{service, server}
	t.mailboxes()
	t.faults()
	t.sessions()
	return server
}

// maxBody limits a request over HTTP, in octets.
const maxBody = 1 << 20

// Handler serves the tools over HTTP. Requests do not belong to sessions, so nothing is kept for
// clients that have gone. The caller wraps it with [control.Service.Guard].
func Handler(server *mcp.Server, log *slog.Logger) http.Handler {
	return mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, &mcp.StreamableHTTPOptions{
		Stateless: true, MaxRequestBodyBytes: maxBody, Logger: log, PropagateRequestCancellation: true,
		DisableLocalhostProtection: true, // the guard protects it, and knows the token
	})
}

// tools adds tools to a server.
type tools struct {
	service *control.Service
	server  *mcp.Server
}

// answer is the result of a tool: a text to read, and a value for programs, which must be a JSON
// object.
type answer struct {
	text  string
	value any
}

// add adds a tool. Errors are returned to the agent, which can correct its call.
func add[In any](t tools, tool *mcp.Tool, do func(context.Context, In) (answer, error)) {
	mcp.AddTool(t.server, tool, func(ctx context.Context, _ *mcp.CallToolRequest, in In) (*mcp.CallToolResult, any, error) {
		out, err := do(ctx, in)
		if err != nil {
			return nil, nil, err
		}
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: out.text}}}, out.value, nil
	})
}

// reads returns the hint for tools that change nothing.
func reads(title string) *mcp.ToolAnnotations {
	no := false
	return &mcp.ToolAnnotations{Title: title, ReadOnlyHint: true, OpenWorldHint: &no}
}

// adds returns the hint for tools that only add.
func adds(title string) *mcp.ToolAnnotations {
	no := false
	return &mcp.ToolAnnotations{Title: title, DestructiveHint: &no, OpenWorldHint: &no}
}

// replaces returns the hint for tools that replace or remove.
func replaces(title string) *mcp.ToolAnnotations {
	no, yes := false, true
	return &mcp.ToolAnnotations{Title: title, DestructiveHint: &yes, IdempotentHint: true, OpenWorldHint: &no}
}
