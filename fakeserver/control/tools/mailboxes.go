package tools

import (
	"context"
	"fmt"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"pop3mtm/fakeserver/control"
)

// ofMailbox is the input of a tool about a mailbox.
type ofMailbox struct {
	Mailbox string `json:"mailbox" jsonschema:"the name of the mailbox, which is also the name to log in with"`
}

type newMailbox struct {
	Name     string `json:"name,omitempty" jsonschema:"the name to log in with; made up when missing"`
	Password string `json:"password,omitempty" jsonschema:"made up when missing"`
	Mail     string `json:"mail,omitempty" jsonschema:"messages in the words of a scenario's mailbox, YAML or JSON, such as [{file: plain.eml, uidl: a1}, {size: 64KiB}, {text: \"Subject: hi\\n\\nhello\\n\"}]"`
	OwnPort  bool   `json:"ownPort,omitempty" jsonschema:"whether the mailbox has a port of its own, so that rules can say what happens before login"`
	Scenario string `json:"scenario,omitempty" jsonschema:"a scenario to play: a name from list_scenarios, or a whole scenario in YAML; it brings its own mail"`
}

type mail struct {
	ofMailbox
	Mail string `json:"mail" jsonschema:"messages in the words of a scenario's mailbox, YAML or JSON, such as {file: plain.eml, uidl: a1} or {text: \"Subject: hi\\n\\nhello\\n\"}"`
	Now  bool   `json:"now,omitempty" jsonschema:"whether open sessions see it too; else sessions that begin later"`
}

type reset struct {
	ofMailbox
	All bool `json:"all,omitempty" jsonschema:"whether to delete mail, rules, scenario and expectations too; otherwise mail that clients have deleted is restored"`
}

func (t tools) mailboxes() {
	add(t, &mcp.Tool{Name: "create_mailbox", Annotations: adds("Create a mailbox"),
		Description: "Create a mailbox with its own user, and optionally add mail or play a scenario. Returns the address, name and password for the client."}, t.createMailbox)
	add(t, &mcp.Tool{Name: "list_mailboxes", Annotations: reads("List the mailboxes"), Description: "List the mailboxes with what is in them."}, t.listMailboxes)
	add(t, &mcp.Tool{Name: "add_mail", Annotations: adds("Add mail"), Description: "Add messages to a mailbox."}, t.addMail)
	add(t, &mcp.Tool{Name: "list_messages", Annotations: reads("List the messages"), Description: "List the messages that a mailbox has now."}, t.listMessages)
	add(t, &mcp.Tool{Name: "reset_mailbox", Annotations: replaces("Reset a mailbox"),
		Description: "Begin again: end open sessions, forget all sessions, restore deleted mail, and restart the counts of rules."}, t.resetMailbox)
	add(t, &mcp.Tool{Name: "open_port", Annotations: adds("Give a mailbox a port of its own"),
		Description: "Give a mailbox a port of its own. Rules then also say what happens before login: CONNECT, TLS, AUTH, CAPA. Returns the address."}, t.openPort)
	add(t, &mcp.Tool{Name: "close_port", Annotations: replaces("Let a mailbox share the port"),
		Description: "Let the client of a mailbox log in on the shared port again."},
		func(ctx context.Context, in ofMailbox) (answer, error) {
			return answer{text: "The client logs in on the shared port again."}, t.service.ClosePort(ctx, in.Mailbox)
		})
	add(t, &mcp.Tool{Name: "delete_mailbox", Annotations: replaces("Delete a mailbox"), Description: "Delete a mailbox with all its data."},
		func(ctx context.Context, in ofMailbox) (answer, error) {
			return answer{text: "Deleted " + in.Mailbox + "."}, t.service.DeleteUser(ctx, in.Mailbox)
		})
}

