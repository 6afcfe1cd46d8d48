package fakeserver

import "pop3mtm/fakeserver/edit"

// noop answers NOOP (RFC 1939 section 5).
func noop(*Exchange) edit.Reply { return edit.OK("still here") }
