// as mtm/pop3/outside_test.go
package pop3_test

import (
	_ "pop3mtm/fakeserver/maildrop"
	_ "pop3mtm/fixtures"
	_ "pop3mtm/mtm/account" // want "mtm/pop3 imports mtm/account"
	_ "pop3mtm/mtm/internal/lineio"
	_ "pop3mtm/mtm/pop3"
)
