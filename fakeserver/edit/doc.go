// Package edit represents replies as data and the faults of a server as edits: pure functions that
// take a reply and return another one. It knows nothing about connections or sessions, and does not
// check the results.
//
//	wrong := edit.CutAfter(1200, edit.Reset)(edit.OK("all is well"))
//
// An edit that works on octets or lines is a filter, so that large mail streams through it. No edit
// uses randomness: the results depend on counts, positions and seeds only.
package edit
