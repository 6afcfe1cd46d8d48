// as mtm/elsewhere.go
package mtm

func changeElsewhere(table map[string]int) {
	table["a"] = 2
	registry["z"] = 1 // want "the package variable registry changes"
	ErrNone = nil     // want "the package variable ErrNone changes"
}
