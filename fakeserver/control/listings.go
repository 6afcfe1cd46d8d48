package control

import (
	"context"
	"net/http"
	"slices"
	"sync"

	"pop3mtm/scenarios"
)

// ScenarioEntry is a built-in scenario in a list.
type ScenarioEntry struct {
	Name   string   `json:"name" doc:"The name, to play it" example:"retr-drop"`
	Title  string   `json:"title" doc:"What happens, in one line"`
	Why    string   `json:"why,omitempty" doc:"Why it matters"`
	RFC    []string `json:"rfc,omitempty" doc:"The sections that define the correct behaviour"`
	Quirks []int    `json:"quirks,omitempty" doc:"The quirks that it shows"`
	Cases  []string `json:"cases,omitempty" doc:"Its cases, if it has several"`
	Early  []string `json:"early,omitempty" doc:"Its keys about what happens before the server knows the user: such a scenario needs a server of its own"`
}

// ScenarioSource is a built-in scenario with its text.
type ScenarioSource struct {
	ScenarioEntry
	Source string `json:"source" doc:"The file, as YAML"`
}

// ProfileEntry is a known server.
type ProfileEntry struct {
	Name    string   `json:"name" doc:"The name" example:"gmail"`
	Title   string   `json:"title" doc:"The server, and its version"`
	Sources []string `json:"sources" doc:"Where its greeting, capabilities and texts were seen"`
	Quirks  []int    `json:"quirks,omitempty" doc:"The quirks that it has"`
}

// QuirkEntry is a fault or peculiarity of real servers.
type QuirkEntry struct {
	Number    int      `json:"number" doc:"The number" example:"72"`
	Title     string   `json:"title" doc:"What servers do, in one line"`
	Sources   []string `json:"sources" doc:"Who has seen it, and where"`
	Scenarios []string `json:"scenarios,omitempty" doc:"The scenarios that show it"`
}

// Scenarios returns the built-in scenarios, sorted by name.
func (s *Service) Scenarios(context.Context) ([]ScenarioEntry, error) {
	list, err := builtIns()
	return slices.Clone(list), err
}

// builtIns reads the built-in scenarios once. That takes some tenths of a second.
var builtIns = sync.OnceValues(listScenarios)

func listScenarios() ([]ScenarioEntry, error) {
	var all []ScenarioEntry
	for _, name := range scenarios.Names() {
		cases, err := scenarios.LoadAll(name)
		if err != nil {
			return nil, err
		}
		one := ScenarioEntry{Name: name, Title: cases[0].Title, Why: cases[0].Why}
		for _, section := range cases[0].RFC {
			one.RFC = append(one.RFC, string(section))
		}
		for _, c := range cases {
			if c.Case() != "" {
				one.Cases = append(one.Cases, c.Case())
			}
			for _, n := range c.Quirk {
				if !slices.Contains(one.Quirks, n) {
					one.Quirks = append(one.Quirks, n)
				}
			}
			early, err := c.Early()
			if err != nil {
				return nil, err
			}
			for _, word := range early {
				if !slices.Contains(one.Early, word) {
					one.Early = append(one.Early, word)
				}
			}
		}
		all = append(all, one)
	}
	return all, nil
}

// ScenarioByName returns a built-in scenario with its text.
func (s *Service) ScenarioByName(_ context.Context, name string) (*ScenarioSource, error) {
	list, err := builtIns()
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(list, func(e ScenarioEntry) bool { return e.Name == name })
	if i < 0 {
		return nil, problem(http.StatusNotFound, "there is no built-in scenario %q", clip(name))
	}
	text, err := scenarios.Source(name)
	if err != nil {
		return nil, err
	}
	return &ScenarioSource{list[i], string(text)}, nil
}

// Profiles returns the known servers, sorted by name.
func (s *Service) Profiles(context.Context) ([]ProfileEntry, error) {
	var all []ProfileEntry
	for _, name := range scenarios.Profiles() {
		p, err := scenarios.ProfileByName(name)
		if err != nil {
			return nil, err
		}
		all = append(all, ProfileEntry{Name: name, Title: p.Title, Sources: p.Sources, Quirks: p.Quirk})
	}
	return all, nil
}

// Quirks returns the quirks of real servers, by number.
func (s *Service) Quirks(context.Context) ([]QuirkEntry, error) {
	list, err := builtIns()
	if err != nil {
		return nil, err
	}
	var all []QuirkEntry
	for n := 1; n <= scenarios.LastQuirk; n++ {
		q, err := scenarios.QuirkByNumber(n)
		if err != nil {
			continue // the number has no file
		}
		one := QuirkEntry{Number: n, Title: q.Title, Sources: q.Sources}
		for _, e := range list {
			if slices.Contains(e.Quirks, n) {
				one.Scenarios = append(one.Scenarios, e.Name)
			}
		}
		all = append(all, one)
	}
	return all, nil
}
