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

// Output holds the flags for the format of the results and the files that they are written to.
type Output struct {
	Format string
	out    string
	html   string
}

// AddFlags adds the flags.
func (o *Output) AddFlags(f *pflag.FlagSet) {
	f.StringVar(&o.Format, "format", "table", "what is printed: table, benchfmt (for benchstat) or json")
	f.StringVar(&o.out, "out", "", "also write the results into this `DIRECTORY`, as results.json, results.bench, results.txt and results.html")
	f.StringVar(&o.html, "html", "", "also write the results to this `FILE`, as one HTML page with plots")
}

// Validate returns an error for an unknown format.
func (o *Output) Validate() error {
	if _, ok := formats()[o.Format]; !ok {
		return cli.Usage("--format takes table, benchfmt or json, not %q", o.Format)
	}
	return nil
}

// Plots reports whether the results will have plots. These need runs of their own.
func (o *Output) Plots() bool { return o.out != "" || o.html != "" }

// Prepare creates the directories of the files, so that an invalid path is reported before anything
// is measured.
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
		return cli.Usage("--html takes the name of a file, but %s is a directory", o.html)
	}
	return nil
}

// Show prints the results in the chosen format, and writes the files.
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

// TellWhere prints the path of the page when stderr is a terminal.
func (o *Output) TellWhere(stderr io.Writer) {
	path := o.html
	if path == "" && o.out != "" {
		path = filepath.Join(o.out, "results.html")
	}
	if path != "" && cli.IsTerminal(stderr) {
		_, _ = fmt.Fprintf(stderr, "The page with plots is %s\n", path) // only a hint
	}
}

// formats returns the functions that format results, by name. --format does not take html.
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
