// Package tools serves the operations of [control.Service] to agents, by the Model Context Protocol
// (MCP): create a mailbox, play a scenario, add a rule, read a transcript, wait, and ask for the
// verdict. Each tool is one call of an operation; what it returns is text that an agent can read,
// and the value of the operation.
//
// tools.go has the server, mailboxes.go, faults.go and sessions.go the tools.
package tools
