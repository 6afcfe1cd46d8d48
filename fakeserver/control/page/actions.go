package page

import (
	"fmt"
	"net/http"
	"strconv"

	"pop3mtm/fakeserver/control"
)

// action performs a form. It returns a text for the user.
type action func(*http.Request) (string, error)

// actions returns the forms of the page, by the last element of their path.
func (p *Page) actions() map[string]action {
	return map[string]action{
		"fault":    p.addFault,
		"rules":    p.addRules,
		"unrule":   p.removeRule,
		"mail":     p.addMail,
		"scenario": p.playScenario,
		"reset":    p.reset,
		"end":      p.endSession,
		"port":     p.openPort,
		"unport":   p.closePort,
	}
}

// maxForm limits the body of a form, in octets.
const maxForm = 256 << 10

// acting serves a form. To the script of the page it sends the text of the action; a browser
// without the script is redirected to the page.
func (p *Page) acting(act action) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := readForm(w, r); err != nil {
			return err
		}
		text, err := act(r)
		if err != nil {
			return err
		}
		p.changed.tell()
		if r.Header.Get("X-Page") == "" {
			http.Redirect(w, r, wish{user: r.FormValue("user")}.link(), http.StatusSeeOther)
			return nil
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = fmt.Fprint(w, text) // a browser that is gone needs no answer
		return nil
	}
}

func readForm(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return &control.Problem{Status: http.StatusBadRequest, Detail: "the form cannot be read: " + err.Error()}
	}
	return nil
}

// createUser serves the form for a new user, and shows the page of that user.
func (p *Page) createUser(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	made, err := p.service.CreateUser(r.Context(), control.NewUser{Name: r.FormValue("name"), Password: r.FormValue("password")})
	if err != nil {
		return err
	}
	p.changed.tell()
	to := wish{user: made.Name}.link()
	if r.Header.Get("X-Page") == "" {
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	}
	w.Header().Set("X-Page-To", to)
	return nil
}

func (p *Page) addRules(r *http.Request) (string, error) {
	added, err := p.service.AddRules(r.Context(), r.FormValue("user"), []byte(r.FormValue("words")))
	if err != nil {
		return "", err
	}
	return "Added " + counted(len(added), "rule") + ".", nil
}

func (p *Page) removeRule(r *http.Request) (string, error) {
	id := r.FormValue("rule")
	if id == "" {
		return "", &control.Problem{Status: http.StatusUnprocessableEntity, Detail: "the id of the rule is missing"}
	}
	return "Removed the rule " + id + ".", p.service.DeleteRules(r.Context(), r.FormValue("user"), id)
}

func (p *Page) addMail(r *http.Request) (string, error) {
	file := r.FormValue("file")
	words := fmt.Appendf(nil, "{file: %q}", file+".eml")
	_, err := p.service.AddMessages(r.Context(), r.FormValue("user"), control.NewMessages{Words: words})
	return "Added " + file + ". The next session sees it.", err
}

func (p *Page) reset(r *http.Request) (string, error) {
	return "Sessions are forgotten, the mail is back, rules fire anew.", p.service.Reset(r.Context(), r.FormValue("user"), false)
}

func (p *Page) openPort(r *http.Request) (string, error) {
	a, err := p.service.OpenPort(r.Context(), r.FormValue("user"))
	if err != nil {
		return "", err
	}
	return "The port " + a.POP3 + a.POP3S + " is of this mailbox alone: rules say what happens before login too.", nil
}

func (p *Page) closePort(r *http.Request) (string, error) {
	return "The client logs in on the shared port again.", p.service.ClosePort(r.Context(), r.FormValue("user"))
}

func (p *Page) endSession(r *http.Request) (string, error) {
	number, err := strconv.Atoi(r.FormValue("session"))
	if err != nil {
		return "", &control.Problem{Status: http.StatusUnprocessableEntity, Detail: "the number of the session is missing"}
	}
	return fmt.Sprintf("The connection of session %d is cut.", number), p.service.EndSession(r.Context(), r.FormValue("user"), number)
}
