// as cmd/mtm/output.go
package main

import (
	"encoding/json"
	"os"

	"pop3mtm/cmd/internal/cli"
)

func raw(v any) error {
	return json.NewEncoder(os.Stdout).Encode(v) // want "json.NewEncoder writes control characters"
}

func text(v any) ([]byte, error) {
	return json.MarshalIndent(v, "", " ") // want "json.MarshalIndent writes control characters"
}

func escaped(v any) ([]byte, error) {
	out, err := json.Marshal(v)
	return cli.EscapeJSON(out), err
}

func right(v any) error { return cli.NewJSON(os.Stdout).Encode(v) }
