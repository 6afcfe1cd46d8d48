package main

import (
	"errors"
	"fmt"
	"strings"

	"pop3mtm/scenarios"
)

// reload reads the scenario and the mail again, and serves new clients with them. After an error
// nothing has changed.
func (sim *simulator) reload() error {
	before := sim.latest()
	played := before.played
	if sim.flags.played.scenario != "-" { // standard input cannot be read again
		var wrong strings.Builder
		var err error
		if played, err = sim.flags.played.load(nil, &wrong); err != nil {
			return placed(err, wrong.String())
		}
	}
	g, err := sim.generation(played)
	if err != nil {
		return err
	}
	if g.flags.addresses != before.flags.addresses {
		return errors.New("the new scenario begins with TLS and the old one did not, or the reverse: restart the simulator")
	}
	if sim.service != nil {
		sim.service.Succeed(g.server, g.play)
	}
	sim.mu.Lock()
	defer sim.mu.Unlock()
	before.server.HandOver(g.server)
	before.sink.HandOver(g.sink.Server)
	sim.generations = append(sim.generations, g)
	return nil
}

// placed returns an error followed by the places in the file that are wrong.
func placed(err error, places string) error {
	if places == "" {
		return err
	}
	return fmt.Errorf("%s", strings.TrimSpace(places))
}

// reloadAndTell reloads and logs the result.
func (sim *simulator) reloadAndTell() {
	if err := sim.reload(); err != nil {
		sim.log.Error("cannot reload; nothing has changed", "error", err)
		return
	}
	what := "mail"
	if name := nameOf(sim.latest().played); name != "" {
		what = "mail and the scenario " + name
	}
	sim.log.Info("reloaded " + what)
}

func nameOf(s *scenarios.Scenario) string {
	if s == nil {
		return ""
	}
	return s.Name()
}
