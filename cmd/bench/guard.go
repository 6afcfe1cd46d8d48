package main

import (
	"context"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/bench/internal/clients"
	"pop3mtm/cmd/bench/internal/harness"
	"pop3mtm/cmd/bench/internal/numbers"
	"pop3mtm/cmd/bench/internal/report"
	"pop3mtm/cmd/bench/internal/tasks"
	"pop3mtm/cmd/internal/cli"
)

// guard measures whether one build is slower than another.
type guard struct {
	harness.Setup
	confidence float64
	tolerance  float64
}

// GuardMode returns the mode that runs it.
func GuardMode() harness.Mode { return harness.Mode{Command: newGuard()} }

// Names of the two builds in results.
const (
	oldBuild = "old"
	newBuild = "new"
)

func newGuard() *cobra.Command {
	var g guard
	c := &cobra.Command{
		Use:   "guard OLD NEW",
		Short: "Compare two builds in alternating, paired runs, and fail when the new one is slower",
		Long: `Guard measures two builds and reports whether NEW is slower than OLD. Both arguments are folders with the programs mtm or
pop3sim or both, as 'go build -o FOLDER ./cmd/...' writes them, or one of these programs. Of mtm it measures retrieving a
mailbox and refreshing it with nothing new, from the server built into the bench; of pop3sim how fast it answers RETR.

In each round both builds do the same once, one directly after the other, and every second round in the opposite order, so
that what slows the machine down slows both. A figure is the ratio of the two in a round. There is a loss when the median
of the ratios is above --tolerance and when chance alone would give such ratios with a probability of at most one minus
--confidence, by Wilcoxon's signed-rank test; the probability is shared by all figures, since one of many may be odd. With
a loss the exit status is 1.

Use the bench of the newer build: it has to read the stores of both.`,
		Example: `  git worktree add /tmp/old HEAD~1 && (cd /tmp/old && go build -o /tmp/old/bin/ ./cmd/...)
  go build -o bin/ ./cmd/... && bin/bench guard /tmp/old/bin bin
  bench guard old/mtm new/mtm --messages 20000 --runs 20`,
		Args: cobra.ExactArgs(2),
	}
	g.AddFlags(c, 10_000, 2<<10, 10, 0)
	f := c.Flags()
	f.Float64Var(&g.confidence, "confidence", 0.95, "confidence that a loss must have, all figures together: 0.5 to 0.9999")
	f.Float64Var(&g.tolerance, "tolerance", 0.02, "how much slower NEW may be: 0.02 for 2 %; 0 for not at all")
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := g.Setup.Validate(f); err != nil {
			return err
		}
		if err := g.validate(); err != nil {
			return err
		}
		builds, err := findBuilds(args[0], args[1])
		if err != nil {
			return err
		}
		p, err := g.plan(c.Context(), builds)
		if err != nil {
			return err
		}
		losses := 0
		p.Then = func() { losses = g.judge(p.Found) }
		if err := p.Run(c); err != nil {
			return err
		}
		if losses > 0 {
			return cli.Exit(cli.Failed)
		}
		return nil
	}
	return c
}

func (g *guard) validate() error {
	switch {
	case !(g.confidence >= 0.5 && g.confidence <= 0.9999):
		return cli.Usage("--confidence takes 0.5 to 0.9999, not %v", g.confidence)
	case !(g.tolerance >= 0 && g.tolerance <= 10):
		return cli.Usage("--tolerance takes 0 to 10, not %v", g.tolerance)
	}
	return nil
}

// build holds the paths of a build's programs; "" stands for a missing one.
type build struct{ name, mtm, pop3sim string }

// findBuilds returns the programs that both builds have.
func findBuilds(older, newer string) ([]build, error) {
	builds := []build{{name: oldBuild}, {name: newBuild}}
	for i, path := range []string{older, newer} {
		if err := builds[i].find(path); err != nil {
			return nil, err
		}
	}
	if builds[0].mtm == "" || builds[1].mtm == "" {
		builds[0].mtm, builds[1].mtm = "", ""
	}
	if builds[0].pop3sim == "" || builds[1].pop3sim == "" {
		builds[0].pop3sim, builds[1].pop3sim = "", ""
	}
	if builds[0].mtm == "" && builds[0].pop3sim == "" {
		return nil, cli.Usage("%s and %s have no program in common: each needs mtm or pop3sim", older, newer)
	}
	return builds, nil
}

// find finds the programs at a path, which is a directory or one of the programs.
func (b *build) find(path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("the build cannot be read; check its path: %w", err)
	}
	if info.IsDir() {
		return filepath.WalkDir(path, func(file string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() && file != path {
				return fs.SkipDir
			}
			if err == nil && !d.IsDir() {
				b.take(file)
			}
			return err
		})
	}
	if b.take(path); b.mtm == "" && b.pop3sim == "" {
		return cli.Usage("%s is neither a folder with mtm or pop3sim nor one of these programs", path)
	}
	return nil
}

