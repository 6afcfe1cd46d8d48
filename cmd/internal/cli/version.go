package cli

import (
	"runtime"
	"runtime/debug"
)

// Version says which build this is: the module's version, the commit when it is known, and the Go
// release.
func Version() string {
	version, commit := "(unknown)", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				commit = " commit " + s.Value[:min(12, len(s.Value))]
			}
		}
	}
	return version + commit + " " + runtime.Version()
}
