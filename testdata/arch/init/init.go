// as mtm/init.go
package mtm

func init() {} // want "func init"

type verb struct{}

func (verb) init() {}