func (t tools) createMailbox(ctx context.Context, in newMailbox) (answer, error) {
	made, err := t.service.CreateUser(ctx, control.NewUser{Name: in.Name, Password: in.Password, OwnPort: in.OwnPort})
	if err != nil {
		return answer{}, err
	}
	text := fmt.Sprintf("Created the mailbox %s.\n%s\nname: %s\npassword: %s\n", made.Name, addresses(made.Addresses), made.Name, made.Password)
	if in.Scenario != "" {
		played, err := t.play(ctx, playing{ofMailbox: ofMailbox{made.Name}, Scenario: in.Scenario})
		if err != nil {
			return answer{}, t.undo(ctx, made.Name, err)
		}
		text += played.text
	}
	if in.Mail != "" {
		added, err := t.addMail(ctx, mail{ofMailbox: ofMailbox{made.Name}, Mail: in.Mail})
		if err != nil {
			return answer{}, t.undo(ctx, made.Name, err)
		}
		text += added.text
	}
	return answer{text, made}, nil
}

func (t tools) openPort(ctx context.Context, in ofMailbox) (answer, error) {
	a, err := t.service.OpenPort(ctx, in.Mailbox)
	if err != nil {
		return answer{}, err
	}
	return answer{in.Mailbox + " has a port of its own.\n" + addresses(*a) + "\n", a}, nil
}

// undo deletes a mailbox that could not be created as requested.
func (t tools) undo(ctx context.Context, name string, err error) error {
	if undone := t.service.DeleteUser(ctx, name); undone != nil {
		return fmt.Errorf("%w; the mailbox %s was created", err, name)
	}
	return fmt.Errorf("no mailbox was created: %w", err)
}

func addresses(a control.Addresses) string {
	var all []string
	for _, one := range []struct{ name, address string }{{"POP3", a.POP3}, {"POP3 over TLS", a.POP3S}, {"SMTP", a.SMTP}} {
		if one.address != "" {
			all = append(all, one.name+": "+one.address)
		}
	}
	return strings.Join(all, "\n")
}

func (t tools) listMailboxes(ctx context.Context, _ struct{}) (answer, error) {
	users, err := t.service.Users(ctx)
	if err != nil {
		return answer{}, err
	}
	var text strings.Builder
	for _, u := range users {
		fmt.Fprintf(&text, "%s: %d messages, %d rules, %d sessions", u.Name, u.Messages, u.Rules, u.Sessions)
		if u.Scenario != "" {
			text.WriteString(", plays " + u.Scenario)
		}
		text.WriteString("\n")
	}
	return answer{text.String(), map[string]any{"mailboxes": users}}, nil
}

func (t tools) addMail(ctx context.Context, in mail) (answer, error) {
	when := control.NextSession
	if in.Now {
		when = control.Now
	}
	added, err := t.service.AddMessages(ctx, in.Mailbox, control.NewMessages{Words: []byte(in.Mail), When: when})
	if err != nil {
		return answer{}, err
	}
	return answer{fmt.Sprintf("Added %d messages; the mailbox has %d.\n", len(added.Messages), added.Total) + listed(added.Messages), added}, nil
}

// shown limits the messages that a tool lists.
const shown = 100

func (t tools) listMessages(ctx context.Context, in ofMailbox) (answer, error) {
	all, err := t.service.Messages(ctx, in.Mailbox, control.Page{Limit: shown})
	if err != nil {
		return answer{}, err
	}
	text := fmt.Sprintf("The mailbox has %d messages", all.Total)
	if all.Total > len(all.Messages) {
		text += fmt.Sprintf("; the first %d are", len(all.Messages))
	}
	return answer{text + ":\n" + listed(all.Messages), all}, nil
}

func listed(messages []control.Message) string {
	var b strings.Builder
	for _, m := range messages {
		fmt.Fprintf(&b, "%d  unique-id %s  %d octets  %s\n", m.Number, m.UID, m.Size, m.Subject)
	}
	return b.String()
}

func (t tools) resetMailbox(ctx context.Context, in reset) (answer, error) {
	return answer{text: "Reset " + in.Mailbox + "."}, t.service.Reset(ctx, in.Mailbox, in.All)
}
