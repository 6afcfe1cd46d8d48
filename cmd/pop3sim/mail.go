package main

import (
	"fmt"

	"github.com/spf13/pflag"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/fixtures"
)

// mailFlags holds the flags about the source of the mail. At most one of them may be given.
type mailFlags struct {
	eml, mbox, maildir cli.Path
	synthetic          synthetic
	empty              bool
}

func (f *mailFlags) add(flags *pflag.FlagSet) {
	flags.Var(&f.eml, "eml", "serve the .eml files of the directory `PATH`, or one file")
	flags.Var(&f.mbox, "mbox", "serve the mbox file `PATH`")
	flags.Var(&f.maildir, "maildir", "serve the Maildir `PATH`")
	flags.Var(&f.synthetic, "synthetic", "serve synthetic mail: `SPEC` is "+maildrop.SyntheticForm)
	flags.BoolVar(&f.empty, "empty", false, "serve an empty mailbox")
}

func (f *mailFlags) given() int {
	given := 0
	for _, v := range []string{f.eml.String(), f.mbox.String(), f.maildir.String(), f.synthetic.String()} {
		if v != "" {
			given++
		}
	}
	if f.empty {
		given++
	}
	return given
}

// mailbox is the mail that is served.
type mailbox struct {
	about   string // for the banner
	warning string // something that users may not expect, or ""
	onDisk  bool
	source  maildrop.Source
	// fresh returns a new source with the same mail; nil when the mail is on disk.
	fresh func() (maildrop.Source, error)
}

// open opens the mail and lists it once, so that errors are reported before a client connects.
func (f *mailFlags) open() (*mailbox, error) {
	box, err := f.choose()
	if err != nil {
		return nil, err
	}
	list, err := box.source.List()
	if err != nil {
		return nil, err
	}
	noun := "messages"
	if list.Len() == 1 {
		noun = "message"
	}
	if f.eml != "" && list.Len() == 0 {
		box.warning = f.eml.String() + " has no .eml files: the mailbox is empty until .eml files are added"
	}
	box.about = fmt.Sprintf("%d %s %s", list.Len(), noun, box.about)
	return box, nil
}

func (f *mailFlags) choose() (*mailbox, error) {
	if f.given() > 1 {
		return nil, cli.Usage("give only one of --eml, --mbox, --maildir, --synthetic and --empty")
	}
	onDisk := func(path cli.Path, open func(string) (maildrop.Source, error)) (*mailbox, error) {
		source, err := open(path.String())
		return &mailbox{about: "from " + path.String(), onDisk: true, source: source}, err
	}
	inMemory := func(about string, fresh func() (maildrop.Source, error)) (*mailbox, error) {
		source, err := fresh()
		return &mailbox{about: about, source: source, fresh: fresh}, err
	}
	switch {
	case f.eml != "":
		return onDisk(f.eml, maildrop.OpenEML)
	case f.mbox != "":
		return onDisk(f.mbox, maildrop.OpenMbox)
	case f.maildir != "":
		return onDisk(f.maildir, maildrop.OpenMaildir)
	case f.synthetic.given:
		return inMemory("made up", f.synthetic.open)
	case f.empty:
		return inMemory("to begin with", func() (maildrop.Source, error) { return maildrop.Memory(), nil })
	}
	return inMemory("of the demo mailbox", func() (maildrop.Source, error) {
		return maildrop.Memory(fixtures.Mail()...), nil
	})
}

// copies returns a maildrop for each login. With receives it accepts new mail, unless the login is
// for many users: each of their sessions has the mail for itself.
func (b *mailbox) copies(all logins, receives bool) ([]*fakeserver.Maildrop, error) {
	sources, err := b.sources(len(all))
	if err != nil {
		return nil, err
	}
	drops := make([]*fakeserver.Maildrop, len(all))
	for i, source := range sources {
		if all[i].numbered() {
			drops[i] = fakeserver.PerSession(source)
			continue
		}
		if _, able := source.(maildrop.Receiver); receives && !able {
			source = &received{Source: source, mail: maildrop.Memory()}
		}
		drops[i] = fakeserver.MaildropOf(source)
	}
	return drops, nil
}

func (b *mailbox) sources(n int) ([]maildrop.Source, error) {
	if b.onDisk && n > 1 {
		return share(b.source, n), nil
	}
	sources := []maildrop.Source{b.source}
	for len(sources) < n {
		source, err := b.fresh()
		if err != nil {
			return nil, err
		}
		sources = append(sources, source)
	}
	return sources, nil
}
