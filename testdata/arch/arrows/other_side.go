// as fakeserver/other_side.go
package fakeserver

import (
	_ "pop3mtm/fakeserver/maildrop"
	_ "pop3mtm/mtm/pop3" // want "fakeserver imports mtm/pop3"
)
