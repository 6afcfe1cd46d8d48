// Package tools serves the operations of [control.Service] to agents by the Model Context Protocol
// (MCP): create a mailbox, play a scenario, add a rule, read a transcript, wait, and ask for the
// verdict. Each tool calls one operation. It returns a text that an agent can read, and the result
// of the operation.
//
// tools.go has the server, mailboxes.go, faults.go and sessions.go the tools.
package tools