// take records the path of a program, by its name.
func (b *build) take(file string) {
	switch strings.TrimSuffix(filepath.Base(file), ".exe") {
	case "mtm":
		b.mtm = file
	case "pop3sim":
		b.pop3sim = file
	}
}

func (g *guard) plan(ctx context.Context, builds []build) (*harness.Trials, error) {
	p := g.Begin("guard")
	p.Found.What, p.Alternate = g.What()+", two builds", true
	p.Found.RatioOf = func(a, b, _ report.Kind) bool {
		return isNew(a) && isOld(b) && (a.Client == b.Client) == (a.Server != b.Server)
	}
	server, err := g.Server()
	if err != nil {
		return nil, err
	}
	for _, b := range builds {
		if b.mtm == "" {
			continue
		}
		ours := &clients.Ours{Title: b.name, Program: b.mtm}
		if err := p.Participate(ctx, ours); err != nil {
			return nil, err
		}
		label := "retrieve, " + b.name
		p.Trials = append(p.Trials, harness.NewTrial(label, server, ours, g.Line(), harness.NamedVisit(retrieved, g.Box, tasks.CopyNew())))
	}
	for _, b := range builds {
		if b.mtm != "" {
			ours := &clients.Ours{Title: b.name, Program: b.mtm}
			p.Trials = append(p.Trials, harness.NewTrial("refresh, "+b.name, server, ours, g.Line(), refreshes(g.Box, false)...))
		}
	}
	for _, b := range builds {
		if b.pop3sim == "" {
			continue
		}
		serving := server
		serving.Name, serving.Program = b.name, b.pop3sim
		client := &clients.Bare{Title: manyInFlight, Window: clients.UsualWindow, Sum: true}
		p.Trials = append(p.Trials, harness.NewTrial("serve, "+b.name, serving, client, g.Line(), harness.NamedVisit("serve", g.Box, tasks.CopyNew())))
	}
	p.Watched(p.Trials...)
	return p, nil
}

func isNew(k report.Kind) bool { return k.Client == newBuild || k.Server == newBuild }
func isOld(k report.Kind) bool { return k.Client == oldBuild || k.Server == oldBuild }

// judge compares the builds round by round and adds notes to the results. It returns the number of
// losses.
func (g *guard) judge(r *report.Results) (losses int) {
	type figure struct {
		label string
		times []float64
	}
	var figures []figure
	for _, visit := range []string{retrieved, firstVisit, nothingNew, stillNone, "serve"} {
		runs := map[bool][]*report.Measurement{}
		for i := range r.Trials {
			m := &r.Trials[i]
			if m.Visit == visit {
				newer := m.Client == newBuild || m.Server == newBuild
				runs[newer] = append(runs[newer], m)
			}
		}
		for _, cost := range costs() {
			if visit == "serve" && cost.of == "client's CPU" || visit != "serve" && cost.of == "server's CPU" {
				continue // that side is the same in both
			}
			if times := report.Ratios(runs[true], runs[false], cost.each); len(times) > 0 {
				figures = append(figures, figure{visit + ", " + cost.of + ", new : old", times})
			}
		}
	}
	var counts []int // of the rounds that measured both builds, for each figure
	for _, f := range figures {
		counts = append(counts, len(f.times))
		spread := numbers.SpreadOf(f.times)
		r.Dearer = append(r.Dearer, report.Dearer{Label: f.label, Times: spread})
		var beyond []float64
		for _, t := range f.times {
			beyond = append(beyond, math.Log(t/(1+g.tolerance)))
		}
		chance := min(1, (1-numbers.Confidence(beyond))*float64(len(figures)))
		if spread.Median > 1+g.tolerance && chance <= 1-g.confidence {
			losses++
			r.Notes = append(r.Notes, fmt.Sprintf("LOSS: %s is %.3f (%.3f to %.3f), more than %.3f with a confidence of %.2f %%.",
				f.label, spread.Median, spread.Least, spread.Most, 1+g.tolerance, 100*(1-chance)))
		}
	}
	if losses == 0 {
		r.Notes = append(r.Notes, g.noLoss(counts)...)
	}
	return losses
}

// noLoss returns the notes of results without a loss, from the number of ratios of each figure.
func (g *guard) noLoss(counts []int) []string {
	if len(counts) == 0 {
		return []string{"Nothing was compared: no round measured both builds."}
	}
	notes := []string{fmt.Sprintf("No significant loss: no figure of %d is more than %.3f with a confidence of %.2f %%.",
		len(counts), 1+g.tolerance, 100*g.confidence)}
	fewest := slices.Min(counts)
	if chance := math.Pow(0.5, float64(fewest)); chance*float64(len(counts)) > 1-g.confidence {
		notes = append(notes, numbers.Count(fewest, "run")+" cannot show a loss with that confidence, whatever is measured: take more --runs.")
	}
	return notes
}
