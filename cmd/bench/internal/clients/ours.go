package clients

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"pop3mtm/cmd/bench/internal/child"
	"pop3mtm/cmd/bench/internal/tasks"
	"pop3mtm/cmd/bench/internal/verify"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
)

// MTM is the name of our client in results.
const MTM = "mtm"

// Ours is our client: the bench itself with a hidden command, or an mtm program
// that the user names.
type Ours struct {
	Title   string `json:"title,omitempty"`   // name in results, "" for MTM
	Program string `json:"program,omitempty"` // path of an mtm program, "" for the bench itself
	Window  int    `json:"window,omitempty"`  // commands in flight; 0 = what the MTM chooses
}

// Kind implements Client.
func (*Ours) Kind() string { return "ours" }

// Name implements Client.
func (o *Ours) Name() string {
	if o.Title != "" {
		return o.Title
	}
	return MTM
}

// Version implements Client.
func (o *Ours) Version(ctx context.Context) (string, error) {
	program, err := o.Program, error(nil)
	if program == "" {
		if program, err = os.Executable(); err != nil {
			return "", err
		}
	}
	cmd, said := child.Process(ctx, []string{program, "--version"})
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), said.Explain(ctx, program, err)
}

// Prepare creates the account, or changes its settings to the server of this visit. It lists the
// mailbox when the task needs that.
func (o *Ours) Prepare(ctx context.Context, v *Visit) error {
	task, err := mtmTask(v.Task)
	if err != nil {
		return err
	}
	if err := o.setAccount(ctx, v); err != nil || !task.NeedsList() {
		return err
	}
	listing := *v
	listing.Task, listing.Profile, listing.Report = new(tasks.Headers), "", func(int64) {}
	v.Sessions++
	return o.Fetch(ctx, &listing)
}

// mtmTask returns the task as an MTMTask, or an error when our client cannot do it.
func mtmTask(t tasks.Task) (tasks.MTMTask, error) {
	task, ok := t.(tasks.MTMTask)
	if !ok {
		return nil, fmt.Errorf("%s cannot do the task %q", MTM, t.Kind())
	}
	return task, nil
}

// setAccount creates the account in the store of a visit, or changes its settings.
func (o *Ours) setAccount(ctx context.Context, v *Visit) error {
	settings := account.Defaults()
	l := v.Login
	settings.Host, settings.Port, settings.LoginName = l.Host, l.Port, l.User
	settings.Password = account.Password{Literal: l.Password}
	settings.Security, settings.AllowPlaintext = l.Security, true
	if settings.Security.TLS == "" {
		settings.Security.TLS = account.NoTLS
	}
	if o.Program != "" {
		return o.setByProgram(ctx, v, settings)
	}
	return setInStore(ctx, verify.StoreIn(v.Dir), settings)
}

// setInStore sets the account with the bench's own code.
func setInStore(ctx context.Context, dir string, settings account.POP3) (err error) {
	st, err := store.Open(dir, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	a, err := mtm.FindAccount(ctx, st, verify.AccountName)
	if errors.Is(err, mtm.ErrNotFound) {
		_, err = mtm.AddAccount(ctx, st, verify.AccountName, settings)
		return err
	}
	if err != nil {
		return err
	}
	return mtm.SetAccount(ctx, st, a.ID, settings)
}

// setByProgram sets the account with the program, since a store that the bench has opened may be
// too new for it.
func (o *Ours) setByProgram(ctx context.Context, v *Visit, settings account.POP3) error {
	verb, dir := "set", verify.StoreIn(v.Dir)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		verb = "add"
	}
	tls := settings.Security
	arguments := []string{
		"account", verb, verify.AccountName, "--pop3", v.Login.Address(), "--user", settings.LoginName, "--password-env", passwordVariable,
		"--allow-plaintext", "--tls", string(tls.TLS), "--tls-ca", tls.CA, "--tls-name", tls.Name,
		"--tls-insecure-skip-verify=" + strconv.FormatBool(tls.SkipVerify),
	}
	if err := o.runProgram(ctx, v, arguments); err != nil || verb == "set" {
		return err
	}
	err := verify.InStore(dir, func(*store.Store) error { return nil })
	if errors.Is(err, store.ErrNewer) {
		return fmt.Errorf("%s is newer than this bench, which cannot read its store: use the bench of that build", o.Program)
	}
	return err
}

// Fetch implements Client.
func (o *Ours) Fetch(ctx context.Context, v *Visit) error {
	if o.Program != "" {
		return o.fetchByProgram(ctx, v)
	}
	bench, err := os.Executable()
	if err != nil {
		return err
	}
	spec := getSpec{Store: verify.StoreIn(v.Dir), Task: Sent[tasks.Task]{Value: v.Task}, Window: o.Window, Profile: v.Profile}
	return child.Run(ctx, []string{bench, getName}, MTM, spec, func(stdout io.Reader) error {
		for said := json.NewDecoder(stdout); ; {
			var part float64
			switch err := said.Decode(&part); {
			case err == io.EOF:
				return nil
			case err != nil:
				return err
			case v.Total > 0:
				v.Report(int64(part * float64(v.Total)))
			}
		}
	})
}

func (o *Ours) fetchByProgram(ctx context.Context, v *Visit) error {
	task, err := mtmTask(v.Task)
	if err != nil {
		return err
	}
	arguments, err := task.Arguments(ctx, verify.StoreIn(v.Dir))
	if err != nil {
		return err
	}
	if o.Window > 0 {
		arguments = append(arguments, "--window", strconv.Itoa(o.Window))
	}
	return o.runProgram(ctx, v, arguments)
}

// passwordVariable is the environment variable that tells the program the password: every user of
// the machine can read command lines.
const passwordVariable = "BENCH_PASSWORD"

// runProgram runs the program on the store of a visit, to its end.
func (o *Ours) runProgram(ctx context.Context, v *Visit, arguments []string) error {
	argv := append([]string{o.Program}, arguments...)
	cmd, said := child.Process(ctx, append(argv, "--store", verify.StoreIn(v.Dir)))
	cmd.Env = append(os.Environ(), passwordVariable+"="+v.Login.Password)
	return said.Explain(ctx, MTM, cmd.Run())
}

// Verify implements Client.
func (*Ours) Verify(ctx context.Context, v *Visit, served maildrop.List) (tasks.Kept, error) {
	task, err := mtmTask(v.Task)
	if err != nil {
		return tasks.Kept{}, err
	}
	return task.Verify(ctx, verify.StoreIn(v.Dir), served)
}
