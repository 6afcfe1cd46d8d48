// Package process runs a foreign program that is not trusted: without a shell, in a directory and a
// process group of its own, with limits on its output, its files and its silence, and leaves no
// process behind. It knows nothing about mail.
package process
