package main

import (
	"context"
	"debug/buildinfo"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/google/uuid"
)

// materials writes the bill of materials, CycloneDX: the modules of which each program is made, on
// any of the systems, and those of the simulator for browsers.
func (r *release) materials(ctx context.Context) error {
	parts, depends := map[string]cdx.Component{}, []cdx.Dependency{}
	add := func(name string, modules []cdx.Component) {
		parts[name] = cdx.Component{BOMRef: name, Type: cdx.ComponentTypeApplication, Name: name, Version: r.version}
		var used []string
		for _, m := range modules {
			parts[m.BOMRef], used = m, append(used, m.BOMRef)
		}
		slices.Sort(used)
		used = slices.Compact(used)
		depends = append(depends, cdx.Dependency{Ref: name, Dependencies: &used})
	}
	for _, name := range commands() {
		modules, err := r.modulesOf(name)
		if err != nil {
			return fmt.Errorf("bill of materials: %w", err)
		}
		add(name, modules)
	}
	modules, err := browserModules(ctx)
	if err != nil {
		return fmt.Errorf("bill of materials: %w", err)
	}
	add(browserProgram, modules)
	var components []cdx.Component
	for _, ref := range slices.Sorted(maps.Keys(parts)) {
		components = append(components, parts[ref])
	}
	bom := cdx.NewBOM()
	bom.SerialNumber = "urn:uuid:" + uuid.NewSHA1(uuid.NameSpaceURL, []byte("pop3mtm "+r.version+" "+r.commit)).String()
	bom.Metadata = &cdx.Metadata{
		Timestamp: r.date.Format(time.RFC3339),
		Component: &cdx.Component{BOMRef: "pop3mtm", Type: cdx.ComponentTypeApplication, Name: "pop3mtm", Version: r.version},
	}
	bom.Components, bom.Dependencies = &components, &depends
	return r.write("_sbom.cdx.json", func(w io.Writer) error {
		return cdx.NewBOMEncoder(w, cdx.BOMFileFormatJSON).SetPretty(true).Encode(bom)
	})
}

// modulesOf returns the modules of a command, as the programs for all targets say.
func (r *release) modulesOf(name string) ([]cdx.Component, error) {
	var modules []cdx.Component
	for _, t := range r.targets {
		info, err := buildinfo.ReadFile(filepath.Join(r.binaries(t), t.program(name)))
		if err != nil {
			return nil, err
		}
		modules = append(modules, goModule("stdlib", info.GoVersion))
		for _, m := range info.Deps {
			if m.Replace != nil {
				m = m.Replace
			}
			modules = append(modules, goModule(m.Path, m.Version))
		}
	}
	return modules, nil
}

// browserModules asks the go command: a WebAssembly program does not say of what it is made.
func browserModules(ctx context.Context) ([]cdx.Component, error) {
	version, err := output(ctx, "", "go", "env", "GOVERSION")
	if err != nil {
		return nil, err
	}
	const form = `{{with .Module}}{{if not (or .Main .Replace)}}{{.Path}} {{.Version}}{{"\n"}}{{end}}{{end}}`
	cmd := exec.CommandContext(ctx, "go", "list", "-deps", "-f", form, "pop3mtm/tools/release/browser")
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=")
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list for js/wasm: %w", err)
	}
	modules := []cdx.Component{goModule("stdlib", version)}
	for line := range strings.Lines(string(text)) {
		if path, version, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			modules = append(modules, goModule(path, version))
		}
	}
	return modules, nil
}

func goModule(path, version string) cdx.Component {
	url := "pkg:golang/" + path + "@" + version
	return cdx.Component{BOMRef: url, Type: cdx.ComponentTypeLibrary, Name: path, Version: version, PackageURL: url}
}
