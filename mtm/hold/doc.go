// Package hold gives a mailbox to one client at a time, in whatever process it is, and tells
// everybody who has it. It uses locks of the operating system, which end with the process that
// holds them. Asking who has a mailbox never takes a lock, so it disturbs nobody.
package hold
