package fakeserver

import "pop3mtm/fakeserver/edit"

// noop answers NOOP (RFC 1939 section 5).
func noop(*popTalk, *Exchange) Answer { return says(edit.OK("still here")) }
