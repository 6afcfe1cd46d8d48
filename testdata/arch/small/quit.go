// as mtm/quit.go
package mtm

func Quit() {}
