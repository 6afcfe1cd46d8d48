// as cmd/mtm/mtm_command.go
package main

import (
	_ "pop3mtm/cmd/internal/cli"
	_ "pop3mtm/fakeserver" // want "cmd/mtm imports fakeserver"
	_ "pop3mtm/features"   // want "cmd/mtm imports features"
	_ "pop3mtm/mtm/store"
)
