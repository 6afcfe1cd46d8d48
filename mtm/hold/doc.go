// Package hold makes sure that only one client at a time, in whatever process, uses a mailbox, and
// reports which client that is. It uses locks of the operating system, which end with the process
// that holds them. Querying a mailbox takes no lock, so it never keeps a client from the mailbox.
package hold
