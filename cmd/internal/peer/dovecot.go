package peer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Dovecot is a running Dovecot with the settings of one test: POP3 on a loopback port, a user from a file for each mailbox,
// and a Maildir for each user. Everything of it lies in a temporary folder; no setting of the system is read or changed. It
// runs as the user who starts it, but when that is root, mail is read and written by the user that its package makes.
type Dovecot struct {
	port   int
	secure int // the port that begins with TLS, 0 = none
	home   string
	cmd    *exec.Cmd
	exited chan struct{} // closed when cmd has been waited for
}

// dovecotPassword is every user's password.
const dovecotPassword = "demo"

// StartDovecot serves a Maildir with these messages to each user: a map from lower-case user name to the octets of the
// files, in order. Dovecot serves a file's LF as CRLF. It blocks until the server answers; the caller must Stop it.
func StartDovecot(ctx context.Context, mailboxes map[string]iter.Seq[[]byte]) (*Dovecot, error) {
	return startDovecot(ctx, mailboxes, func(string) (int, error) { return 0, nil })
}

// startDovecot lets secure add to the settings in the folder; it returns the port for TLS.
func startDovecot(ctx context.Context, mailboxes map[string]iter.Seq[[]byte], secure func(home string) (int, error)) (*Dovecot, error) {
	path, err := dovecotProgram()
	if err != nil {
		return nil, err
	}
	home, err := os.MkdirTemp("", "dovecot")
	if err != nil {
		return nil, err
	}
	port, err := freePort(ctx)
	if err == nil {
		err = dovecotFolder(home, port, mailboxes)
	}
	securePort := 0
	if err == nil {
		securePort, err = secure(home)
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(home))
	}
	d := &Dovecot{port: port, secure: securePort, home: home, exited: make(chan struct{})}
	// The context bounds the start only: the server lives until Stop.
	d.cmd = command(context.WithoutCancel(ctx), home, path, "-F", "-c", filepath.Join(home, "dovecot.conf"))
	if err = d.cmd.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(home))
	}
	go func() {
		defer close(d.exited)
		_ = d.cmd.Wait() // its state says how it ended
	}()
	if err = d.answer(ctx); err != nil {
		return nil, errors.Join(err, d.Stop())
	}
	return d, nil
}

// Version is what dovecot --version prints.
func (*Dovecot) Version(ctx context.Context) (string, error) {
	path, err := dovecotProgram()
	if err != nil {
		return "", err
	}
	out, err := run(ctx, command(ctx, os.TempDir(), path, "--version"))
	return "Dovecot " + strings.TrimSpace(string(out)), err
}

// Account is how a client logs in as one of the users.
func (d *Dovecot) Account(user string) Account {
	return Account{Host: "127.0.0.1", Port: d.port, User: user, Password: dovecotPassword}
}

// Kept returns how many messages the Maildir of a user holds on the disk now.
func (d *Dovecot) Kept(user string) (int, error) {
	count := 0
	for _, sub := range []string{"new", "cur"} {
		entries, err := os.ReadDir(filepath.Join(d.home, "mail", user, sub))
		if err != nil {
			return 0, err
		}
		count += len(entries)
	}
	return count, nil
}

// Stop ends the server, waits for it and removes its folder with all mail.
func (d *Dovecot) Stop() error {
	err := d.cmd.Process.Signal(os.Interrupt)
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	select {
	case <-d.exited:
	case <-time.After(10 * time.Second):
		err = errors.Join(err, errors.New("dovecot did not end within ten seconds"), d.cmd.Process.Kill())
		<-d.exited
	}
	return errors.Join(err, os.RemoveAll(d.home))
}

