package pop3mtm_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// maxPhrases is how many lines may hold one of the phrases. It may only go down.
const maxPhrases = 7

// phrases are turns that make a reader go back: a predicate "none", a relative clause without its
// noun, a count without a number. Write what is missing, what exists already, what failed.
var phrases = regexp.MustCompile(`(?i)\b(is|are) none\b|so many(th|eth)?\b.*\bth|what is no \w+|\bis no (folder|file|directory)\b|` +
	`is there already|\btells (whether|that|of)\b|\b(is|are) told\b|there is one more\b`)

func TestWordsAreReadOnce(t *testing.T) {
	found, err := phrasesBelow(".")
	if err != nil {
		t.Fatal(err)
	}
	if len(found) > maxPhrases {
		t.Errorf("%d lines have phrases that have to be read twice, more than %d:\n%s", len(found), maxPhrases, strings.Join(found, "\n"))
	}
}

func TestPhrasesAreFound(t *testing.T) {
	for text, want := range map[string]bool{
		"With a Token an empty Password is none":        true,
		"the MTM tells whether mail waits":              true,
		"x is no folder":                                true,
		"The file is there already":                     true,
		"this is told at the end":                       true,
		"reports whether mail waits":                    false,
		"there is nothing more to fetch":                false,
		"x is not a directory; what is new stays there": false,
	} {
		if phrases.MatchString(text) != want {
			t.Errorf("%q: want %t", text, want)
		}
	}
}

// phrasesBelow returns the lines with phrases in Go files, documents and YAML files. The changelog
// keeps the words of its day.
func phrasesBelow(dir string) ([]string, error) {
	var found []string
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := d.Name()
		if d.IsDir() {
			if name != dir && strings.HasPrefix(base, ".") {
				return filepath.SkipDir
			}
			return nil
		}
		switch filepath.Ext(base) {
		case ".go", ".md", ".yaml":
		default:
			return nil
		}
		if base == "CHANGELOG.md" || base == "arch_words_test.go" {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for i, line := range strings.Split(string(text), "\n") {
			if phrases.MatchString(line) {
				found = append(found, fmt.Sprintf("%s:%d: %s", filepath.ToSlash(name), i+1, strings.TrimSpace(line)))
			}
		}
		return nil
	})
	return found, err
}
