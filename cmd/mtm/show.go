package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm"
	"pop3mtm/mtm/email"
	"pop3mtm/mtm/mail"
	"pop3mtm/mtm/outbox"
	"pop3mtm/mtm/store"
)

// maxJSONText limits the text that show puts into JSON.
const maxJSONText = 1 << 20

type show struct {
	raw, peek bool
	part      string

	env   *env
	cmd   *cobra.Command
	store *store.Store
	entry store.Entry
	email email.Entry // not set for --raw
}

func showCommand(e *env) *cobra.Command {
	s := &show{env: e}
	c := &cobra.Command{
		Use:   "show ID",
		Short: "Show a message",
		Long: `Show prints a summary of the header, the texts, and the list of the parts of a message, and marks it as read. It prints all
texts in their order, HTML as text, embedded messages too, and of each set of alternatives one: the list of parts says which
ones were left out. Control characters in a message are escaped, so that it cannot do anything to the terminal; --raw and
--part write the octets unchanged. For a message that was written here it prints the state and all recipients. For a message
that is here in part it says how much is still on the server.`,
		Example: `  mtm show 12
  mtm show 12 --part 2 > plan.pdf
  mtm show 12 --raw --peek > message.eml`,
		Args: cobra.ExactArgs(1),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			id, err := parseID(args[0])
			if err != nil {
				return err
			}
			if e.json && (s.raw || s.part != "") {
				return cli.Usage("--raw and --part write bytes, not JSON: leave out --json")
			}
			if s.raw && s.part != "" {
				return cli.Usage("--raw and --part exclude each other")
			}
			a := marking
			if s.peek {
				a = reading
			}
			return e.withStore(a, func(st *store.Store) error {
				s.cmd, s.store = cmd, st
				return s.run(cmd.Context(), id)
			})
		}),
	}
	f := c.Flags()
	f.BoolVar(&s.raw, "raw", false, "write the message exactly as it came, every byte")
	f.StringVar(&s.part, "part", "", "write one part, decoded; `PATH` is its number in the list of parts")
	f.BoolVar(&s.peek, "peek", false, "leave the message unread")
	return c
}

func (s *show) run(ctx context.Context, id store.ID) (err error) {
	s.entry, err = s.store.Entry(ctx, id)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if err != nil || s.entry.Type != store.TypeMessage {
		return coded(mtm.ErrNotFound, "there is no message %d: 'mtm list Inbox' shows the ids", id)
	}
	if !s.raw {
		if s.email, err = email.Read(ctx, s.store, id); err != nil {
			return err
		}
	}
	switch {
	case s.raw:
		err = s.writeRaw(ctx)
	case s.part != "":
		err = s.writePart(ctx)
	case s.env.json:
		err = s.printJSON(ctx)
	default:
		err = s.printText(ctx)
	}
	if err != nil || s.peek || !s.entry.Flags.Has(store.Unread) {
		return err
	}
	b := s.store.NewBatch()
	b.SetFlags([]store.ID{id}, 0, store.Unread)
	if err = b.Commit(ctx); noRoomToWrite(err) {
		_, err = fmt.Fprintf(s.cmd.ErrOrStderr(), "message %d stays unread: %v\n", id, cmp.Or(s.env.barred, err))
	}
	return err
}

func (s *show) writeRaw(ctx context.Context) error {
	if s.entry.Body.Kind != store.BodyWhole {
		return coded(mtm.ErrNotFound, "message %d is not whole here; %s", s.entry.ID, s.fetchHint(ctx))
	}
	body, err := s.store.Body(ctx, s.entry.ID)
	if err != nil {
		return err
	}
	_, err = body.WriteTo(s.cmd.OutOrStdout())
	return errors.Join(err, body.Close())
}

func (s *show) writePart(ctx context.Context) error {
	part, err := s.email.Part(s.part)
	if err != nil {
		return coded(mtm.ErrNotFound, "message %d has no part %q: 'mtm show %d' lists its parts", s.entry.ID, s.part, s.entry.ID)
	}
	content, err := s.email.OpenPart(ctx, part)
	if err != nil {
		return err
	}
	_, err = io.Copy(s.cmd.OutOrStdout(), content)
	return errors.Join(err, content.Close())
}

// fetchHint returns how to get a message of which only the header is here.
func (s *show) fetchHint(ctx context.Context) string {
	name := "ACCOUNT"
	if service, err := s.store.Entry(ctx, s.entry.Service); err == nil {
		name = service.Name
	}
	if isGhost(&s.entry) {
		return fmt.Sprintf("the next session with %s fetches it, and 'mtm cancel-offline %s %d' takes that back", name, name, s.entry.ID)
	}
	return fmt.Sprintf("'mtm get %s %d' fetches it", name, s.entry.ID)
}

// fields returns the fields of the header that show prints, decoded.
func (s *show) fields() [][2]string {
	var list [][2]string
	for _, name := range []string{"From", "Reply-To", "To", "Cc", "Date", "Subject"} {
		if s.email.Header.Has(name) {
			list = append(list, [2]string{name, s.email.Header.Text(name)})
		}
	}
	return list
}

