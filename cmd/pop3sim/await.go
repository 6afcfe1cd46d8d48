package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
)

// awaitFlags holds the flags of the command ready.
type awaitFlags struct {
	wait      time.Duration
	http      string
	readyFile cli.Path
	show      string
}

// listenerNames are the keys of the ready file.
var listenerNames = [...]string{"pop3", "pop3s", "smtp", "http"}

func newReady() *cobra.Command {
	var f awaitFlags
	c := &cobra.Command{
		Use:   "ready",
		Short: "Wait until a simulator answers",
		Long: `Wait until a simulator answers. Exit status: 0 it answers, 1 it does not.

With --http it asks /readyz of that URL. With --ready-file it reads the file that the simulator
writes when it is ready, and checks that the addresses in it are in use, without connecting.
Without both it connects to ` + defaultAddress + ` and waits for the greeting, which counts as a session.`,
		Example: `  pop3sim ready --wait 10s --ready-file ready.json
  port=$(pop3sim ready --wait 10s --ready-file ready.json --show pop3 | sed 's/.*://')
  pop3sim ready --wait 10s --http http://127.0.0.1:8025`,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	flags := c.Flags()
	flags.SortFlags = false
	flags.DurationVar(&f.wait, "wait", 0, "wait up to `TIME`, such as 10s (default: check once)")
	flags.StringVar(&f.http, "http", "", "ask the simulator whose --http is at `URL`")
	flags.Var(&f.readyFile, "ready-file", "read the `FILE` that the simulator's --ready-file writes")
	flags.StringVar(&f.show, "show", "", "print the address of the listener `NAME` in the ready file: "+strings.Join(listenerNames[:], ", "))
	if err := c.RegisterFlagCompletionFunc("show", cobra.FixedCompletions(listenerNames[:], cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // the flag was added a moment ago
	}
	return c
}

func (f *awaitFlags) run(cmd *cobra.Command) error {
	look, err := f.look()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), max(f.wait, oneLook))
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var last error
	for {
		err = look(ctx)
		if err == nil {
			return f.print(cmd.OutOrStdout())
		}
		if last != nil && errors.Is(err, context.DeadlineExceeded) {
			err = last // report why it was not ready, not the timeout
		}
		last = err
		if f.wait <= 0 {
			return fmt.Errorf("not ready: %w", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			if cmd.Context().Err() != nil {
				return cmd.Context().Err()
			}
			return fmt.Errorf("not ready after %s: %w", f.wait, err)
		}
	}
}

// oneLook limits the time of a check without --wait.
const oneLook = 5 * time.Second

// look returns the check that the flags select. The check returns an error while the simulator is
// not ready.
func (f *awaitFlags) look() (func(context.Context) error, error) {
	switch {
	case f.wait < 0:
		return nil, cli.Usage("--wait takes a time such as 10s, not %s", f.wait)
	case f.http != "" && f.readyFile != "":
		return nil, cli.Usage("give only one of --http and --ready-file")
	case f.show != "" && f.readyFile == "":
		return nil, cli.Usage("--show needs --ready-file")
	case f.readyFile != "":
		if _, err := (listening{}).named(f.show); f.show != "" && err != nil {
			return nil, err
		}
		return f.fileNames, nil
	case f.http != "":
		at, err := readyURL(f.http)
		return func(ctx context.Context) error { return answersHTTP(ctx, at) }, err
	}
	return greets, nil
}

// fileNames returns an error unless the ready file names a simulator that listens.
func (f *awaitFlags) fileNames(ctx context.Context) error {
	l, err := readListening(f.readyFile.String())
	if err != nil {
		return err
	}
	for _, address := range []string{l.POP3, l.POP3S, l.SMTP, l.HTTP} {
		if address != "" && !listens(ctx, address) {
			return fmt.Errorf("%s names a simulator that does not run: nothing listens on %s", f.readyFile, address)
		}
	}
	return nil
}

// print prints the address that --show selects.
func (f *awaitFlags) print(stdout io.Writer) error {
	if f.show == "" {
		return nil
	}
	l, err := readListening(f.readyFile.String())
	if err != nil {
		return err
	}
	address, err := l.named(f.show)
	if err != nil {
		return err
	}
	if address == "" {
		return fmt.Errorf("--show %s: this listener of the simulator is off", f.show)
	}
	_, err = fmt.Fprintln(stdout, address)
	return err
}

// named returns the address of a listener, or "" when it is off.
func (l listening) named(name string) (string, error) {
	switch name {
	case "pop3":
		return l.POP3, nil
	case "pop3s":
		return l.POP3S, nil
	case "smtp":
		return l.SMTP, nil
	case "http":
		return l.HTTP, nil
	}
	return "", cli.Usage("--show takes one of %s, not %q", strings.Join(listenerNames[:], ", "), name)
}

// maxReadyFile limits a ready file, which has four addresses.
const maxReadyFile = 4 << 10

func readListening(path string) (listening, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return listening{}, fmt.Errorf("%s does not exist", path)
	}
	if err != nil {
		return listening{}, err
	}
	defer file.Close()
	var l listening
	if err := json.NewDecoder(io.LimitReader(file, maxReadyFile)).Decode(&l); err != nil {
		return listening{}, fmt.Errorf("%s is not a ready file: %w", path, err)
	}
	return l, nil
}

// listens reports whether something listens on an address, without connecting to it, which the
// simulator would count as a session.
func listens(ctx context.Context, address string) bool {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err == nil {
		l.Close()
	}
	return isInUse(err) || errors.Is(err, os.ErrPermission)
}

// readyURL returns the URL of /readyz on a server.
func readyURL(base string) (string, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", cli.Usage("--http takes a URL such as http://127.0.0.1:8025, not %q", base)
	}
	return u.JoinPath("/readyz").String(), nil
}

func answersHTTP(ctx context.Context, at string) error {
	ctx, cancel := context.WithTimeout(ctx, oneLook)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", at, response.Status)
	}
	return nil
}

// greets returns an error unless a server at the default address sends a greeting.
func greets(ctx context.Context) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", defaultAddress)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err = conn.SetDeadline(time.Now().Add(oneLook)); err != nil {
		return err
	}
	greeting, err := bufio.NewReaderSize(conn, 512).ReadSlice('\n')
	if err != nil {
		return fmt.Errorf("%s sends no greeting: %w", defaultAddress, err)
	}
	if !strings.HasPrefix(string(greeting), "+OK") {
		return fmt.Errorf("%s is not a POP3 server", defaultAddress)
	}
	return nil
}
