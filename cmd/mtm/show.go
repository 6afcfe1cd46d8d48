package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"strings"

	"github.com/emersion/go-message/charset"
	"github.com/emersion/go-message/textproto"
	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

// maxHeader bounds the header that show reads, maxJSONText the text that it puts into JSON.
const (
	maxHeader   = 1 << 20
	maxJSONText = 1 << 20
)

type show struct {
	raw, peek bool
	part      string

	env   *env
	cmd   *cobra.Command
	store *store.Store
	entry store.Entry
}

func showCommand(e *env) *cobra.Command {
	s := &show{env: e}
	c := &cobra.Command{
		Use:   "show ID",
		Short: "Show a message",
		Long: `Show prints the header in brief, the text, and the list of the parts of a message, and marks it as read. Control
characters in a message are escaped, so it cannot do anything to the terminal; --raw and --part write the bytes as they
are. Of a message that was made here it tells the state and all recipients. Below the text of a message that is here in part it says how much is still on the server.`,
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
				return cli.Usage("--raw and --part write the bytes themselves: leave --json out")
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
	part, err := s.store.OpenPart(ctx, s.entry.ID, s.part)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrNoBody) {
		return coded(mtm.ErrNotFound, "message %d has no part %q: 'mtm show %d' lists its parts", s.entry.ID, s.part, s.entry.ID)
	}
	if err != nil {
		return err
	}
	_, err = io.Copy(s.cmd.OutOrStdout(), part)
	return errors.Join(err, part.Close())
}

// fetchHint says how to get a message of which only the header is here.
func (s *show) fetchHint(ctx context.Context) string {
	name := "ACCOUNT"
	if service, err := s.store.Entry(ctx, s.entry.Service); err == nil {
		name = service.Name
	}
	if isGhost(&s.entry) {
		return fmt.Sprintf("it comes with the next session with %s, and 'mtm cancel-offline %s %d' takes it back", name, name, s.entry.ID)
	}
	return fmt.Sprintf("'mtm get %s %d' fetches it", name, s.entry.ID)
}

// fields are the parts of the header that a person reads, decoded.
func (s *show) fields(ctx context.Context) ([][2]string, error) {
	var h textproto.Header
	if s.entry.Body.Kind != store.BodyNone {
		body, err := s.store.Body(ctx, s.entry.ID)
		if err != nil {
			return nil, err
		}
		// What stands before a line that makes no sense is still good.
		h, _ = textproto.ReadHeader(bufio.NewReader(io.LimitReader(body, maxHeader)))
		if err := body.Close(); err != nil {
			return nil, err
		}
	}
	words := mime.WordDecoder{CharsetReader: charset.Reader}
	var list [][2]string
	for _, name := range []string{"From", "Reply-To", "To", "Cc", "Date", "Subject"} {
		if !h.Has(name) {
			continue
		}
		value := h.Get(name)
		if decoded, err := words.DecodeHeader(value); err == nil {
			value = decoded
		}
		list = append(list, [2]string{name, strings.TrimSpace(value)})
	}
	return list, nil
}

func (s *show) printText(ctx context.Context) error {
	fields, err := s.fields(ctx)
	if err != nil {
		return err
	}
	out := newPage(s.cmd.OutOrStdout())
	envelope, err := s.envelopeFields(ctx)
	if err != nil {
		return err
	}
	for _, f := range append(fields, envelope...) {
		out.printf("%-9s %s\n", f[0]+":", oneLine(f[1]))
	}
	out.printf("\n")
	if s.entry.Body.Kind != store.BodyWhole && s.entry.Body.Kind != store.BodyPartial {
		out.printf("(only the header is here; %s)\n", oneLine(s.fetchHint(ctx)))
		return out.Flush()
	}
	email, err := mtm.Email(ctx, s.store, s.entry.ID)
	if err != nil {
		return err
	}
	text := readable(email.Parts)
	if text == nil {
		out.printf("(no text)\n")
	} else {
		w := &visibleWriter{out: out}
		if err := errors.Join(s.copyText(ctx, *text, w), w.end()); err != nil {
			return err
		}
	}
	if notice := email.PartialNotice(); notice != "" {
		out.printf("\n%s\n", notice)
	}
	if email.Limits != 0 {
		out.printf("\n(not all of it is shown: it has %v; --raw writes the whole message)\n", email.Limits)
	}
	if len(email.Parts) > 1 || text == nil {
		out.printf("\n")
		for _, p := range email.Parts {
			out.printf("%s\n", partLine(p))
		}
	}
	return out.Flush()
}

func partLine(p store.Part) string {
	line := fmt.Sprintf("part %-8s %-24s %10s", p.Path, p.MediaType, octets(p.Size))
	for _, more := range []string{p.Disposition, p.Filename} {
		if more != "" {
			line += "  " + more
		}
	}
	return oneLine(line)
}

// showView is a message in JSON with what show adds to a listing.
type showView struct {
	messageView
	Header map[string]string `json:"header"`
	To     []recipientView   `json:"recipients,omitempty"` // of a message that was made here
	Reason string            `json:"reason,omitempty"`     // why sending it failed last
	Text   string            `json:"text"`                 // the first MiB
	Notice string            `json:"partial_notice"`
	Limits string            `json:"limits,omitempty"` // what of the message is not in parts
	Left   int64             `json:"left_on_server"`   // octets of a message that is here in part
	Parts  []partView        `json:"parts"`
}

type partView struct {
	Path        string `json:"path"`
	MediaType   string `json:"media_type"`
	Charset     string `json:"charset"`
	Filename    string `json:"filename"`
	Disposition string `json:"disposition"`
	Size        int64  `json:"size"`
}

func (s *show) printJSON(ctx context.Context) error {
	fields, err := s.fields(ctx)
	if err != nil {
		return err
	}
	email, err := mtm.Email(ctx, s.store, s.entry.ID)
	if err != nil {
		return err
	}
	v := showView{
		messageView: messageViewOf(&email.Entry), Header: map[string]string{},
		Notice: email.PartialNotice(), Limits: email.Limits.String(), Left: email.Left(), Parts: []partView{},
	}
	if made, err := mtm.Outgoing(ctx, s.store, s.entry.ID); err == nil {
		view := outgoingViewOf(&made)
		v.To, v.Reason = view.To, view.Reason
	}
	for _, f := range fields {
		v.Header[strings.ToLower(f[0])] = f[1]
	}
	for _, p := range email.Parts {
		v.Parts = append(v.Parts, partView(p))
	}
	if text := readable(email.Parts); text != nil {
		w := &firstOctets{limit: maxJSONText}
		if err := s.copyText(ctx, *text, w); err != nil && !errors.Is(err, errEnough) {
			return err
		}
		v.Text = strings.ReplaceAll(strings.ToValidUTF8(w.kept.String(), "\uFFFD"), "\r\n", "\n")
	}
	return printJSON(s.cmd, v)
}
