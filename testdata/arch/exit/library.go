// as mtm/main.go
package mtm

import "os"

func quit() { os.Exit(0) } // want "os.Exit below main"
