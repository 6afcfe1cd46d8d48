// as mtm/store/up.go
package store

import (
	_ "fmt"
	_ "pop3mtm/mtm"          // want "mtm/store imports mtm: arrows point down only"
	_ "pop3mtm/mtm/progress" // want "mtm/store imports mtm/progress"
)
