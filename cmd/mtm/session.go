package main

import (
	"strconv"

	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

// session holds an account whose connection stays open between the commands of a shell.
type session struct {
	account mtm.Account
	store   *store.Store
	client  *mtm.Client
	last    *mtm.Operation // the newest that ran
	left    bool           // quit was typed
}

// withAccount adds the account before the arguments of a command that takes one,
// unless it is given.
func (s *session) withAccount(args []string) []string {
	if len(args) > 0 && args[0] == s.account.Name {
		if _, err := strconv.ParseInt(args[0], 10, 64); err != nil { // not an id
			return args
		}
	}
	return append([]string{s.account.Name}, args...)
}
