package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/spf13/pflag"
)

// manWord is a first argument that only the release tool uses; the second is a directory.
const manWord = "__man"

// manual writes a man page of root and of each command below it into dir.
func manual(root *cobra.Command, dir string) error {
	b := readBuild()
	for _, c := range root.Commands() {
		if c.Name() == "completion" {
			root.RemoveCommand(c) // its pages would be longer than all others
		}
	}
	plain(root)
	header := doc.GenManHeader{Section: "1", Source: "pop3mtm " + b.version, Manual: "pop3mtm"}
	if date, err := time.Parse(time.RFC3339, b.date); err == nil {
		header.Date = &date
	}
	err := doc.GenManTreeFromOpts(root, doc.GenManTreeOptions{Header: &header, Path: dir, CommandSeparator: "-"})
	if err != nil {
		return fmt.Errorf("man pages: %w", err)
	}
	return nil
}

// plain escapes the texts of c and of the commands below it: cobra/doc takes them for Markdown.
func plain(c *cobra.Command) {
	c.DisableAutoGenTag = true
	c.Use, c.Short, c.Long = markdown(c.Use), markdown(c.Short), pageText(c.Long)
	c.LocalNonPersistentFlags().VisitAll(plainFlag)
	c.PersistentFlags().VisitAll(plainFlag)
	for _, child := range c.Commands() {
		plain(child)
	}
}

// plainFlag escapes the text of f and adds the default to it, as in help texts. Where cobra/doc
// writes the default it puts the name of the value: "--jobs=N" rather than "--jobs=0".
func plainFlag(f *pflag.Flag) {
	name, usage := pflag.UnquoteUsage(f)
	if shown := shownDefault(f); shown != "" {
		usage += " " + shown
	}
	f.Usage = markdown(usage)
	f.DefValue = markdown(f.DefValue)
	if name != "" { // a switch has none
		f.DefValue, f.Value = markdown(name), unquoted{f.Value}
	}
}

// unquoted is a value whose default cobra/doc writes without quotation marks.
type unquoted struct{ pflag.Value }

func (unquoted) Type() string { return "unquoted" }

// pageText is a long help text as Markdown: paragraphs are filled, and those with indented lines,
// such as tables, stay as they are.
func pageText(text string) string {
	blocks := strings.Split(text, "\n\n")
	for i, block := range blocks {
		if !strings.Contains("\n"+block, "\n ") {
			blocks[i] = markdown(block)
			continue
		}
		blocks[i] = "```\n" + block + "\n```"
	}
	return strings.Join(blocks, "\n\n")
}

// markdown escapes what would be markup.
func markdown(text string) string {
	for _, c := range "\\`*_<[]#&|" {
		text = strings.ReplaceAll(text, string(c), `\`+string(c))
	}
	return text
}
