// Package edit has replies as data, and the faults of a server as edits of them: pure functions that take a reply and return
// another one. Nothing here knows of connections or sessions, and nothing checks what comes out.
//
//	wrong := edit.CutAfter(1200, edit.Reset)(edit.OK("all is well"))
//
// An edit that works on octets or lines is a filter, so that large mail streams through it. No edit leaves anything to chance:
// counts, positions and seeds alone.
package edit
