package cli

import (
	"cmp"
	"runtime"
	"runtime/debug"
)

// These variables are set by the release tool with -ldflags=-X, and empty in other builds.
var version, commit, date string

// build identifies a build. A value that is not known is "unknown".
type build struct{ version, commit, date string }

// readBuild returns what the release tool has set, else what the Go command has recorded.
func readBuild() build {
	b := build{version, commit, date}
	if info, ok := debug.ReadBuildInfo(); ok {
		b.version = cmp.Or(b.version, info.Main.Version)
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				b.commit = cmp.Or(b.commit, s.Value)
			case "vcs.time":
				b.date = cmp.Or(b.date, s.Value)
			}
		}
	}
	return build{cmp.Or(b.version, "unknown"), cmp.Or(b.commit, "unknown"), cmp.Or(b.date, "unknown")}
}

// Version returns the module's version, the commit with its date, and the Go release.
func Version() string {
	b := readBuild()
	return b.version + " commit " + b.commit[:min(12, len(b.commit))] + " date " + b.date[:min(10, len(b.date))] + " " + runtime.Version()
}
