package peer

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"time"
)

// Deliver adds messages to the Maildir of a user while the server runs, as a delivery program does:
// each appears whole, after the existing ones. An open session does not see them.
func (d *Dovecot) Deliver(name string, messages ...[]byte) error {
	dir := filepath.Join(d.home, "mail", name)
	now := time.Now()
	for i, m := range messages {
		// Dovecot sorts by the time in the name, microseconds included.
		file := fmt.Sprintf("%d.M%dP1.peer", now.Unix(), now.Nanosecond()/1000+i)
		temporary := filepath.Join(dir, "tmp", file)
		if err := os.WriteFile(temporary, m, 0o600); err != nil {
			return err
		}
		if err := giveAsMail(temporary); err != nil {
			return err
		}
		if err := os.Rename(temporary, filepath.Join(dir, "new", file)); err != nil {
			return err
		}
	}
	return nil
}

// giveAsMail gives a file that root wrote to the user that reads the mail.
func giveAsMail(path string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	owner, err := user.Lookup("dovecot")
	if err != nil {
		return err
	}
	return give(path, owner)
}
