// Command k6 is Grafana k6 with the module k6/x/pop3, a POP3 client for load scripts, and the
// output hdr, which writes what a load host measured as a file that 'bench k6 --merge' adds to
// those of other hosts.
//
//	go build -C cmd/bench/k6 -o ../../../bin/k6 .
//	bin/k6 run --out hdr=results/ script.js
//
// It is a module of its own: what k6 needs, and its licence (AGPL-3.0), stay out of the main
// module.
package main

import (
	"go.k6.io/k6/cmd"
	"go.k6.io/k6/js/modules"
	k6output "go.k6.io/k6/output"

	"pop3mtm/cmd/bench/k6/client"
	"pop3mtm/cmd/bench/k6/output"
)

func main() {
	modules.Register("k6/x/pop3", client.New())
	k6output.RegisterExtension("hdr", output.New)
	cmd.Execute()
}
