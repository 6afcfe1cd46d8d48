// Package pop3mtm holds no code: README.md says what lies where, and the tests beside this file
// check rules that hold for the whole module.
package pop3mtm
