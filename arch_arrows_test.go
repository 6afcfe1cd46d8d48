package pop3mtm_test

import (
	"fmt"
	"go/token"
	"strconv"
	"strings"
)

const module = "pop3mtm"

// arrows says which packages of ours a package may import. A name ending in /... stands for all
// packages below that folder too. A new package gets its line here; whether it may stand where it
// stands is decided then.
var arrows = map[string][]string{
	".":                      {"features"},
	"cmd/pop3sim":            {"mtm/symbian", "features", "scenarios/...", "fakeserver/...", "fixtures", "mtm", "mtm/store", "mtm/account", "mtm/progress", "mtm/pop3", "cmd/internal/..."},
	"cmd/mtm":                {"mtm/symbian", "mtm/email", "mtm/find", "mtm/outbox", "mtm/hold", "mtm", "mtm/mail", "mtm/autosend", "mtm/store", "mtm/account", "mtm/progress", "mtm/pop3", "cmd/internal/..."},
	"cmd/autosend":           {"mtm/symbian", "mtm/autosend", "mtm/store", "mtm/progress", "cmd/internal/..."},
	"cmd/internal/cli":       nil,
	"cmd/internal/page":      nil,
	"cmd/internal/peer":      {"internal/need"},
	"features":               {"mtm/symbian", "mtm/email", "mtm/outbox", "mtm", "mtm/mail", "mtm/autosend", "mtm/store", "mtm/account", "mtm/progress", "fakeserver", "fakeserver/edit", "fakeserver/maildrop", "fakeserver/smtpsink", "scenarios", "scenarios/check/...", "fixtures"},
	"cmd/internal/mailfiles": {"cmd/internal/cli"},
	"scenarios":              {"internal/words", "fakeserver", "fakeserver/edit", "fakeserver/maildrop", "fakeserver/smtpsink", "fixtures"},
	"scenarios/recorded":     {"scenarios", "fakeserver", "fakeserver/maildrop", "fakeserver/notation", "fakeserver/record"},
	"internal/budget":        nil,
	"examples/godog":         {"features"},
	"examples/gotest":        {"scenarios", "fakeserver", "fakeserver/edit", "fixtures"},
	"internal/gobuild":       nil,
	"internal/browser":       {"internal/need"},
	"internal/need":          nil,
	"internal/ramdisk":       nil,
	"internal/words":         nil,
	"tools/rules":            nil,
	"fixtures":               {"fakeserver/maildrop"},
	"mtm":                    {"mtm/symbian", "mtm/email", "mtm/hold", "mtm/internal/servermtm", "mtm/internal/compose", "mtm/mail", "mtm/store", "mtm/account", "mtm/progress", "mtm/pop3"},
	"mtm/internal/servermtm": {"mtm/symbian", "mtm/hold", "mtm/mail", "mtm/pop3", "mtm/store", "mtm/account", "mtm/progress"},
	"mtm/internal/compose":   {"mtm/mail"},
	"mtm/email":              {"mtm/internal/servermtm", "mtm/mail", "mtm/store", "mtm/symbian"},
	"mtm/find":               {"mtm/email", "mtm/mail", "mtm/store", "mtm/symbian"},
	"mtm/outbox":             {"mtm/store", "mtm/symbian"},
	"mtm/autosend":           {"mtm/symbian", "mtm/pop3", "mtm/store", "mtm/account", "mtm/progress"},
	"mtm/pop3":               {"mtm/internal/lineio"},
	"mtm/internal/lineio":    nil,
	"mtm/mail":               nil,
	"mtm/store":              nil,
	"mtm/account":            {"mtm/mail"},
	"mtm/progress":           {"mtm/symbian"},
	"mtm/symbian":            nil,
	"mtm/hold":               nil,

	// The bench.
	"cmd/bench":                   {"mtm/symbian", "cmd/bench/internal/...", "fakeserver", "fakeserver/edit", "fakeserver/maildrop", "fakeserver/smtpsink", "fixtures", "mtm", "mtm/autosend", "mtm/store", "mtm/account", "mtm/progress", "cmd/internal/..."},
	"cmd/bench/internal/harness":  {"cmd/bench/internal/clients", "cmd/bench/internal/tasks", "cmd/bench/internal/report", "cmd/bench/internal/servers", "cmd/bench/internal/workload", "cmd/bench/internal/wire", "cmd/bench/internal/child", "cmd/bench/internal/numbers", "fakeserver/maildrop", "mtm/account", "cmd/internal/cli"},
	"cmd/bench/internal/report":   {"cmd/bench/internal/workload", "cmd/bench/internal/wire", "cmd/bench/internal/child", "cmd/bench/internal/numbers", "cmd/internal/cli", "cmd/internal/page"},
	"cmd/bench/internal/clients":  {"cmd/bench/internal/tasks", "cmd/bench/internal/workload", "cmd/bench/internal/verify", "cmd/bench/internal/servers", "cmd/bench/internal/child", "cmd/bench/internal/numbers", "fakeserver/maildrop", "mtm", "mtm/account", "mtm/pop3", "mtm/progress", "mtm/store", "cmd/internal/cli", "cmd/internal/peer"},
	"cmd/bench/internal/tasks":    {"cmd/bench/internal/verify", "cmd/bench/internal/workload", "cmd/bench/internal/wire", "fakeserver/maildrop", "mtm", "mtm/store"},
	"cmd/bench/internal/servers":  {"cmd/bench/internal/workload", "cmd/bench/internal/child", "cmd/bench/internal/numbers", "fakeserver", "fakeserver/maildrop", "fixtures", "mtm/account", "mtm/pop3", "cmd/internal/cli", "cmd/internal/peer"},
	"cmd/bench/internal/verify":   {"cmd/bench/internal/workload", "cmd/bench/internal/numbers", "fakeserver/maildrop", "mtm", "mtm/store", "cmd/internal/cli", "cmd/internal/peer"},
	"cmd/bench/internal/workload": {"cmd/bench/internal/numbers", "fakeserver/maildrop", "cmd/internal/cli", "cmd/internal/mailfiles"},
	"cmd/bench/internal/hosts":    {"cmd/bench/internal/wire"},
	"cmd/bench/internal/wire":     nil,
	"cmd/bench/internal/child":    {"cmd/internal/cli"},
	"cmd/bench/internal/numbers":  nil,

	// The client check.
	"scenarios/check":         {"scenarios", "scenarios/check/process", "scenarios/check/stored", "fakeserver", "fakeserver/edit", "fakeserver/maildrop", "fixtures", "mtm", "mtm/account", "mtm/store"},
	"scenarios/check/attend":  {"scenarios/check", "scenarios/check/report", "fakeserver/control", "fakeserver/control/page"},
	"scenarios/check/process": nil,
	"scenarios/check/report":  {"scenarios/check", "fakeserver/edit"},
	"scenarios/check/stored":  nil,

	// The simulator.
	"fakeserver":                        {"internal/words", "fakeserver/edit", "fakeserver/internal/accept", "fakeserver/internal/dots", "fakeserver/maildrop", "fakeserver/notation"},
	"fakeserver/edit":                   nil,
	"fakeserver/maildrop":               nil,
	"fakeserver/notation":               nil,
	"fakeserver/record":                 {"fakeserver", "fakeserver/edit", "fakeserver/internal/accept", "fakeserver/notation"},
	"fakeserver/control":                {"fakeserver/control/internal/input", "fakeserver/internal/accept", "scenarios", "fakeserver", "fakeserver/edit", "fakeserver/maildrop", "fakeserver/smtpsink", "fixtures"},
	"fakeserver/control/internal/input": nil,
	"fakeserver/control/page":           {"fakeserver/control", "scenarios", "fixtures"},
	"fakeserver/control/tools":          {"fakeserver/control", "scenarios"},
	"fakeserver/smtpsink":               {"fakeserver", "fakeserver/edit", "fakeserver/internal/dots", "fakeserver/maildrop"},
	"fakeserver/internal/accept":        nil,
	"fakeserver/internal/dots":          nil,

	// Modules of their own: what they need is not in go.mod.
	"cmd/bench/k6":          {"cmd/bench/k6/client", "cmd/bench/k6/output", "cmd/bench/internal/hosts"},
	"cmd/bench/k6/client":   {"mtm/pop3", "fakeserver/maildrop"},
	"cmd/bench/k6/output":   {"cmd/bench/k6/client", "cmd/bench/internal/hosts"},
	"tools/release":         nil,
	"tools/release/browser": {"scenarios"},
}

