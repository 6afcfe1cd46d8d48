package report

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"pop3mtm/cmd/internal/cli"
)

// Output holds the flags for the form of the results.
type Output struct {
	Format string
	out    string
	html   string
}

// AddFlags adds the flags.
func (o *Output) AddFlags(f *pflag.FlagSet) {
	f.StringVar(&o.Format, "format", "table", "what is printed: table, benchfmt (for benchstat) or json")
	f.StringVar(&o.out, "out", "", "`DIRECTORY` for the results as results.json, results.bench, results.txt and results.html")
	f.StringVar(&o.html, "html", "", "`FILE` for the results as one page with plots")
}

// Validate refuses an unknown format.
func (o *Output) Validate() error {
	if _, ok := formats()[o.Format]; !ok {
		return cli.Usage("--format takes table, benchfmt or json, not %q", o.Format)
	}
	return nil
}

// Plots reports whether plots are wanted, which take a run of their own.
func (o *Output) Plots() bool { return o.out != "" || o.html != "" }

// Prepare creates the directories of the files, so that an error shows before anything is measured.
func (o *Output) Prepare() error {
	for _, dir := range []string{o.out, filepath.Dir(o.html)} {
		if dir == "" {
			continue
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	if info, err := os.Stat(o.html); o.html != "" && err == nil && info.IsDir() {
		return cli.Usage("--html takes the name of a file, and %s is a directory", o.html)
	}
	return nil
}

// Show prints results in the format that was asked for, and writes the files.
func (o *Output) Show(found *Results, stdout io.Writer) error {
	files := map[string]string{}
	if o.out != "" {
		for form, name := range map[string]string{"json": "results.json", "benchfmt": "results.bench", "table": "results.txt", "html": "results.html"} {
			files[filepath.Join(o.out, name)] = form
		}
	}
	if o.html != "" {
		files[o.html] = "html"
	}
	for path, form := range files {
		text, err := formats()[form](found)
		if err != nil {
			return err
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return err
		}
	}
	text, err := formats()[o.Format](found)
	if err == nil {
		_, err = stdout.Write(text)
	}
	return err
}

// TellWhere says where the page is, for a person at a terminal.
func (o *Output) TellWhere(stderr io.Writer) {
	path := o.html
	if path == "" && o.out != "" {
		path = filepath.Join(o.out, "results.html")
	}
	if path != "" && cli.IsTerminal(stderr) {
		_, _ = fmt.Fprintf(stderr, "The page with plots is %s\n", path) // a terminal that is gone reads no hint
	}
}

// formats returns the ways to write results; html is for files only.
func formats() map[string]func(*Results) ([]byte, error) {
	return map[string]func(*Results) ([]byte, error){
		"table":    func(r *Results) ([]byte, error) { return r.Table(), nil },
		"benchfmt": func(r *Results) ([]byte, error) { return r.Benchfmt(), nil },
		"html":     (*Results).page,
		"json": func(r *Results) ([]byte, error) {
			text, err := json.MarshalIndent(r, "", "  ")
			return append(cli.EscapeJSON(text), '\n'), err
		},
	}
}
