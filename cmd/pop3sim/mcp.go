package main

import (
	"github.com/spf13/cobra"
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
