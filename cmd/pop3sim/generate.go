package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/cmd/internal/mailfiles"
	"pop3mtm/fakeserver/maildrop"
)

// generateFlags holds the flags of the command generate.
type generateFlags struct {
	synthetic synthetic
	out       cli.Path
	format    string
}

func newGenerate() *cobra.Command {
	var f generateFlags
	c := &cobra.Command{
		Use:   "generate --synthetic SPEC --out PATH",
		Short: "Write a synthetic mailbox as files",
		Long: `Generate writes the messages that 'pop3sim serve --synthetic' serves in its first session.

  eml      a directory with one file per message, 000001.eml, octet for octet
  maildir  a Maildir, octet for octet
  mbox     one file; lines end with LF, and ">" is put before lines that begin with "From "

PATH must not exist; for eml and maildir an empty directory is accepted too. It appears when all messages are written.
After Ctrl-C it has the messages written so far; after an error, such as a full disk, nothing is left.

` + syntheticHelp(),
		Example: `  pop3sim generate --synthetic 1000,size=table:office,mix=mail --out mail
  pop3sim generate --synthetic 100,mix=nasty --format mbox --out nasty.mbox`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			return f.run(cmd)
		},
	}
	flags := c.Flags()
	flags.SortFlags = false
	flags.Var(&f.synthetic, "synthetic", "what to write: `SPEC` is "+maildrop.SyntheticForm)
	flags.Var(&f.out, "out", "`PATH` to write to, which must not exist")
	flags.StringVar(&f.format, "format", "eml", "format of the files: "+strings.Join(mailfiles.Formats(), ", "))
	return c
}

func (f *generateFlags) check() error {
	o := f.synthetic.o
	switch {
	case !f.synthetic.given || f.out == "":
		return cli.Usage("--synthetic and --out are both required")
	case !slices.Contains(mailfiles.Formats(), f.format):
		return cli.Usage("--format takes %s, not %q", strings.Join(mailfiles.Formats(), ", "), f.format)
	case o.Arrive > 0 || o.Expire > 0 || o.ExpirePercent > 0 || o.Shuffle:
		return cli.Usage("arrive, expire and shuffle change mail between sessions; omit them for files")
	}
	return nil
}

// run writes the mailbox. Messages written before a signal are kept.
func (f *generateFlags) run(cmd *cobra.Command) error {
	source, err := f.synthetic.open()
	if err != nil {
		return err
	}
	list, err := source.List()
	if err != nil {
		return err
	}
	files := list.Len()
	if f.format == "mbox" {
		files = 1
	}
	out := f.out.String()
	if err = mailfiles.Room(out, list.Octets(), files); err != nil {
		return err
	}
	target, err := mailfiles.NewTarget(out, f.format == "mbox")
	if err != nil {
		return err
	}
	defer target.Discard()
	messages, octets, err := f.write(cmd.Context(), list, target.Written, cmd.ErrOrStderr())
	stopped := errors.Is(err, context.Canceled)
	if err != nil && !stopped {
		return fmt.Errorf("%w; nothing was written to %s", err, out)
	}
	if stopped && messages == 0 {
		return fmt.Errorf("stopped by a signal; nothing was written to %s", out)
	}
	if err = target.Publish(); err != nil {
		return err
	}
	if stopped {
		return fmt.Errorf("stopped by a signal; %s is partial: %s of %s messages", out, humanize.Comma(int64(messages)), humanize.Comma(int64(list.Len())))
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s messages, %s octets, to %s\n", humanize.Comma(int64(messages)), humanize.Comma(octets), out)
	return err
}

// write writes messages. It stops when ctx ends, and returns context.Canceled.
func (f *generateFlags) write(ctx context.Context, list maildrop.List, path string, stderr io.Writer) (messages int, octets int64, err error) {
	x, err := mailfiles.NewWriter(f.format, path)
	if err != nil {
		return 0, 0, err
	}
	defer func() { // an error of closing means that the file is incomplete
		if closed := x.Close(); closed != nil && (err == nil || errors.Is(err, context.Canceled)) {
			err = closed
		}
	}()
	bar := cli.NewBar(stderr, "generating", cli.Octets, list.Octets())
	defer bar.Close()
	digits := max(6, len(fmt.Sprint(list.Len())))
	for i := range list.Len() {
		if ctx.Err() != nil {
			return messages, octets, context.Canceled
		}
		m := list.At(i)
		about := mailfiles.Message{Name: fmt.Sprintf("%0*d", digits, i+1), From: "sender@example.org", Date: time.Unix(int64(i), 0)}
		if err := x.Add(about, contentOf{m, ctx.Done()}); err != nil {
			return messages, octets, fmt.Errorf("message %d: %w", i+1, err)
		}
		messages, octets = i+1, octets+m.Size()
		bar.Set(octets, list.Octets())
	}
	return messages, octets, nil
}

// contentOf writes a message of a source, until stop is closed.
type contentOf struct {
	maildrop.Message
	stop <-chan struct{}
}

func (c contentOf) WriteTo(w io.Writer) (int64, error) {
	r, err := c.Open()
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(&stoppable{w: w, stop: c.stop}, r)
	return n, errors.Join(err, r.Close())
}

// largePiece limits a message that is still written completely after a signal.
const largePiece = 16 << 20

type stoppable struct {
	w    io.Writer
	stop <-chan struct{}
	sent int64
}

func (s *stoppable) Write(p []byte) (int, error) {
	if s.sent > largePiece {
		select {
		case <-s.stop:
			return 0, errors.New("stopped by a signal within the message")
		default:
		}
	}
	n, err := s.w.Write(p)
	s.sent += int64(n)
	return n, err
}
