// as mtm/width.go
package mtm

// This line is one column longer than a comment may be; the mark counts too:   // want "101 columns"
// A line of a hundred columns is as long as a comment may be, and this one is, to the last letter .

// An address keeps its line: https://www.rfc-editor.org/rfc/rfc1939.html#section-7 is not cut, however long.

//	a table, or code, of a doc comment | keeps its line, since it would not be the same when it is wrapped

//nolint:gosec // a directive keeps its line, since the programs that read it know only one line of it

func width() {
	if true {
		// Two tabs are eight columns, so that this line has two too many:       // want "102 columns"
		_ = 0 // a comment behind code belongs to a line of code, whose length nobody limits, so that it may be long
	}
}
