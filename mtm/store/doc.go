// Package store is the message store of the MTM: a tree of entries in an
// SQLite index and the raw bodies of messages in append-only segment files.
//
// A store is a folder. index.db holds everything that is small and changes;
// bodies/ holds what is large and never changes. Changes are made by a Batch:
// bodies are appended, the segment is synced, then one index transaction makes
// all of it visible at once. Reading is safe from any goroutine and in any
// number of processes, also beside a writer; several processes may write.
//
// docs/store.md describes the files, tables and columns.
package store
