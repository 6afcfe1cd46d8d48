// as cmd/mtm/main.go
package main

import "os"

func main() { os.Exit(0) }
