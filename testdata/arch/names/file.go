// as mtm/test_helpers.go
package mtm // want "test_helpers says nothing"

type GetMail struct{}
