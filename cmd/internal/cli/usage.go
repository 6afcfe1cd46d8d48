package cli

import (
	"errors"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// argumentRule returns c's rule for arguments with plainer errors.
func argumentRule(c *cobra.Command) cobra.PositionalArgs {
	rule := c.Args
	switch {
	case rule == nil && c.HasSubCommands():
		return func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return unknownWord(c, args[0])
		}
	case rule == nil:
		rule = cobra.NoArgs
	}
	return func(c *cobra.Command, args []string) error {
		err := rule(c, args)
		if _, told := errors.AsType[usageError](err); err == nil || told {
			return err
		}
		form := strings.TrimSuffix(c.UseLine(), " [flags]")
		if len(args) == 0 {
			return Usage("an argument is missing: write '%s'", form)
		}
		return Usage("wrong arguments, starting with %q: write '%s'", args[0], form)
	}
}

// tellOneDefault hides a flag's default in help texts when it is an empty list, or when the text of
// the flag describes it.
func tellOneDefault(f *pflag.Flag) {
	if f.DefValue != "[]" && !strings.Contains(f.Usage, "default: ") {
		return
	}
	for _, zero := range []string{"[]", "", "0"} { // which of them pflag hides depends on the type
		if f.DefValue = zero; shownDefault(f) == "" {
			return
		}
	}
}

// shownDefault returns how help texts show f's default, such as "(default 1)"; "" when they do not.
func shownDefault(f *pflag.Flag) string {
	bare := *f
	bare.Usage, bare.Shorthand = "", ""
	var set pflag.FlagSet
	set.AddFlag(&bare)
	_, shown, found := strings.Cut(set.FlagUsages(), "(default ")
	if !found {
		return ""
	}
	return "(default " + strings.TrimSpace(shown)
}

// helpTopic is the rule for the arguments of help: the words of a command.
func helpTopic(c *cobra.Command, args []string) error {
	topic, rest, err := c.Root().Find(args)
	if err == nil && len(rest) == 0 {
		return nil
	}
	return unknownWord(topic, args[len(args)-max(len(rest), 1)])
}

// unknown returns an error when the first word is not a command, before the flags after it are read
// as flags of the parent command.
func (r *runner) unknown(root *cobra.Command, args []string) (*cobra.Command, error) {
	c, rest, err := root.Find(args)
	if err != nil || !c.HasSubCommands() || len(rest) == 0 || strings.HasPrefix(rest[0], "-") || strings.HasPrefix(rest[0], "__") {
		return c, nil
	}
	return c, unknownWord(c, rest[0])
}

func unknownWord(c *cobra.Command, word string) error {
	c.SuggestionsMinimumDistance = 2
	if near := c.SuggestionsFor(word); len(near) > 0 {
		nearest := slices.MinFunc(near, func(a, b string) int {
			return levenshtein.ComputeDistance(word, a) - levenshtein.ComputeDistance(word, b)
		})
		return Usage("there is no command %q, but there is %q", word, nearest)
	}
	return Usage("there is no command %q, only %s", word, words(c))
}

// words returns the names of c's subcommands for a message.
func words(c *cobra.Command) string {
	var names []string
	for _, child := range c.Commands() {
		if child.IsAvailableCommand() && child.Name() != "help" && child.Name() != "completion" {
			names = append(names, child.Name())
		}
	}
	return strings.Join(names, ", ")
}

// flagError returns an error that says what an invalid value should look like, and to which command
// a misplaced flag belongs. It shows a value only when its type cannot be that of a password.
func flagError(c *cobra.Command, err error) error {
	if missing, ok := errors.AsType[*pflag.NotExistError](err); ok {
		var owners []string
		for _, child := range c.Commands() {
			if child.Flags().Lookup(missing.GetSpecifiedName()) != nil {
				owners = append(owners, "'"+child.CommandPath()+"'")
			}
		}
		if owners != nil {
			return Usage("%w; it belongs to %s", err, strings.Join(owners, ", "))
		}
	}
	invalid, ok := errors.AsType[*pflag.InvalidValueError](err)
	if !ok {
		return usageError{err}
	}
	flag, value := invalid.GetFlag(), invalid.GetValue()
	switch flag.Value.Type() {
	case "int", "int64", "uint", "uint64":
		return Usage("--%s takes a whole number, not %q", flag.Name, value)
	case "duration":
		return Usage("--%s takes a duration such as 90s or 5m, not %q", flag.Name, value)
	case "bool":
		return Usage("--%s takes true or false, not %q", flag.Name, value)
	}
	return Usage("--%s: %w", flag.Name, invalid.Unwrap())
}
