// as mtm/sleep_test.go
package mtm

import clock "time"

func nap() {
	clock.Sleep(clock.Second) // want "time.Sleep"
	f := clock.Sleep          // want "time.Sleep"
	f(1)
}
