package pop3mtm_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rfcSections are the sections that exist of the RFCs that marks name most, so that a
// mark can be looked up.
var rfcSections = map[string][]string{
	"1939": {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14"},
	"2449": {"1", "2", "3", "4", "5", "6", "6.1", "6.2", "6.3", "6.4", "6.5", "6.6", "6.7", "6.8", "6.9", "7", "8", "8.1", "8.1.1", "8.1.2", "9", "10", "11"},
	"3206": {"1", "2", "3", "4", "5", "6", "7", "8", "9"},
}

// bothSides are the sections that say what goes over the wire: client and server
// must each have read them.
var bothSides = []string{"1939 section 3", "1939 section 4", "1939 section 5", "1939 section 6", "1939 section 7", "2449 section 4", "2449 section 5", "2449 section 8"}

// quirks is how many there are; docs and specs name them by number.
const quirks = 109

var (
	rfcMark   = regexp.MustCompile(`RFC (\d+)(?: section (\d+(?:\.\d+)*))?`)
	quirkMark = regexp.MustCompile(`QUIRK:? ?(\d*)`)
)

// wrongMarks returns what is wrong with the marks in a comment.
func wrongMarks(text string) []string {
	var wrong []string
	for _, m := range rfcMark.FindAllStringSubmatch(text, -1) {
		if sections := rfcSections[m[1]]; m[2] != "" && sections != nil && !slices.Contains(sections, m[2]) {
			wrong = append(wrong, fmt.Sprintf("RFC %s has no section %s", m[1], m[2]))
		}
	}
	for _, m := range quirkMark.FindAllStringSubmatch(text, -1) {
		if n, err := strconv.Atoi(m[1]); err != nil || n < 1 || n > quirks {
			wrong = append(wrong, fmt.Sprintf("%q: write QUIRK and its number, 1 to %d", m[0], quirks))
		}
	}
	return wrong
}

func TestMarksNameWhatExists(t *testing.T) {
	packages := tree(t)
	for _, dir := range slices.Sorted(maps.Keys(packages)) {
		for _, s := range packages[dir] {
			for _, group := range s.file.Comments {
				for _, text := range wrongMarks(strings.Join(strings.Fields(group.Text()), " ")) {
					t.Errorf("%s:%d: %s", s.path, s.line(group.Pos()), text)
				}
			}
		}
	}
	if len(wrongMarks("RFC 1939 section 15, QUIRK: this, QUIRK 9999")) != 3 || len(wrongMarks("RFC 1939 section 5, RFC 5322 section 3.6, QUIRK 76")) != 0 {
		t.Error("wrong marks are not told from right ones")
	}
}

func TestMarksOfBothSidesCoverTheProtocol(t *testing.T) {
	for _, side := range []string{"fakeserver", "mtm/pop3"} {
		files, err := filepath.Glob(filepath.FromSlash(side) + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatal(side, err)
		}
		marked := map[string]bool{}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			oneLine := strings.Join(strings.Fields(strings.ReplaceAll(string(text), "//", " ")), " ")
			for _, m := range rfcMark.FindAllStringSubmatch(oneLine, -1) {
				section, _, _ := strings.Cut(m[2], ".")
				marked[m[1]+" section "+section] = true
			}
		}
		for _, section := range bothSides {
			if !marked[section] {
				t.Errorf("nothing in %s is marked with RFC %s: where is it kept and tested?", side, section)
			}
		}
	}
}
