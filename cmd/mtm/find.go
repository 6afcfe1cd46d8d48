package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm/find"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// search holds one run of find.
type search struct {
	in                   fieldList
	matchCase, word, any bool

	env   *env
	cmd   *cobra.Command
	store *store.Store
	rows  *rows
	list  *array // with --json

	found      int
	unreadable int   // messages that could not be searched
	cause      error // why the first of these could not be searched
}

func findCommand(e *env) *cobra.Command {
	f := &search{env: e}
	c := &cobra.Command{
		Use:   "find TEXT [FOLDER or ACCOUNT]",
		Short: "Find messages that contain a text",
		Long: `Find searches the messages of a folder, of an account's list, or of all of them, and prints those that contain the
text, as list does. It ends with status 1 when nothing is found, as grep does. Encoded words and bodies are decoded first.
If only the header of a message is here, the header is searched. The server is not contacted.`,
		Example: `  mtm find invoice
  mtm find 'Ada' Inbox --in from,to --word
  mtm find 'report*2026' work --in subject --wildcard`,
		Args:              cobra.RangeArgs(1, 2),
		ValidArgsFunction: secondArgument(e, namesOf(isPlace)),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			if args[0] == "" {
				return cli.Usage("the text to find is empty")
			}
			return e.withStore(reading, func(st *store.Store) error {
				f.cmd, f.store = cmd, st
				return f.run(cmd.Context(), args)
			})
		}),
	}
	flags := c.Flags()
	flags.Var(&f.in, "in", "parts to search, joined by commas: "+strings.Join(fieldNames(), ", "))
	flags.BoolVar(&f.matchCase, "case", false, "distinguish upper and lower case")
	flags.BoolVar(&f.word, "word", false, "find whole words only")
	flags.BoolVar(&f.any, "wildcard", false, "* in the text matches any characters of a line, ? one character")
	completeWords(c, "in", fieldNames())
	return c
}

// field is a part of a message that find searches.
type field struct {
	name string
	part symbian.PartList
}

func fields() []field {
	return []field{
		{"subject", symbian.PartSubject}, {"from", symbian.PartFrom}, {"to", symbian.PartTo}, {"cc", symbian.PartCc}, {"bcc", symbian.PartBcc},
		{"body", symbian.PartBody}, {"attachment", symbian.PartAttachments},
	}
}

func fieldNames() []string { return namesOfParts(^symbian.PartList(0)) }

func namesOfParts(parts symbian.PartList) []string {
	names := []string{}
	for _, f := range fields() {
		if parts&f.part != 0 {
			names = append(names, f.name)
		}
	}
	return names
}

// fieldList is the value of --in: names of fields.
type fieldList struct {
	text  string
	parts symbian.PartList
}

func (l *fieldList) String() string { return l.text }
func (l *fieldList) Type() string   { return "PARTS" }

func (l *fieldList) Set(text string) error {
	var parts symbian.PartList
	for name := range strings.SplitSeq(text, ",") {
		before := parts
		for _, f := range fields() {
			if strings.TrimSpace(name) == f.name {
				parts |= f.part
			}
		}
		if parts == before {
			return fmt.Errorf("%q is not a part to search: choose from %s", name, strings.Join(fieldNames(), ", "))
		}
	}
	l.text, l.parts = text, parts
	return nil
}

func (f *search) run(ctx context.Context, args []string) error {
	where, err := f.where(ctx, args[1:])
	if err != nil {
		return err
	}
	if f.in.parts == 0 {
		f.in.parts = ^symbian.PartList(0)
	}
	f.rows = newRows(f.cmd.OutOrStdout(), true)
	if f.env.json {
		f.list = newArray(f.rows.out)
	}
	finder, err := find.New(f.store, args[0], f.in.parts, f.options())
	if err != nil {
		return err
	}
	for _, place := range where {
		if err = f.place(ctx, finder, place, len(where) > 1); err != nil {
			return err
		}
	}
	switch {
	case f.list != nil:
		err = f.list.end()
	case f.found == 0:
		f.rows.out.printf("nothing found\n")
	}
	if err = errors.Join(err, f.rows.out.Flush()); err == nil && f.found == 0 && f.unreadable == 0 && f.env.shell == nil {
		return cli.Exit(cli.Failed)
	}
	if err == nil && f.unreadable > 0 {
		err = fmt.Errorf("%s not be searched, the first because: %w", count(f.unreadable, "message could", "messages could"), f.cause)
	}
	return err
}

// where returns the places to search.
func (f *search) where(ctx context.Context, names []string) ([]store.Entry, error) {
	if len(names) == 0 {
		return places(ctx, f.store)
	}
	place, err := findPlace(ctx, f.store, names[0], "folder or account", isPlace)
	return []store.Entry{place}, err
}

func (f *search) options() find.Options {
	var o find.Options
	for _, choice := range []struct {
		is  bool
		bit find.Options
	}{{f.matchCase, find.CaseSensitive}, {f.word, find.WholeWord}, {f.any, find.Wildcard}} {
		if choice.is {
			o |= choice.bit
		}
	}
	return o
}

// foundView is a message in JSON, with the parts that contain the text.
type foundView struct {
	messageView
	Found []string `json:"found"`
}

// place searches one place, in the order of dates. A message that cannot be read
// does not end the search.
func (f *search) place(ctx context.Context, finder *find.Finder, place store.Entry, heading bool) error {
	ids, err := byDate(ctx, f.store, place.ID, func(*store.Entry) bool { return true })
	if err != nil {
		return err
	}
	return inOrder(ctx, f.store, ids, func(m *store.Entry) error {
		found, err := finder.Find(ctx, m.ID)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			if f.unreadable++; f.cause == nil {
				f.cause = err
			}
			return nil
		}
		if notice := found.Notice(); notice != "" {
			f.cmd.PrintErrf("message %d was not searched completely: it has %s\n", m.ID, notice)
		}
		if found.Parts == 0 {
			return nil
		}
		f.found++
		if f.list != nil {
			return f.list.add(foundView{messageViewOf(m), namesOfParts(found.Parts)})
		}
		if heading {
			f.rows.out.printf("%s:\n", oneLine(place.Name))
			heading = false
		}
		f.rows.print(m)
		if cli.IsTerminal(f.cmd.OutOrStdout()) {
			return f.rows.out.Flush() // the user is waiting
		}
		return nil
	})
}

// secondArgument returns a function that completes the second argument.
func secondArgument(e *env, list func(context.Context, *store.Store) ([]string, error)) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) != 1 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return complete(e, cmd, list)
	}
}
