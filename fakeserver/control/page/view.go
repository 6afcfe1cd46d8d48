package page

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"pop3mtm/fakeserver/control"
	"pop3mtm/fixtures"
	"pop3mtm/scenarios"
)

// wish is the part that a request asks to see.
type wish struct {
	user    string
	session int // 0 for the newest one
}

func wishOf(r *http.Request) wish {
	session, _ := strconv.Atoi(r.FormValue("session")) // anything else is the newest one
	return wish{r.FormValue("user"), max(session, 0)}
}

// link returns the address of the page for this wish.
func (w wish) link() string { return "/?" + w.query() }

func (w wish) query() string {
	q := url.Values{"user": {w.user}}
	if w.session > 0 {
		q.Set("session", strconv.Itoa(w.session))
	}
	return q.Encode()
}

// view is the data of the templates.
type view struct {
	Users    []control.User
	User     *control.User // nil when there are no users
	UserName string
	Want     int  // the session that is asked for, 0 for the newest one
	Token    bool // whether somebody has logged in

	Played   *played
	Logins   []control.Login // of the scenario, if it has its own users
	Verdict  *verdict
	Verbs    []string
	Faults   []fault
	Fixtures []string

	Sessions   []sessionItem
	Following  bool
	FollowLink string
	Try        string
	Session    *sessionHead
	Rows       []row

	Mail     mail
	Rules    []ruleItem
	CopyLink string

	wish       wish
	sessions   []control.Session
	transcript *control.Transcript // of the session that is shown, nil for none
}

// sessionItem is a session in the list.
type sessionItem struct {
	Number           int
	Link             string
	Chosen, Open     bool
	Rules            int
	Facts, RulesText string
	Started, Clock   string
}

// sessionHead is the heading of a transcript.
type sessionHead struct {
	Number             int
	Remote, Took       string
	Ended              bool
	SaveLink, TextLink string
}

// ruleItem is a rule in the list.
type ruleItem struct{ ID, Words, Fired string }

// listed limits the sessions that are listed.
const listed = 200

// view returns the data for a request. It fails for a user who does not exist; without a user it
// shows the first one.
func (p *Page) view(ctx context.Context, w wish) (*view, error) {
	users, err := p.service.Users(ctx)
	if err != nil {
		return nil, err
	}
	v := &view{Users: users, Want: w.session, Token: p.service.HasToken()}
	if w.user == "" && len(users) > 0 {
		w.user = users[0].Name
	}
	if w.user == "" {
		return v, nil
	}
	if v.User, err = p.service.User(ctx, w.user); err != nil {
		return nil, err
	}
	v.UserName, v.wish = w.user, w
	v.Verbs, v.Faults, v.Fixtures = verbs(), faults(), fixtures.Names()
	v.CopyLink = "/page/copies?" + w.query()
	v.Try = "curl -u " + w.user + ":PASSWORD pop3://" + v.User.POP3 + "/1"
	if v.User.POP3 == "" {
		v.Try = "curl --insecure -u " + w.user + ":PASSWORD pop3s://" + v.User.POP3S + "/1"
	}
	for _, add := range []func(context.Context, *control.Service) error{v.addScenario, v.addSessions, v.addVerdict, v.addMail, v.addRules} {
		if err := add(ctx, p.service); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// addSessions adds the sessions, the newest first, and the one that is shown.
func (v *view) addSessions(ctx context.Context, service *control.Service) error {
	all, err := service.Sessions(ctx, v.UserName)
	if err != nil {
		return err
	}
	v.sessions = all
	v.Following = v.wish.session == 0
	v.FollowLink = wish{user: v.UserName}.link()
	shown := v.shown()
	for _, s := range slices.Backward(all[max(0, len(all)-listed):]) {
		v.Sessions = append(v.Sessions, itemOf(s, v.UserName, s.Number == shown))
		if s.Number == shown {
			v.Session = v.headOf(s)
		}
	}
	return nil
}

// shown returns the number of the session whose transcript is shown, 0 for none.
func (v *view) shown() int {
	if v.wish.session == 0 && len(v.sessions) > 0 {
		return v.sessions[len(v.sessions)-1].Number
	}
	return v.wish.session
}

func itemOf(s control.Session, user string, chosen bool) sessionItem {
	item := sessionItem{
		Number: s.Number, Link: wish{user, s.Number}.link(), Chosen: chosen, Open: s.Ended == nil, Rules: s.Rules,
		Facts: counted(s.Commands, "command"), RulesText: counted(s.Rules, "fault"),
		Started: s.Started.Format(time.RFC3339), Clock: s.Started.Format(time.TimeOnly),
	}
	if s.Ended != nil {
		item.Facts += " in " + short(s.Ended.Sub(s.Started))
	}
	return item
}

func (v *view) headOf(s control.Session) *sessionHead {
	h := &sessionHead{Number: s.Number, Remote: s.Remote, Ended: s.Ended != nil}
	path := "/api/v1/users/" + url.PathEscape(v.UserName) + "/sessions/" + strconv.Itoa(s.Number)
	h.SaveLink, h.TextLink = path+"/scenario", "/page/text?"+wish{v.UserName, s.Number}.query()
	if s.Ended != nil {
		h.Took = "ended after " + short(s.Ended.Sub(s.Started))
	}
	return h
}

// addRows adds the transcript, which live sends line by line.
func (v *view) addRows() {
	if v.transcript == nil {
		return
	}
	var r rows
	for _, l := range v.transcript.Lines {
		v.Rows = append(v.Rows, r.line(l))
	}
}

func (v *view) addRules(ctx context.Context, service *control.Service) error {
	all, err := service.Rules(ctx, v.UserName)
	if err != nil {
		return err
	}
	for _, r := range all {
		words, err := scenarios.Flow(r.Rule)
		if err != nil {
			return err
		}
		fired := "has not answered yet"
		if r.Fired > 0 {
			fired = "answered " + counted(r.Fired, "time")
		}
		v.Rules = append(v.Rules, ruleItem{r.ID, words, fired})
	}
	return nil
}

// counted returns a number with its noun.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