// testArrows are what every external test may import besides: the other side of the wire,
// and programs of others.
var testArrows = []string{"fakeserver/...", "fixtures", "cmd/internal/peer"}

func checkArrows(pkg []source) []finding {
	allowed, known := arrows[pkg[0].dir()]
	return each(pkg, func(s source, add func(token.Pos, string)) {
		if !known {
			add(s.file.Package, fmt.Sprintf("package %s has no line in the table of arch_arrows_test.go: say there what it may import", s.dir()))
			return
		}
		for _, spec := range s.file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				add(spec.Pos(), err.Error())
				continue
			}
			imported, ours := strings.CutPrefix(imported, module+"/")
			if !ours || points(allowed, imported) || s.isTest() && strings.HasPrefix(imported, "internal/") {
				continue
			}
			if s.isTest() && s.external() && (imported == s.dir() || points(testArrows, imported)) {
				continue
			}
			add(spec.Pos(), fmt.Sprintf("%s imports %s: arrows point down only; what may be imported is in the table of arch_arrows_test.go", s.dir(), imported))
		}
	})
}

func points(allowed []string, imported string) bool {
	for _, a := range allowed {
		below, all := strings.CutSuffix(a, "/...")
		if imported == below || all && strings.HasPrefix(imported, below+"/") {
			return true
		}
	}
	return false
}
