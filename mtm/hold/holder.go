package hold

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"
)

// Errors of Take, for errors.Is.
var (
	// ErrNoLocks means that the file system cannot lock files.
	ErrNoLocks = errors.New("the file system cannot lock files; keep the store on a local disk")
	// ErrDiskFull means that there is no space for the lock files.
	ErrDiskFull = errors.New("the disk is full")
)

// Holder describes the client that holds a mailbox. The zero value means that it is unknown.
type Holder struct {
	PID     int       `json:"pid"`     // of its process
	Command string    `json:"command"` // name of its program, never its arguments
	Started time.Time `json:"started"` // when its process started, or took the mailbox if the system does not say
	Token   string    `json:"token"`   // differs each time that a mailbox is taken
}

// String describes the holder in a few words.
func (h Holder) String() string {
	if h.PID == 0 {
		return "another program"
	}
	return fmt.Sprintf("%s (pid %d, started %s)", h.Command, h.PID, h.Started.Local().Format(time.DateTime))
}

// HeldError reports that another client holds the mailbox.
type HeldError struct {
	Holder Holder
	Waited time.Duration // how long Take tried
}

func (e *HeldError) Error() string {
	text := e.Holder.String() + " has the mailbox open"
	if e.Waited > 0 {
		text += fmt.Sprintf(" (waited %v)", e.Waited)
	}
	return text
}

// A record is at most maxRecord octets: a space, which is the octet that is locked, and JSON.
const (
	maxRecord  = 1024
	maxCommand = 100 // characters of a command's name
)

// self describes this process.
func self() Holder {
	name := "unknown"
	if path, err := os.Executable(); err == nil {
		name = filepath.Base(path)
	}
	started, err := processStart()
	if err != nil {
		started = time.Now()
	}
	return Holder{PID: os.Getpid(), Command: plain(name), Started: started.UTC().Truncate(time.Second), Token: rand.Text()}
}

// plain returns a name that is safe to print.
func plain(name string) string {
	name = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(name, "?"))
	if runes := []rune(name); len(runes) > maxCommand {
		name = string(runes[:maxCommand])
	}
	return name
}

func (h Holder) write(f *os.File) error {
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	text = append(append([]byte{' '}, text...), '\n')
	if _, err := f.WriteAt(text, 0); err != nil {
		return err
	}
	return f.Truncate(int64(len(text)))
}

// readHolder reads a record without the locked octet: on Windows nobody can read that.
func readHolder(f *os.File) (h Holder, ok bool) {
	text, err := io.ReadAll(io.NewSectionReader(f, 1, maxRecord))
	if err != nil || json.Unmarshal(bytes.TrimSpace(text), &h) != nil {
		return Holder{}, false
	}
	h.Command = plain(h.Command)
	return h, true
}

// Status describes what other clients can know about a mailbox.
type Status struct {
	Held      bool // a client holds the mailbox: it is connected, about to connect, or just disconnected
	Connected bool // it is logged in
	Busy      bool // it runs an operation
	Holder    Holder
}

// Status returns who holds the mailbox. It takes no lock, so it never keeps a client from the
// mailbox.
func (p Place) Status() (Status, error) {
	var locked [slots]bool
	var record Holder
	for s := range slots {
		f, err := os.Open(p.path(s))
		if errors.Is(err, os.ErrNotExist) && s == mailbox {
			return Status{}, nil // no client has ever taken it
		}
		if errors.Is(err, os.ErrNotExist) {
			continue // a client is taking it for the first time
		}
		if err != nil {
			return Status{}, fmt.Errorf("cannot find out who holds the mailbox: %w", err)
		}
		if locked[s], err = isLocked(f); err == nil && s == holder && locked[s] {
			record, locked[s] = p.steady(f)
		}
		if err = errors.Join(err, f.Close()); err != nil {
			return Status{}, fmt.Errorf("cannot find out who holds the mailbox: %w", p.failed(err))
		}
		if s == mailbox && !locked[s] {
			return Status{}, nil
		}
	}
	return Status{
		Held: true, Connected: locked[connected], Holder: record,
		Busy: locked[busy] || !locked[holder], // a holder that is just taking or releasing it is busy
	}, nil
}

// steady reads the record of a holder. It returns false when the holder has changed in between.
func (p Place) steady(f *os.File) (Holder, bool) {
	h, ok := readHolder(f)
	if !ok {
		return Holder{}, false
	}
	again, _ := readHolder(f)
	still, err := isLocked(f)
	if err != nil || !still || again != h {
		return Holder{}, false
	}
	return h, true
}

// introduced returns who holds the mailbox. It waits a moment for a holder that has just taken
// it to write its record.
func (p Place) introduced(ctx context.Context) Holder {
	for range 20 {
		if st, err := p.Status(); err != nil || !st.Held || st.Holder.PID != 0 {
			return st.Holder
		}
		if sleep(ctx, 5*time.Millisecond) != nil {
			break
		}
	}
	return Holder{}
}
