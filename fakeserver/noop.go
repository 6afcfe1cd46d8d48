package fakeserver

// noop answers NOOP (RFC 1939 section 5).
func noop(*Exchange) Reply { return OK("still here") }
