package scenarios

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed *.yaml schema.json quirks profiles
var embedded embed.FS

// Names returns the names of the built-in scenario files, sorted. A file may have several cases.
func Names() []string {
	found, err := fs.Glob(embedded, "*.yaml")
	if err != nil {
		return nil // the pattern is right
	}
	for i, name := range found {
		found[i] = strings.TrimSuffix(name, ".yaml")
	}
	slices.Sort(found)
	return found
}

// Load returns a scenario: a built-in one by its name, or a file by its path, which has a separator
// or ends in .yaml, .yml or .json. NAME#CASE picks one case of a file that has several; without it
// the first case is returned. If a file with the whole path exists, # is part of the path. The
// error is of type Errors when the content of the file is wrong.
func Load(name string) (*Scenario, error) {
	file, variant, picked := cutCase(name)
	all, err := LoadAll(file)
	if err != nil || !picked {
		return first(all), err
	}
	var variants []string
	for _, s := range all {
		if s.variant == variant {
			return s, nil
		}
		variants = append(variants, s.variant)
	}
	return nil, fmt.Errorf("%s: %s", file, unknown("case", variant, variants))
}

// cutCase splits NAME#CASE.
func cutCase(name string) (file, variant string, picked bool) {
	at := strings.LastIndexByte(name, '#')
	if at < 0 {
		return name, "", false
	}
	file, variant = name[:at], name[at+1:]
	if isPath(name) {
		_, err := os.Stat(name)
		if err == nil || badName(variant) != "" || !isPath(file) && !slices.Contains(Names(), file) {
			return name, "", false
		}
	}
	return file, variant, true
}

func first(all []*Scenario) *Scenario {
	if len(all) == 0 {
		return nil
	}
	return all[0]
}

// LoadAll returns all cases of a scenario, which it finds as Load does.
func LoadAll(name string) ([]*Scenario, error) {
	if isPath(name) {
		return loadFile(name)
	}
	if !slices.Contains(Names(), name) {
		return nil, errors.New(unknown("built-in scenario", name, Names()) + "; for a file, give its path with the ending: mine.yaml")
	}
	data, err := Source(name)
	if err != nil {
		return nil, err
	}
	return Parse(name, data, embedded)
}

// Source returns the text of a scenario, which it finds as Load does.
func Source(name string) ([]byte, error) {
	name, _, _ = cutCase(name)
	if isPath(name) {
		folder, err := os.OpenRoot(filepath.Dir(name))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, cause(err))
		}
		defer func() { _ = folder.Close() }() // it was only read
		return readScenario(folder, name)
	}
	if !slices.Contains(Names(), name) {
		return nil, errors.New(unknown("built-in scenario", name, Names()))
	}
	return embedded.ReadFile(name + ".yaml")
}

// isPath reports whether a name is the path of a file, not the name of a built-in scenario.
func isPath(name string) bool {
	return strings.ContainsAny(name, `/\`) || slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(name))
}

// loadFile reads a file, and the files that it names, from its folder. A path that leads out of the
// folder is refused, also one through a symbolic link.
func loadFile(name string) ([]*Scenario, error) {
	folder, err := os.OpenRoot(filepath.Dir(name))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, cause(err))
	}
	defer func() { _ = folder.Close() }() // it was only read
	data, err := readScenario(folder, name)
	if err != nil {
		return nil, err
	}
	return Parse(name, data, folder.FS())
}

func readScenario(folder *os.Root, name string) ([]byte, error) {
	data, err := readBounded(folder.FS(), filepath.Base(name), MaxFile)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, cause(err))
	}
	return data, nil
}

// cause returns an error without its path, which the caller adds.
func cause(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}

// Schema returns the JSON Schema of scenario files, which editors use to complete and check them.
func Schema() []byte {
	text, err := embedded.ReadFile("schema.json")
	if err != nil {
		panic(err) // it is embedded
	}
	return text
}

func subfolder(name string) (fs.FS, error) { return fs.Sub(embedded, name) }
