// Package process runs a foreign program that is not trusted: without a shell, in its own directory
// and process group, and with limits on its output, its files and its silence. It leaves no process
// behind, and it knows nothing about mail.
package process
