// Package cli runs the project's commands in one manner: the same exit statuses, the same one-line
// errors, the same handling of signals, of closed pipes and of terminals. A command's main is
//
//	func main() { os.Exit(cli.Run(newRoot(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
//
// Exit status: 0 done; 1 the operation failed; 2 wrong usage.
package cli
