// Package store implements the message store of the MTM: a tree of entries in an SQLite index, and
// the raw bodies of messages in append-only segment files.
//
// A store is a directory. Its file index.db holds the entries, and its directory bodies holds the
// segment files. A Batch makes changes: it appends bodies, syncs the segments, and makes everything
// visible with one transaction of the index.
//
// Any number of goroutines and processes may read and write a store at the same time.
//
// docs/store.md describes the files, tables and columns.
package store
