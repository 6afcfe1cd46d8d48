package main

import (
	"strconv"

	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

// session is an account whose connection stays open while commands come in.
type session struct {
	account mtm.Account
	store   *store.Store
	client  *mtm.Client
	last    *mtm.Operation // the newest that ran
	left    bool           // quit was typed
}

// withAccount puts the account before the arguments of a command that takes one
// first, unless it is there.
func (s *session) withAccount(args []string) []string {
	if len(args) > 0 && args[0] == s.account.Name {
		if _, err := strconv.ParseInt(args[0], 10, 64); err != nil { // not an id
			return args
		}
	}
	return append([]string{s.account.Name}, args...)
}