func (s *show) printText(ctx context.Context) error {
	out := newPage(s.cmd.OutOrStdout())
	envelope, err := s.envelopeFields(ctx)
	if err != nil {
		return err
	}
	for _, f := range append(s.fields(), envelope...) {
		out.printf("%-9s %s\n", f[0]+":", oneLine(f[1]))
	}
	out.printf("\n")
	if s.email.Message == nil {
		out.printf("(only the header is here; %s)\n", oneLine(s.fetchHint(ctx)))
		return out.Flush()
	}
	texts, err := s.email.Texts(ctx)
	if err != nil {
		return err
	}
	w := &visibleWriter{out: out}
	if err := errors.Join(s.copyTexts(ctx, texts, w), w.end()); err != nil {
		return err
	}
	switch {
	case len(texts) > 0:
	case s.entry.Email.Has(store.Encrypted):
		out.printf("(this message is encrypted; 'mtm save %d' saves what a program with the key can read)\n", s.entry.ID)
	default:
		out.printf("(no text)\n")
	}
	if notice := s.email.PartialNotice(); notice != "" {
		out.printf("\n%s\n", notice)
	}
	if limits := s.email.Limits(); limits != "" {
		out.printf("\n(the message is not shown completely: it has %v; --raw writes all of it)\n", limits)
	}
	if len(s.email.Parts) > 1 || len(texts) == 0 {
		out.printf("\n")
		for _, p := range s.email.Parts {
			out.printf("%s\n", partLine(p, texts))
		}
	}
	return out.Flush()
}

func partLine(p *mail.Part, texts []mail.Text) string {
	line := fmt.Sprintf("part %-8s %-24s %10s", p.Path, oneLine(p.MediaType), octets(p.Size))
	for _, more := range []string{p.Disposition, p.Filename} {
		if more != "" {
			line += "  " + oneLine(more)
		}
	}
	if p.MediaType == "application/ms-tnef" {
		line += "  (a package of Outlook's; after 'mtm save' a program such as tnef opens it)"
	}
	if other := insteadOf(p, texts); other != nil {
		line += "  (left out: an alternative to part " + other.Path + ")"
	}
	return line
}

// insteadOf returns the part that is shown in place of p, or nil.
func insteadOf(p *mail.Part, texts []mail.Text) *mail.Part {
	for _, t := range texts {
		if slices.Contains(t.Instead, p) {
			return t.Part
		}
	}
	return nil
}

// showView is a message in JSON, with what show adds to the fields of a listing.
type showView struct {
	messageView
	Header map[string]string `json:"header"`
	To     []recipientView   `json:"recipients,omitempty"` // of a message that was written here
	Reason string            `json:"reason,omitempty"`     // why sending it failed last
	Text   string            `json:"text"`                 // the first MiB of all texts
	Notice string            `json:"partial_notice"`
	Limits string            `json:"limits,omitempty"` // why parts are missing, "" when none is
	Left   int64             `json:"left_on_server"`   // octets that are still on the server, of a message that is here in part
	Parts  []partView        `json:"parts"`
}

type partView struct {
	Path        string `json:"path"`
	MediaType   string `json:"media_type"`
	Charset     string `json:"charset"`
	Filename    string `json:"filename"`
	Disposition string `json:"disposition"`
	Size        int64  `json:"size"`
	Shown       bool   `json:"shown"`                    // its text is in text
	InsteadOf   string `json:"alternative_to,omitempty"` // path of the part that is shown in its place
}

func (s *show) printJSON(ctx context.Context) error {
	email := &s.email
	v := showView{
		messageView: messageViewOf(&email.Entry), Header: map[string]string{},
		Notice: email.PartialNotice(), Limits: email.Limits(), Left: email.Left(), Parts: []partView{},
	}
	if made, err := outbox.Read(ctx, s.store, s.entry.ID); err == nil {
		view := outgoingViewOf(&made)
		v.To, v.Reason = view.To, view.Reason
	}
	for _, f := range s.fields() {
		v.Header[strings.ToLower(f[0])] = f[1]
	}
	texts, err := email.Texts(ctx)
	if err != nil {
		return err
	}
	for _, p := range email.Parts {
		view := partView{Path: p.Path, MediaType: p.MediaType, Charset: p.Charset, Filename: p.Filename, Disposition: p.Disposition, Size: p.Size}
		view.Shown = slices.ContainsFunc(texts, func(t mail.Text) bool { return t.Part == p })
		if other := insteadOf(p, texts); other != nil {
			view.InsteadOf = other.Path
		}
		v.Parts = append(v.Parts, view)
	}
	w := &firstOctets{limit: maxJSONText}
	if err := s.copyTexts(ctx, texts, w); err != nil && !errors.Is(err, errEnough) {
		return err
	}
	v.Text = strings.ReplaceAll(strings.ToValidUTF8(w.kept.String(), "\uFFFD"), "\r\n", "\n")
	return printJSON(s.cmd, v)
}
