package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// browserProgram is the file name of the simulator for browsers.
const browserProgram = "pop3sim.wasm"

// browser packs the simulator for browsers: a static page, and the server as WebAssembly.
func (r *release) browser(ctx context.Context) error {
	r.say("simulator for browsers")
	program := filepath.Join(r.work, browserProgram)
	wasm := target{"js", "wasm"}
	module, err := output(ctx, "", "go", "list", "-m", "-f", "{{.Dir}}", "pop3mtm/tools/release")
	if err != nil {
		return err
	}
	args := []string{"build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid= -X main.version=" + r.version, "-o", program, "./browser"}
	if err = r.goTool(ctx, module, wasm, args...); err != nil {
		return err
	}
	glue, err := glueOf(ctx)
	if err != nil {
		return err
	}
	all := []file{
		{"page.css", filepath.Join(module, "browser", "page.css"), 0o644},
		{"page.js", filepath.Join(module, "browser", "page.js"), 0o644},
		{browserProgram, program, 0o644},
		{"wasm_exec.js", glue, 0o644},
		{"index.html", filepath.Join(module, "browser", "index.html"), 0o644},
	}
	return r.write("_browser.zip", func(w io.Writer) error { return writeZip(w, all, r.date) })
}

// glueOf returns the file that comes with Go and loads its programs in a browser.
func glueOf(ctx context.Context) (string, error) {
	root, err := output(ctx, "", "go", "env", "GOROOT")
	if err != nil {
		return "", err
	}
	path := filepath.Join(root, "lib", "wasm", "wasm_exec.js")
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("the Go installation is not complete: %w", err)
	}
	return path, nil
}
