package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm"
	"pop3mtm/mtm/email"
	"pop3mtm/mtm/mail"
	"pop3mtm/mtm/store"
)

// save holds one run of the command.
type save struct {
	env  *env
	cmd  *cobra.Command
	part string
	all  bool
	dir  string
}

// savedView is, in JSON, a file that was written.
type savedView struct {
	Part string `json:"part"`
	File string `json:"file"`
	Size int64  `json:"size"`
}

func saveCommand(e *env) *cobra.Command {
	s := &save{env: e, dir: "."}
	c := &cobra.Command{
		Use:   "save ID",
		Short: "Save the attachments of a message as files",
		Long: `Save writes the attachments of a message into a directory, each under its own name, in which unsafe characters are replaced. With
--part it writes one part, with --all all parts, texts too. A missing directory is created. Existing files are not overwritten: a
new file then gets another name.`,
		Example: `  mtm save 19
  mtm save 19 --part 2 --dir ~/Downloads`,
		Args: cobra.ExactArgs(1),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			id, err := parseID(args[0])
			if err != nil {
				return err
			}
			if s.all && s.part != "" {
				return cli.Usage("--all and --part exclude each other")
			}
			s.cmd = cmd
			return e.withStore(reading, func(st *store.Store) error { return s.run(cmd.Context(), st, id) })
		}),
	}
	f := c.Flags()
	f.StringVar(&s.part, "part", "", "save one part; `PATH` is its number in the list of parts that show prints")
	f.BoolVar(&s.all, "all", false, "save all parts, texts too")
	f.Var((*cli.Path)(&s.dir), "dir", "`DIR` to write to; it is created when it is missing")
	return c
}

func (s *save) run(ctx context.Context, st *store.Store, id store.ID) error {
	if _, err := messageEntry(ctx, st, id); err != nil {
		return err
	}
	message, err := email.Read(ctx, st, id)
	if err != nil {
		return err
	}
	if message.Message == nil {
		return coded(mtm.ErrNotFound, "only the header of message %d is here: 'mtm get %d' fetches it", id, id)
	}
	parts, err := s.choose(&message)
	if err != nil {
		return err
	}
	root, err := openFolder(s.dir)
	if err != nil {
		return err
	}
	saved := []savedView{}
	for _, p := range parts {
		var one savedView
		if one, err = s.write(ctx, root, &message, p); err != nil {
			break
		}
		saved = append(saved, one)
	}
	return errors.Join(err, root.Close(), s.report(saved))
}

// openFolder opens a directory, or creates it when only its last part is missing.
func openFolder(dir string) (*os.Root, error) {
	err := os.Mkdir(dir, 0o700)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("--dir %s: the directory %s does not exist: create it, or name another one", dir, filepath.Dir(dir))
	case err != nil && !errors.Is(err, os.ErrExist):
		return nil, fmt.Errorf("--dir %s cannot be created: %w", dir, reason(err))
	}
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("--dir %s is a file: name a directory", dir)
	}
	return os.OpenRoot(dir)
}

// reason returns the system's error without the path, which the caller adds.
func reason(err error) error {
	if failed, ok := errors.AsType[*os.PathError](err); ok {
		return failed.Err
	}
	return err
}

// choose returns the parts to save.
func (s *save) choose(e *email.Entry) ([]*mail.Part, error) {
	if s.part != "" {
		p, err := e.Part(s.part)
		if err != nil {
			return nil, coded(mtm.ErrNotFound, "message %d has no part %q: 'mtm show %d' lists its parts", e.ID, s.part, e.ID)
		}
		return []*mail.Part{p}, nil
	}
	var list []*mail.Part
	for _, p := range e.Parts {
		if s.all || !p.Embedded && (p.Attached() || p.Filename != "" || p.IsMessage()) {
			list = append(list, p)
		}
	}
	if len(list) == 0 {
		return nil, coded(mtm.ErrNotFound, "message %d has no attachment: --all saves its texts", e.ID)
	}
	return list, nil
}

// write writes a part to a new file. After an error it removes the file.
func (s *save) write(ctx context.Context, root *os.Root, e *email.Entry, p *mail.Part) (savedView, error) {
	f, name, err := create(root, fileName(e.ID, p))
	if err != nil {
		return savedView{}, err
	}
	content, err := e.OpenPart(ctx, p)
	if err == nil {
		_, err = io.Copy(f, content)
		err = errors.Join(err, content.Close())
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return savedView{}, errors.Join(err, root.Remove(name))
	}
	return savedView{Part: p.Path, File: filepath.Join(s.dir, name), Size: p.Size}, nil
}

// create makes a new file. A name that exists gets a number.
func create(root *os.Root, name string) (*os.File, string, error) {
	const most = 1000
	ext := filepath.Ext(name)
	for n := 1; ; n++ {
		try := name
		if n > 1 {
			try = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, ext), n, ext)
		}
		f, err := root.OpenFile(try, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err == nil || !errors.Is(err, os.ErrExist) || n == most {
			return f, try, err
		}
	}
}

// fileName returns a safe file name made from a part's name: without directories, not hidden, not
// like an option of a command, and not a device of Windows.
func fileName(id store.ID, p *mail.Part) string {
	const longest = 200 // octets; file systems take 255
	name := strings.Map(func(r rune) rune {
		if r == utf8Replaced || !unicode.IsPrint(r) || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, p.Filename)
	name = strings.TrimLeft(strings.TrimRight(name, " ."), " .-")
	if len(name) > longest {
		ext := filepath.Ext(name)
		if len(ext) > 20 {
			ext = ""
		}
		name = strings.ToValidUTF8(name[:longest-len(ext)], "") + ext
	}
	base, _, _ := strings.Cut(strings.ToUpper(name), ".")
	switch {
	case name == "":
		name = fmt.Sprintf("message-%d-part-%s%s", id, p.Path, extensionOf(p.MediaType))
	case isDevice(base):
		name = "_" + name
	}
	return name
}

const utf8Replaced = '\uFFFD'

// isDevice reports whether a name means a device on Windows.
func isDevice(name string) bool {
	switch name {
	case "CON", "PRN", "AUX", "NUL", "CLOCK$":
		return true
	}
	return len(name) == 4 && (strings.HasPrefix(name, "COM") || strings.HasPrefix(name, "LPT")) && name[3] >= '0' && name[3] <= '9'
}

func extensionOf(mediaType string) string {
	switch mediaType {
	case "text/plain":
		return ".txt"
	case "text/html":
		return ".html"
	case "message/rfc822":
		return ".eml"
	case "image/png":
		return ".png"
	case "image/jpeg":
		return ".jpg"
	case "application/pdf":
		return ".pdf"
	case "text/calendar":
		return ".ics"
	case "text/vcard", "text/x-vcard":
		return ".vcf"
	}
	return ".bin"
}

func (s *save) report(saved []savedView) error {
	if s.env.json {
		return printJSON(s.cmd, saved)
	}
	out := newPage(s.cmd.OutOrStdout())
	for _, one := range saved {
		out.printf("%s  %s\n", oneLine(one.File), octets(one.Size))
	}
	return out.Flush()
}
