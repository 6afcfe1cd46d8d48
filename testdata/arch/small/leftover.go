// as mtm/leftover.go
package mtm // want "is not a verb"

func cutLast() {}
