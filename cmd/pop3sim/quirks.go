package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/scenarios"
)

// listedQuirk is the row of one quirk.
type listedQuirk struct {
	Number    int      `json:"number"`
	Title     string   `json:"title"`
	Sources   []string `json:"sources"`
	Switch    bool     `json:"switch"`
	Scenarios []string `json:"scenarios"`
	MTM       string   `json:"mtm"`
	Client    string   `json:"client,omitempty"`
}

func newScenariosQuirks() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "quirks",
		Short: "List the quirks of real servers",
		Long: `List the quirks of real servers: what they do wrong or unusually, by number. In a scenario or
profile, quirk: NUMBER adds a quirk to the server; see docs/quirks.md.`,
		Example: `  pop3sim scenarios quirks
  pop3sim scenarios quirks --json
  pop3sim scenarios list --quirk 83`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := quirks()
			if err != nil {
				return err
			}
			if asJSON {
				return cli.NewJSON(cmd.OutOrStdout()).Encode(all)
			}
			var b strings.Builder
			for _, q := range all {
				fmt.Fprintf(&b, "%3d  %s\n", q.Number, q.Title)
			}
			_, err = io.WriteString(cmd.OutOrStdout(), b.String())
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print an array of objects with number, title, sources, switch (whether quirk: NUMBER alone changes the server), scenarios, mtm, client")
	return c
}

func quirks() ([]listedQuirk, error) {
	shown, err := scenarios.Shown()
	if err != nil {
		return nil, err
	}
	var all []listedQuirk
	for n := 1; n <= scenarios.LastQuirk; n++ {
		q, err := scenarios.QuirkByNumber(n)
		if err != nil {
			return nil, err
		}
		all = append(all, listedQuirk{n, q.Title, q.Sources, q.Alone(), append([]string{}, shown[n]...), q.MTM, q.Client})
	}
	return all, nil
}

// tellQuirk returns an error for an unknown number, and prints why a quirk has no scenarios.
func tellQuirk(w io.Writer, n int) error {
	if n < 1 || n > scenarios.LastQuirk {
		return cli.Usage("--quirk takes a number from 1 to %d; 'pop3sim scenarios quirks' lists them", scenarios.LastQuirk)
	}
	q, err := scenarios.QuirkByNumber(n)
	if err != nil || q.Client == "" {
		return err
	}
	_, err = fmt.Fprintf(w, "no scenario shows quirk %d: %s\n", n, q.Client)
	return err
}
