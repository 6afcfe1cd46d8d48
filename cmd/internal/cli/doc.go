// Package cli runs the project's commands, so that all have the same exit statuses, one-line
// errors, and handling of signals, closed pipes and terminals. A command's main is
//
//	func main() { os.Exit(cli.Run(newRoot(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
//
// Exit status: 0 success; 1 the operation failed; 2 wrong usage.
package cli
