package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/scenarios"
)

// listedProfile is the row of one profile.
type listedProfile struct {
	Name    string   `json:"name"`
	Title   string   `json:"title"`
	Sources []string `json:"sources"`
}

func newScenariosProfiles() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "profiles",
		Short: "List the known servers",
		Long: `List the known servers. 'serve --profile NAME', and profile: NAME in a scenario, imitate them.
The JSON has the sources of each.`,
		Example: `  pop3sim scenarios profiles
  pop3sim serve --profile mailpit`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var all []listedProfile
			var b strings.Builder
			for _, name := range scenarios.Profiles() {
				p, err := scenarios.ProfileByName(name)
				if err != nil {
					return err
				}
				all = append(all, listedProfile{name, p.Title, p.Sources})
				fmt.Fprintf(&b, "%-12s %s\n", name, p.Title)
			}
			if asJSON {
				return cli.NewJSON(cmd.OutOrStdout()).Encode(all)
			}
			_, err := io.WriteString(cmd.OutOrStdout(), b.String())
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print an array of objects with name, title, sources")
	return c
}
