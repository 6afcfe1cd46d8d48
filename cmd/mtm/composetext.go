package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm"
)

// maxWritten limits the text of a message, to the library's own limit.
const maxWritten = 16 << 20

// words returns the text of the message: from a flag, a file, standard input or the user.
func (m *composer) words(asks bool) (string, error) {
	in := m.cmd.InOrStdin()
	stdin, isFile := in.(*os.File)
	terminal := isFile && term.IsTerminal(int(stdin.Fd()))
	switch {
	case m.cmd.Flags().Changed("text"):
		return m.text, nil
	case m.file == "-" || m.file == "" && asks && m.env.shell == nil && !terminal:
		return m.readAll(in, "standard input")
	case m.file != "":
		f, err := os.Open(m.file)
		if err != nil {
			return "", fileError(err)
		}
		defer f.Close()
		return m.readAll(f, m.file)
	case !asks:
		return "", nil
	case m.env.shell != nil:
		return "", cli.Usage("give the text: --text TEXT or --file FILE")
	}
	return m.edit(stdin)
}

// readAll reads a text. A signal makes it return, although the read itself goes on
// until the process ends.
func (m *composer) readAll(r io.Reader, name string) (string, error) {
	type result struct {
		text []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		text, err := io.ReadAll(io.LimitReader(r, maxWritten+1))
		done <- result{text, err}
	}()
	select {
	case <-m.cmd.Context().Done():
		return "", m.cmd.Context().Err()
	case got := <-done:
		switch {
		case got.err != nil:
			return "", got.err
		case len(got.text) > maxWritten:
			return "", coded(mtm.ErrArgument, "%s has more than %s: attach it instead", name, octets(maxWritten))
		case !utf8.Valid(got.text):
			return "", coded(mtm.ErrArgument, "%s is not UTF-8 text: attach it instead", name)
		}
		return string(got.text), nil
	}
}

// edit lets the user write the text: in an editor, or at the terminal when no editor is set.
func (m *composer) edit(stdin *os.File) (string, error) {
	editor := os.Getenv("VISUAL")
	if editor == "" {
		editor = os.Getenv("EDITOR")
	}
	if editor == "" {
		m.cmd.PrintErrln("Write the text; Ctrl-D on a line of its own ends it:")
		return m.readAll(stdin, "standard input")
	}
	argv, err := splitWords(editor)
	if err != nil || len(argv) == 0 {
		return "", cli.Usage("$VISUAL or $EDITOR, %q, is not a command", editor)
	}
	dir, err := os.MkdirTemp("", "mtm-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // the system clears its temporary directory
	path := filepath.Join(dir, "message.txt")
	if err = os.WriteFile(path, nil, 0o600); err != nil {
		return "", err
	}
	if err = runEditor(m.cmd.Context(), argv, path, stdin); err != nil {
		return "", fmt.Errorf("the editor %s: %w; no message was written", argv[0], err)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := m.readAll(f, "what was written")
	if err == nil && strings.TrimSpace(text) == "" {
		err = coded(mtm.ErrCancelled, "the text is empty; no message was written")
	}
	return text, err
}

func runEditor(ctx context.Context, argv []string, path string, stdin *os.File) error {
	c := exec.CommandContext(ctx, argv[0], append(argv[1:], path)...)
	c.Stdin, c.Stdout, c.Stderr = stdin, os.Stdout, os.Stderr
	return c.Run()
}

// page returns the HTML file that --html names.
func (m *composer) page() (string, error) {
	if m.html == "" {
		return "", nil
	}
	f, err := os.Open(m.html)
	if err != nil {
		return "", fileError(err)
	}
	defer f.Close()
	return m.readAll(f, m.html)
}

func fileError(err error) error { return coded(mtm.ErrNotFound, "%v; check the path", err) }

// openedFiles are the attachments.
type openedFiles []*os.File

func openFiles(paths []string) (files openedFiles, err error) {
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return files, fileError(err)
		}
		files = append(files, f)
		if info, err := f.Stat(); err != nil || info.IsDir() {
			return files, errors.Join(err, coded(mtm.ErrNotFound, "%s is a directory: attach files", path))
		}
	}
	return files, nil
}

func (o openedFiles) close() {
	for _, f := range o {
		f.Close()
	}
}

func (o openedFiles) attachments() []mtm.AttachmentFile {
	var list []mtm.AttachmentFile
	for _, f := range o {
		name := filepath.Base(f.Name())
		in := bufio.NewReaderSize(f, 64<<10)
		list = append(list, mtm.AttachmentFile{Name: name, Type: typeOf(name, in), Reader: in})
	}
	return list
}

// typeOf returns the media type for the name of a file. A text that begins with valid
// UTF-8 gets that charset.
func typeOf(name string, in *bufio.Reader) string {
	t, _, err := mime.ParseMediaType(mime.TypeByExtension(filepath.Ext(name)))
	if err != nil {
		return ""
	}
	if start, err := in.Peek(4096); strings.HasPrefix(t, "text/") && (err == nil || errors.Is(err, io.EOF)) && isText(start) {
		return t + "; charset=utf-8"
	}
	return t
}

// isText reports whether octets are UTF-8. The last character may be cut off.
func isText(start []byte) bool { return utf8.Valid(start[:wholeCharacters(start)]) }
