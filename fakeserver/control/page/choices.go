package page

import (
	"net/http"

	"pop3mtm/scenarios"
)

// choice is a scenario that can be played.
type choice struct {
	Name, Title string
	Case        bool // it is a case of the choice before it
	Early       bool // it is about what happens before the server knows the user
}

// choices serves the list of scenarios to choose from.
func (p *Page) choices(w http.ResponseWriter, r *http.Request) error {
	list, err := p.service.Scenarios(r.Context())
	if err != nil {
		return err
	}
	var all []choice
	for _, s := range list {
		early := len(s.Early) > 0
		all = append(all, choice{Name: s.Name, Title: s.Title, Early: early})
		for _, one := range s.Cases[min(1, len(s.Cases)):] {
			all = append(all, choice{s.Name + "#" + one, s.Title, true, early})
		}
	}
	return p.write(w, "choices", all)
}

// playScenario plays the chosen scenario. For "" it removes the scenario of the user.
func (p *Page) playScenario(r *http.Request) (string, error) {
	user, name := r.FormValue("user"), r.FormValue("scenario")
	if name == "" {
		return "Scenario, mail, rules and expectations are removed.", p.service.Reset(r.Context(), user, true)
	}
	quoted, err := scenarios.Flow(name)
	if err != nil {
		return "", err
	}
	played, err := p.service.PlayScenario(r.Context(), user, []byte("{name: "+quoted+"}"), "")
	if err != nil {
		return "", err
	}
	if at := played.POP3 + played.POP3S; at != "" {
		return "Playing " + played.Name + " on a port of its own, " + at + ".", nil
	}
	return "Playing " + played.Name + ".", nil
}