// answer waits for the greeting: connections before the server listens are refused.
func (d *Dovecot) answer(ctx context.Context) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	address := net.JoinHostPort("127.0.0.1", fmt.Sprint(d.port))
	for {
		if greets(ctx, address) {
			return nil
		}
		select {
		case <-d.exited:
			log, err := os.ReadFile(filepath.Join(d.home, "log"))
			return fmt.Errorf("dovecot ended, %s: %w", d.cmd.ProcessState, errors.Join(errors.New(lastLine(log)), err))
		case <-ctx.Done():
			return fmt.Errorf("dovecot does not answer: %w", context.Cause(ctx))
		case <-tick.C:
		}
	}
}

func greets(ctx context.Context, address string) bool {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return false
	}
	defer conn.Close()
	if err = conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return false
	}
	greeting := make([]byte, 3)
	n, err := conn.Read(greeting)
	return err == nil && string(greeting[:n]) == "+OK"
}

// dovecotProgram looks in /usr/sbin too, which is not on the PATH of every user.
func dovecotProgram() (string, error) {
	const sbin = "/usr/sbin/dovecot"
	path, err := program("dovecot", "dovecot-pop3d")
	if err == nil {
		return path, nil
	}
	if _, statErr := os.Stat(sbin); statErr != nil {
		return "", err
	}
	return sbin, nil
}

func freePort(ctx context.Context) (int, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}

// dovecotFolder writes the settings, the users and their mail.
func dovecotFolder(home string, port int, mailboxes map[string]iter.Seq[[]byte]) error {
	me, err := user.Current()
	if err != nil {
		return err
	}
	mail, login := me, me.Username
	if me.Uid == "0" {
		// Dovecot refuses to keep mail as root and to show a login prompt as root; its package makes these two users.
		login = "dovenull"
		if mail, err = user.Lookup("dovecot"); err != nil {
			return err
		}
	}
	var users strings.Builder
	for name, messages := range mailboxes {
		fmt.Fprintf(&users, "%s:{PLAIN}%s\n", name, dovecotPassword)
		if err = writeMaildir(filepath.Join(home, "mail", name), messages); err != nil {
			return err
		}
	}
	if err = settings(filepath.Join(home, "passwd"), users.String()); err != nil {
		return err
	}
	text := strings.NewReplacer("HOME", home, "PORT", fmt.Sprint(port), "USER", me.Username, "LOGIN", login, "UID", mail.Uid, "GID", mail.Gid).Replace(dovecotConf)
	if err = settings(filepath.Join(home, "dovecot.conf"), text); err != nil {
		return err
	}
	// The other users must get at their sockets and their mail in here; what holds a password is readable by its owner alone.
	if err = os.Chmod(home, 0o711); err != nil || mail == me {
		return err
	}
	return give(filepath.Join(home, "mail"), mail)
}

// writeMaildir makes a Maildir of new messages. Their names begin with a time, and Dovecot sorts by it.
func writeMaildir(dir string, messages iter.Seq[[]byte]) error {
	for _, sub := range []string{"cur", "new", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return err
		}
	}
	n := 1_000_000_000
	for m := range messages {
		n++
		if err := os.WriteFile(filepath.Join(dir, "new", fmt.Sprintf("%d.M1P1.peer", n)), m, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// give makes a folder and all in it the property of a user.
func give(dir string, owner *user.User) error {
	uid, err := strconv.Atoi(owner.Uid)
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(owner.Gid)
	if err != nil {
		return err
	}
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, uid, gid)
	})
}

// dovecotConf lets every other process run as the one who starts it, so that nothing needs root.
const dovecotConf = `base_dir = HOME/run
state_dir = HOME/state
log_path = HOME/log
protocols = pop3
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain
auth_failure_delay = 0
default_internal_user = USER
default_login_user = LOGIN
first_valid_uid = 1
passdb {
  driver = passwd-file
  args = HOME/passwd
}
userdb {
  driver = static
  args = uid=UID gid=GID home=HOME
}
mail_location = maildir:HOME/mail/%u
service anvil {
  chroot =
}
service pop3-login {
  chroot =
  inet_listener pop3 {
    port = PORT
  }
  inet_listener pop3s {
    port = 0
  }
}
`
