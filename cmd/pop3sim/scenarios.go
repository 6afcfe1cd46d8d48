package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/scenarios"
)

func newScenarios() *cobra.Command {
	c := &cobra.Command{
		Use:   "scenarios",
		Short: "List, show and check scenarios",
		Long: `List, show and check scenarios: files that describe how the server misbehaves, and what a good
client does then. docs/scenarios.md describes how to write one.`,
		Example: `  pop3sim scenarios list --quirk 83
  pop3sim scenarios show retr-drop >mine.yaml
  pop3sim scenarios check mine.yaml`,
	}
	c.AddCommand(newScenariosList(), newScenariosQuirks(), newScenariosProfiles(), newScenariosShow(), newScenariosCheck(), newScenariosSchema())
	return c
}

// listed is the row of one scenario.
type listed struct {
	Name    string              `json:"name"`
	Title   string              `json:"title"`
	RFC     []scenarios.Section `json:"rfc,omitempty"`
	Quirk   scenarios.Numbers   `json:"quirk,omitempty"`
	Profile string              `json:"profile,omitempty"`
}

func newScenariosList() *cobra.Command {
	var asJSON, cases bool
	var quirk int
	c := &cobra.Command{
		Use:   "list",
		Short: "List the built-in scenarios",
		Example: `  pop3sim scenarios list
  pop3sim scenarios list --quirk 83
  pop3sim scenarios list --cases --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("quirk") {
				if err := tellQuirk(cmd.ErrOrStderr(), quirk); err != nil {
					return err
				}
			}
			all, err := builtIn(cases, quirk)
			if err != nil {
				return err
			}
			if asJSON {
				return cli.NewJSON(cmd.OutOrStdout()).Encode(all)
			}
			return printList(cmd, all)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print an array of objects with name, title, rfc, quirk, profile")
	c.Flags().BoolVar(&cases, "cases", false, "list each case of a scenario as NAME#CASE")
	c.Flags().IntVar(&quirk, "quirk", 0, "list only scenarios that show the quirk of this `NUMBER`")
	return c
}

// builtIn returns the built-in scenarios, or each of their cases; only those that show quirk,
// unless it is 0.
func builtIn(cases bool, quirk int) ([]listed, error) {
	all := []listed{}
	for _, name := range scenarios.Names() {
		found, err := scenarios.LoadAll(name)
		if err != nil {
			return nil, err
		}
		if quirk != 0 {
			found = slices.DeleteFunc(found, func(s *scenarios.Scenario) bool { return !slices.Contains(s.Quirk, quirk) })
		}
		for i, s := range found {
			one := listed{name, s.Title, s.RFC, s.Quirk, s.Profile}
			if cases {
				one.Name = s.Name()
			}
			if cases || i == 0 {
				all = append(all, one)
			}
		}
	}
	return all, nil
}

func printList(cmd *cobra.Command, all []listed) error {
	width := 0
	for _, one := range all {
		width = max(width, len(one.Name))
	}
	var b strings.Builder
	for _, one := range all {
		fmt.Fprintf(&b, "%-*s  %s\n", width, one.Name, one.Title)
	}
	_, err := cmd.OutOrStdout().Write([]byte(b.String()))
	return err
}

func newScenariosShow() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "show NAME",
		Short: "Print a scenario, to read it or to start your own",
		Example: `  pop3sim scenarios show retr-drop >mine.yaml
  pop3sim scenarios show retr-drop --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if asJSON {
				s, err := scenarios.Load(args[0])
				if err != nil {
					return tellWrong(cmd.ErrOrStderr(), args[0], err)
				}
				return cli.NewJSON(cmd.OutOrStdout()).Encode(s)
			}
			text, err := scenarios.Source(args[0])
			if err != nil {
				return cli.Usage("%w", err)
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
		ValidArgsFunction: completeScenarios,
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print it as JSON, as the API accepts it; NAME#CASE prints one case")
	return c
}

// checked is the result of check for one file.
type checked struct {
	File   string         `json:"file"`
	Cases  int            `json:"cases"`
	Errors []checkedError `json:"errors"`
}

type checkedError struct {
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Text   string `json:"text"`
}

func newScenariosCheck() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "check FILE...",
		Short: "Check scenario files, and report errors with their places",
		Long: `Check scenario files, and report what is wrong, where, and what is allowed there.

The exit status is 2 when a file is wrong.`,
		Example: `  pop3sim scenarios check mine.yaml
  pop3sim scenarios check --json tests/*.yaml`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			wrong := false
			all := []checked{}
			for _, name := range files {
				one := checkFile(name)
				all = append(all, one.checked)
				wrong = wrong || one.errs != nil
				switch {
				case asJSON:
				case one.errs != nil:
					showWrong(cmd.ErrOrStderr(), one.errs)
				default:
					if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", name, scenarioCount(one.Cases)); err != nil {
						return err
					}
				}
			}
			if asJSON {
				if err := cli.NewJSON(cmd.OutOrStdout()).Encode(all); err != nil {
					return err
				}
			}
			if wrong {
				return cli.Exit(cli.Wrong)
			}
			return nil
		},
		ValidArgsFunction: cobra.FixedCompletions([]string{"yaml", "yml", "json"}, cobra.ShellCompDirectiveFilterFileExt),
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print an array of objects with file, cases, errors (line, column, text)")
	return c
}

type outcome struct {
	checked
	errs scenarios.Errors
}

// checkFile checks one file. A file that cannot be read is reported as an error of the file.
func checkFile(name string) outcome {
	o := outcome{checked: checked{File: name, Errors: []checkedError{}}}
	found, err := scenarios.LoadAll(name)
	o.Cases = len(found)
	if err != nil && !errors.As(err, &o.errs) {
		o.errs = scenarios.Errors{{Text: err.Error()}}
	}
	for _, one := range o.errs {
		o.Errors = append(o.Errors, checkedError{one.Line, one.Column, one.Text})
	}
	return o
}

func scenarioCount(n int) string {
	if n == 1 {
		return "1 scenario"
	}
	return fmt.Sprintf("%d scenarios", n)
}

func newScenariosSchema() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of scenario files, for editors",
		Long: `Print the JSON Schema of scenario files. An editor uses it to complete and check them:
write it beside your files, and begin each with the line

  # yaml-language-server: $schema=schema.json`,
		Example: `  pop3sim scenarios schema >schema.json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := cmd.OutOrStdout().Write(scenarios.Schema())
			return err
		},
	}
}

// completeScenarios completes the names of built-in scenarios, with their titles, and the names of
// files.
func completeScenarios(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var all []cobra.Completion
	for _, name := range scenarios.Names() {
		if s, err := scenarios.Load(name); err == nil {
			all = append(all, cobra.CompletionWithDesc(name, s.Title))
		}
	}
	return all, cobra.ShellCompDirectiveDefault
}

// tellWrong prints the errors in a file with their places. It returns any other error as wrong
// usage.
func tellWrong(stderr io.Writer, flag string, err error) error {
	var all scenarios.Errors
	if !errors.As(err, &all) {
		return cli.Usage("%s: %w", flag, err)
	}
	showWrong(stderr, all)
	return cli.Exit(cli.Wrong)
}

func showWrong(to io.Writer, all scenarios.Errors) {
	for _, one := range all {
		_, _ = fmt.Fprintf(to, "%s\n%s", cli.OneLine(one.Error()), one.Snippet) // nothing can be done about an error
	}
}
