// as cmd/mtm/below.go
package main

import (
	"log"
	system "os"
)

func below() {
	system.Exit(1)   // want "os.Exit below main"
	log.Fatal("x")   // want "log.Fatal below main"
	log.Fatalf("x")  // want "log.Fatalf below main"
	log.Panicln("x") // want "log.Panicln below main"
	log.Print("x")
}
