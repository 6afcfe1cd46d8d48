// as mtm/pop3/inside_test.go
package pop3

import _ "pop3mtm/fakeserver" // want "mtm/pop3 imports fakeserver"
