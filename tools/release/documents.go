package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

var link = regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)

// documents returns the files of the tree that come with the programs: README, CHANGELOG, docs/,
// examples/, and the files to which links in these lead, unless they are sources.
func (r *release) documents(ctx context.Context) ([]string, error) {
	all := []string{"CHANGELOG.md", "README.md"}
	for _, dir := range []string{"docs", "examples"} {
		names, err := r.filesBelow(ctx, dir)
		if err != nil {
			return nil, fmt.Errorf("documents: %w", err)
		}
		all = append(all, names...)
	}
	for i := 0; i < len(all); i++ { // grows meanwhile
		if path.Ext(all[i]) != ".md" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(r.tree, all[i]))
		if err != nil {
			return nil, fmt.Errorf("documents: %w", err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			name := path.Join(path.Dir(all[i]), m[1])
			info, err := os.Stat(filepath.Join(r.tree, name))
			if err == nil && info.Mode().IsRegular() && filepath.IsLocal(name) && !isSource(name) && !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return all, nil
}

// isSource reports whether a linked file is left out of a release. In an archive the program mtm
// stands where the directory mtm/ would be.
func isSource(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	return path.Ext(name) == ".go" || first == "cmd" || slices.Contains(commands(), first)
}

// filesBelow returns the files in a directory of the tree; in a git repository those that git
// has, so that what a test left there is not published.
func (r *release) filesBelow(ctx context.Context, dir string) ([]string, error) {
	if r.commit != unknownCommit {
		text, err := output(ctx, r.tree, "git", "ls-files", "-z", "--", dir)
		return strings.FieldsFunc(text, func(c rune) bool { return c == 0 }), err
	}
	var names []string
	err := fs.WalkDir(os.DirFS(r.tree), dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			names = append(names, name)
		}
		return err
	})
	return names, err
}
