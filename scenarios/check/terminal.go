package check

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Terminal is a person at a terminal.
type Terminal struct {
	Out io.Writer
	In  io.Reader

	lines   *bufio.Scanner // nil before the first question
	typed   chan string    // closed at the end of the input
	reading bool           // a line is awaited
}

// Ask implements Asker.
func (t *Terminal) Ask(ctx context.Context, q Question) (string, error) {
	if t.lines == nil {
		t.lines, t.typed = bufio.NewScanner(t.In), make(chan string, 1)
	}
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	var text strings.Builder
	q.describe(&text)
	if _, err := io.WriteString(t.Out, text.String()); err != nil {
		return "", err
	}
	if !t.reading {
		t.reading = true
		go t.read()
	}
	select {
	case line, open := <-t.typed:
		if !open {
			return "", errors.New("the input has ended: nobody answers the questions")
		}
		t.reading = false
		return line, nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// read passes on the next line that the person types. It cannot be cancelled: when nobody waits for
// the line any more, it goes on until there is one or the process ends.
func (t *Terminal) read() {
	if !t.lines.Scan() {
		close(t.typed)
		return
	}
	t.typed <- strings.TrimSpace(t.lines.Text())
}

// describe writes the question.
func (q *Question) describe(text *strings.Builder) {
	skips := ""
	if q.Skips {
		skips = "s to skip the case, "
	}
	switch {
	case q.Invalid != "" && !q.Fetched:
		fmt.Fprintf(text, "  %q is not an answer.\n", q.Invalid)
	case q.Invalid != "":
		fmt.Fprintf(text, "  %q is not a number of the list.\n", q.Invalid)
	case q.Fetched:
		for i, subject := range q.Inbox {
			fmt.Fprintf(text, "    %d  %s\n", i+1, subject)
		}
	case q.Visit == 1:
		q.introduce(text)
	}
	if q.Fetched {
		text.WriteString("  Which of these does the inbox show? Write their numbers, each as often as it is shown, with h for half a message (1 2h 3 3), or 0 for none: ")
		return
	}
	fmt.Fprintf(text, "  Press Get Mail in the client now. When it has finished, press Enter (h when it hangs, c when it crashed, %sq to stop): ", skips)
}

// introduce writes which case begins.
func (q *Question) introduce(text *strings.Builder) {
	again := ""
	if q.Again {
		again = " (again, to be sure)"
	}
	fmt.Fprintf(text, "\nCase %s%s: %s.\n  Set up: server %s, port %d, user %s, password %s, no TLS. Begin with an empty inbox.\n",
		q.Case, again, strings.TrimSuffix(q.Title, "."), q.Host, q.Port, q.User, q.Password)
}
