package page

import (
	"context"
	"net/url"

	"github.com/dustin/go-humanize"

	"pop3mtm/fakeserver/control"
)

// mail is the maildrop before and after the shown session.
type mail struct {
	Before, After string // the content, in words; After describes the current mail while the session is open
	AfterIs       string
	Now           string // empty when it is the same as After
	Rows          []mailItem
	More          string
}

// mailItem is a message in the list.
type mailItem struct {
	UID, Subject, Size string
	Link               string // empty when the message is gone
	Class, State       string
}

// most limits the messages that are listed.
const most = 100

// addMail adds the maildrop: at the login of the shown session, and after the session or now.
func (v *view) addMail(ctx context.Context, service *control.Service) error {
	now, err := service.Messages(ctx, v.UserName, control.Page{Limit: most})
	if err != nil {
		return err
	}
	before, after := now, now
	v.Mail.AfterIs = "now"
	if v.Session != nil {
		t, err := service.Transcript(ctx, v.UserName, v.Session.Number)
		if err != nil {
			return err
		}
		v.transcript = t
		if t.Before != nil {
			before = t.Before
		}
		if t.After != nil {
			after, v.Mail.AfterIs = t.After, "after it"
		}
	}
	v.Mail.Before, v.Mail.After = counted(before.Total, "message"), counted(after.Total, "message")
	if after.Total != now.Total {
		v.Mail.Now = counted(now.Total, "message")
	}
	v.Mail.Rows = compared(v.UserName, before, after, now)
	if left := after.Total - len(after.Messages); left > 0 {
		v.Mail.More = "and " + counted(left, "message") + " more"
	}
	return nil
}

// compared returns the messages of before, after and now, with deleted messages at their old place.
func compared(user string, before, after, now *control.Messages) (all []mailItem) {
	there, still, was := set(after), set(now), set(before)
	cut := len(after.Messages) < after.Total // messages beyond the list may exist
	for _, m := range before.Messages {
		item := itemFor(user, m, still[m.UID])
		if !there[m.UID] && !cut {
			item.Class, item.State = "gone", "deleted"
		}
		all = append(all, item)
	}
	for _, m := range after.Messages {
		if !was[m.UID] {
			item := itemFor(user, m, still[m.UID])
			item.Class, item.State = "new", "new"
			all = append(all, item)
		}
	}
	for _, m := range now.Messages {
		if !was[m.UID] && !there[m.UID] && !cut {
			item := itemFor(user, m, true)
			item.Class, item.State = "new", "added since"
			all = append(all, item)
		}
	}
	return all
}

func set(list *control.Messages) map[string]bool {
	uids := map[string]bool{}
	for _, m := range list.Messages {
		uids[m.UID] = true
	}
	return uids
}

// itemFor returns the row of a message. It can be opened while the mailbox has it.
func itemFor(user string, m control.Message, open bool) mailItem {
	item := mailItem{UID: m.UID, Subject: m.Subject, Size: humanize.Comma(m.Size)}
	if item.Subject == "" {
		item.Subject = "(no subject)"
	}
	if open {
		item.Link = "/page/message?" + url.Values{"user": {user}, "uid": {m.UID}}.Encode()
	}
	return item
}
