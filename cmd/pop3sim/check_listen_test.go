package main_test

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"testing"

	"pop3mtm/internal/need"

	. "github.com/onsi/gomega"
)

// A client in any language can be checked inside its own process: the check serves all cases on one
// port and talks JSON lines.
func TestCheckListensForAClientInAnotherProcess(t *testing.T) {
	for program, script := range map[string]string{"python3": "client.py", "node": "client.js"} {
		t.Run(program, func(t *testing.T) {
			need.Program(t, program)
			RegisterTestingT(t)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			c := exec.CommandContext(ctx, program, filepath.Join("..", "..", "scenarios", "check", "testdata", "listen", script),
				binary, "check", "--listen", "127.0.0.1:0", "--only", "retr-octets@dot*", "--only", "retr-drop@1200/close", "--only", "retr-refused@words")
			var out, errOut bytes.Buffer
			c.Stdout, c.Stderr = &out, &errOut
			err := c.Run()
			Expect(err).NotTo(HaveOccurred(), out.String()+errOut.String())
			Expect(out.String()).To(And(ContainSubstring("retr-octets@dots pass"), ContainSubstring("retr-drop@1200/close warn DOUBLED"), ContainSubstring("retr-refused@words ")))
		})
	}
}

// A client that a person operates is checked by questions on the terminal.
func TestCheckAsksAPersonWhatTheInboxShows(t *testing.T) {
	RegisterTestingT(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c := exec.CommandContext(ctx, binary, "check", "--attend", "--only", "retr-octets@dots")
	c.Stdin = bytes.NewReader([]byte("\n0\n"))
	var errOut bytes.Buffer
	c.Stderr = &errOut
	Expect(c.Run()).NotTo(Succeed())
	Expect(c.ProcessState.ExitCode()).To(Equal(2))
	Expect(errOut.String()).To(And(ContainSubstring("Press Get Mail in the client now"), ContainSubstring("1  The first message"), ContainSubstring("never connected")))
}
