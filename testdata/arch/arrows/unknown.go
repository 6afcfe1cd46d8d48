// as mtm/newcomer/unknown.go
package newcomer // want "package mtm/newcomer has no line in the table of arch_arrows_test.go"
