package main

import (
	"context"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm/store"
)

func listCommand(e *env) *cobra.Command {
	l := newListing()
	c := &cobra.Command{
		Use:   "list [FOLDER or ACCOUNT]",
		Short: "List the folders and accounts, or the messages of one",
		Long: `List without a name shows the folders and the accounts, with the number of messages in each. With the name or the id of
a folder it shows the messages there; with that of an account, the list of its mailbox as of the last connection.

Marks before the date:

  N  new                          U  unread
  *  only the header is here      p  only a part is here
  x  as * or p, and the message has broken a connection: it is requested last, and 'mtm get --skip' leaves it out
  !  urgent                       h  hidden because the account is offline
  @  has an attachment, which is known once the message was fetched

Queued for the next session: D delete, C copy, M move, P populate, + more than one of these, W a placeholder in a folder.
? is an operation that cannot be carried out; the reason is printed below it.

Times are UTC. The size is that on the server, else that of the stored message; ? when both are unknown.`,
		Example: `  mtm list
  mtm list Inbox
  mtm list Inbox --unread --since 7d --sort date --reverse --limit 20
  mtm list work --json`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completer(e, namesOf(isPlace)),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			if l.limit < 0 {
				return cli.Usage("--limit takes a number of messages, or 0 for all")
			}
			return e.withStore(reading, func(st *store.Store) error {
				if len(args) == 0 {
					if l.given(cmd.Flags()) {
						return cli.Usage("name a folder or an account: these flags choose messages")
					}
					return listPlaces(cmd, e, st)
				}
				place, err := findPlace(cmd.Context(), st, args[0], "folder or account", isPlace)
				if err != nil {
					return err
				}
				return listMessages(cmd, e, st, place, l)
			})
		}),
	}
	l.add(c.Flags())
	completeWords(c, "sort", l.sort.allowed)
	return c
}

// placeView is a folder or an account in JSON.
type placeView struct {
	ID       store.ID `json:"id"`
	Parent   store.ID `json:"parent"`
	Kind     string   `json:"kind"`
	Name     string   `json:"name"`
	Messages int      `json:"messages"`
	Unread   int      `json:"unread"`
	New      int      `json:"new"`
}

func listPlaces(cmd *cobra.Command, e *env, st *store.Store) error {
	all, err := places(cmd.Context(), st)
	if err != nil {
		return err
	}
	views := make([]placeView, len(all))
	for i, p := range all {
		views[i] = placeView{ID: p.ID, Parent: p.Parent, Kind: kindOf(p), Name: p.Name}
		if err := views[i].count(cmd.Context(), st); err != nil {
			return err
		}
	}
	if e.json {
		return printJSON(cmd, views)
	}
	out := newPage(cmd.OutOrStdout())
	out.printf("%6s  %-7s  %-24s  %8s  %8s  %8s\n", "id", "kind", "name", "messages", "unread", "new")
	for _, v := range views {
		out.printf("%6d  %-7s  %s  %8d  %8d  %8d\n", v.ID, v.Kind, column(v.Name, 24), v.Messages, v.Unread, v.New)
	}
	return out.Flush()
}

func (v *placeView) count(ctx context.Context, st *store.Store) error {
	n, err := st.Count(ctx, v.ID)
	v.Messages, v.Unread, v.New = n.Messages, n.Unread, n.New
	return err
}

func listMessages(cmd *cobra.Command, e *env, st *store.Store, place store.Entry, l *listing) error {
	queue, err := st.Queue(cmd.Context(), place.ID)
	if err != nil {
		return err
	}
	r := newRows(cmd.OutOrStdout(), true)
	r.waits = newWaiting(queue)
	if r.broke, err = st.Breaks(cmd.Context(), place.ID); err != nil {
		return err
	}
	each := func(f func(*store.Entry) error) error { return l.each(cmd.Context(), st, place.ID, f) }
	if e.json {
		list := newMessages(r.out)
		err = each(func(m *store.Entry) error {
			v := list.view(m)
			if isOurs(m) {
				v.Addressees = addressees(cmd.Context(), st, m)
			}
			v.Waiting, v.Broke = r.waits.texts(m.ID), r.broke[m.ID]
			return list.add(&v)
		})
		if err == nil {
			err = list.end()
		}
	} else {
		err = each(func(m *store.Entry) error { r.print(m); return nil })
		printSetAside(r.out, place.Name, queue)
	}
	if err != nil {
		return err
	}
	return r.out.Flush()
}

// rows prints messages, one per line: id, marks if wanted, date, from, subject, size.
type rows struct {
	out           page
	from, subject int // widths of these columns
	marks         bool
	waits         waiting          // for the marks
	broke         map[store.ID]int // connections
	line          []byte
}

func newRows(out io.Writer, marks bool) *rows {
	r := &rows{out: newPage(out), marks: marks}
	r.from, r.subject = columnsFor(out)
	return r
}

// print prints one message. It appends to a buffer, since fmt would take most of the time of a long
// list.
func (r *rows) print(e *store.Entry) {
	b := appendRight(r.line[:0], strconv.FormatInt(int64(e.ID), 10), 6)
	b = append(b, "  "...)
	if r.marks {
		b = append(append(b, r.marksOf(e)...), "  "...)
	}
	if e.Date.IsZero() {
		b = append(b, "                "...)
	} else {
		b = e.Date.UTC().AppendFormat(b, "2006-01-02 15:04")
	}
	b = appendColumn(append(b, "  "...), e.Details, r.from)
	b = appendColumn(append(b, "  "...), e.Description, r.subject)
	b = appendRight(append(b, "  "...), sizeText(e), 9)
	r.line = append(b, '\n')
	_, _ = r.out.Write(r.line) // Flush returns the error
}

func (r *rows) marksOf(e *store.Entry) string {
	waits := r.waits.mark(e)
	marks := []byte("       ")
	for i, set := range []struct {
		mark byte
		is   bool
	}{
		{'N', e.Flags.Has(store.New)},
		{'U', e.Flags.Has(store.Unread)},
		{bodyMark(e.Body.Kind, r.broke[e.ID]), e.Body.Kind != store.BodyWhole},
		{waits, waits != 0},
		{'!', e.Flags.Has(store.PriorityHigh)},
		{'h', e.Flags.Has(store.Invisible)},
		{'@', e.Flags.Has(store.Attachment)},
	} {
		if set.is {
			marks[i] = set.mark
		}
	}
	return string(marks)
}

func bodyMark(kind store.BodyKind, broke int) byte {
	if broke > 0 {
		return 'x'
	}
	if kind == store.BodyPartial {
		return 'p'
	}
	return '*'
}

// addressees returns the recipients of a message that was written here. Without an envelope it is
// the one recipient in the entry.
func addressees(ctx context.Context, st *store.Store, m *store.Entry) []string {
	envelope, err := st.Outgoing(ctx, m.ID)
	if err != nil || len(envelope.Recipients) == 0 {
		return messageViewOf(m).Addressees
	}
	list := make([]string, len(envelope.Recipients))
	for i, r := range envelope.Recipients {
		list[i] = r.Address
	}
	return list
}
