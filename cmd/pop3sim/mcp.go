package main

import (
	"context"
	"errors"
	"io"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/fakeserver/control/tools"
)

const mcpHelp = `Serve a mailbox over POP3, and tools for agents over standard input and output, by the Model
Context Protocol (MCP): create a mailbox, play a scenario, add a rule, read a transcript, wait, and
judge the client. It stops when standard input ends.

The flags are those of serve; see 'pop3sim serve --help'. Logs go to stderr. An agent learns from
the tool create_mailbox where the client is to connect.`

func newMCP() *cobra.Command {
	f := serveFlags{agent: true}
	c := &cobra.Command{
		Use:   "mcp",
		Short: "Serve tools for agents (MCP) on standard input and output",
		Long:  mcpHelp,
		Example: `  pop3sim mcp
  claude mcp add pop3sim -- pop3sim mcp
  pop3sim mcp --http 127.0.0.1:8025 --user ann:secret --eml testdata/mail`,
		RunE: func(cmd *cobra.Command, _ []string) error { return serve(cmd, &f) },
	}
	f.add(c, "127.0.0.1:0")
	return c
}

// errAgentLeft is the reason for a stop when the agent has closed standard input.
var errAgentLeft = errors.New("the agent has closed standard input")

// attend serves the tools to the agent on standard input and output, and calls stop when it has
// left.
func (sim *simulator) attend(ctx context.Context, cmd *cobra.Command, stop context.CancelCauseFunc) {
	server := tools.New(sim.service, cli.Version(), sim.log)
	err := server.Run(ctx, &mcp.IOTransport{Reader: io.NopCloser(cmd.InOrStdin()), Writer: unclosed{cmd.OutOrStdout()}})
	if err == nil || errors.Is(err, io.EOF) {
		err = errAgentLeft
	}
	stop(err)
}

// unclosed is standard output, which a transport must not close.
type unclosed struct{ io.Writer }

// Close implements io.Closer.
func (unclosed) Close() error { return nil }
