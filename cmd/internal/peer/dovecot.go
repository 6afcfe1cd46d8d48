package peer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
)

// Dovecot is a running Dovecot with the settings of one test: POP3 on a loopback port, and for each
// mailbox a user with a Maildir or an mdbox. All its files are in a temporary directory; no setting
// of the system is read or changed. It runs as the user who starts it; when that is root, the user
// that its Debian package creates reads and writes the mail.
type Dovecot struct {
	*daemon
	port   int
	secure int // the port that begins with TLS, 0 = none
}

// foreignPassword is the password of every user of a server that is started here.
const foreignPassword = "demo"

// DovecotOptions configures Dovecot. nil means the zero value.
type DovecotOptions struct {
	Mdbox bool // serve from an mdbox, Dovecot's own and fastest format, into which the Maildir is imported; Kept and Deliver work only with Maildirs
	// Certificate and Key are PEM. With them the server has STLS, a port that begins with TLS,
	// APOP, and DovecotMechanisms.
	Certificate, Key []byte
}

// StartDovecot starts a server for these mailboxes: a map from lower-case user name to the octets
// of the files in the user's Maildir, in order. Dovecot serves a file's LF as CRLF. It blocks until
// the server answers; the caller must Stop it.
func StartDovecot(ctx context.Context, mailboxes map[string]iter.Seq[[]byte], o *DovecotOptions) (*Dovecot, error) {
	if o == nil {
		o = &DovecotOptions{}
	}
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
	if err == nil && o.Certificate != nil {
		securePort, err = dovecotSecure(ctx, home, o.Certificate, o.Key)
	}
	if err == nil && o.Mdbox {
		err = appendTo(filepath.Join(home, "dovecot.conf"), "mail_location = mdbox:"+home+"/mdbox/%u\n")
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(home))
	}
	d := &Dovecot{port: port, secure: securePort}
	if d.daemon, err = startDaemon(ctx, home, path, "-F", "-c", filepath.Join(home, "dovecot.conf")); err != nil {
		return nil, err
	}
	err = d.answer(ctx, port)
	if err == nil && o.Mdbox {
		err = d.importMail(ctx, mailboxes)
	}
	if err != nil {
		return nil, errors.Join(err, d.Stop())
	}
	return d, nil
}

// Restart ends the server and its sessions, and starts it again with the same mail and port.
func (d *Dovecot) Restart(ctx context.Context) error {
	if err := d.end(); err != nil {
		return err
	}
	started, err := startDaemon(ctx, d.home, d.cmd.Path, d.cmd.Args[1:]...)
	if err != nil {
		return err
	}
	d.daemon = started
	return d.answer(ctx, d.port)
}

// Version returns what dovecot --version prints.
func (*Dovecot) Version(ctx context.Context) (string, error) {
	path, err := dovecotProgram()
	if err != nil {
		return "", err
	}
	out, err := run(ctx, command(ctx, os.TempDir(), path, "--version"))
	return "Dovecot " + strings.TrimSpace(string(out)), err
}

// Account returns how a client logs in as one of the users.
func (d *Dovecot) Account(user string) Account {
	return Account{Host: "127.0.0.1", Port: d.port, User: user, Password: foreignPassword}
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

// dovecotProgram returns the path of Dovecot. It also searches /usr/sbin, which is
// not on every user's PATH.
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

// importMail fills each user's mdbox from the Maildir, with Dovecot's own tool.
func (d *Dovecot) importMail(ctx context.Context, mailboxes map[string]iter.Seq[[]byte]) error {
	path, err := program("doveadm", "dovecot-core")
	if err != nil {
		return err
	}
	for name := range mailboxes {
		from := "maildir:" + filepath.Join(d.home, "mail", name)
		if _, err = run(ctx, command(ctx, d.home, path, "-c", filepath.Join(d.home, "dovecot.conf"), "import", "-u", name, from, "", "all")); err != nil {
			return err
		}
		if err = os.RemoveAll(filepath.Join(d.home, "mail", name)); err != nil {
			return err
		}
	}
	return nil
}

// dovecotFolder writes the settings, the users and their mail.
func dovecotFolder(home string, port int, mailboxes map[string]iter.Seq[[]byte]) error {
	me, err := user.Current()
	if err != nil {
		return err
	}
	mail, login := me, me.Username
	if me.Uid == "0" {
		// Dovecot refuses to keep mail as root and to show a login prompt as root; its package
		// makes these two users.
		login = "dovenull"
		if mail, err = user.Lookup("dovecot"); err != nil {
			return err
		}
	}
	var users strings.Builder
	for name, messages := range mailboxes {
		fmt.Fprintf(&users, "%s:{PLAIN}%s\n", name, foreignPassword)
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
	// The other users need access to their sockets and their mail in this directory. Files with a
	// password are readable only by their owner.
	if err = errors.Join(os.Chmod(home, 0o711), os.Mkdir(filepath.Join(home, "mdbox"), 0o700)); err != nil || mail == me {
		return err
	}
	return errors.Join(give(filepath.Join(home, "mail"), mail), give(filepath.Join(home, "mdbox"), mail))
}

// writeMaildir writes a Maildir of new messages. Their names begin with a time, by
// which Dovecot sorts them.
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

// give changes the owner of a directory and everything in it.
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
default_process_limit = 20000
default_client_limit = 40000
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
