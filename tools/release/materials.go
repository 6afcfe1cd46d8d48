package main

import (
	"context"
	"debug/buildinfo"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/google/uuid"
)

// materials writes the bill of materials, CycloneDX: the modules of which each program is made, as
// the programs themselves say.
func (r *release) materials(context.Context) error {
	t := r.targets[0]
	parts, depends := map[string]cdx.Component{}, []cdx.Dependency{}
	for _, name := range commands() {
		info, err := buildinfo.ReadFile(filepath.Join(r.binaries(t), t.program(name)))
		if err != nil {
			return fmt.Errorf("bill of materials: %w", err)
		}
		program := cdx.Component{BOMRef: name, Type: cdx.ComponentTypeApplication, Name: name, Version: r.version}
		library := goModule("stdlib", info.GoVersion)
		used := []string{library.BOMRef}
		parts[program.BOMRef], parts[library.BOMRef] = program, library
		for _, m := range info.Deps {
			if m.Replace != nil {
				m = m.Replace
			}
			c := goModule(m.Path, m.Version)
			parts[c.BOMRef], used = c, append(used, c.BOMRef)
		}
		slices.Sort(used)
		depends = append(depends, cdx.Dependency{Ref: name, Dependencies: &used})
	}
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

func goModule(path, version string) cdx.Component {
	url := "pkg:golang/" + path + "@" + version
	return cdx.Component{BOMRef: url, Type: cdx.ComponentTypeLibrary, Name: path, Version: version, PackageURL: url}
}
