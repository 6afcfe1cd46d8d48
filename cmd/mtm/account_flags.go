package main

import (
	"fmt"
	"io"
	"maps"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
)

// addAccountFlags adds a flag for every setting of an account. A flag has the name of its setting,
// except --pop3, --smtp and --from.
func addAccountFlags(c *cobra.Command) {
	f, defaults := c.Flags(), account.Defaults().Map()
	text := func(name, usage string) { f.String(name, defaults[name], usage) }
	yes := func(name, usage string) { f.Bool(name, false, usage) }
	pick := func(name, usage string, allowed ...string) {
		f.Var(&choice{value: defaults[name], allowed: allowed}, name, usage)
		_ = c.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(allowed, cobra.ShellCompDirectiveNoFileComp)) // the flag exists
	}
	text("pop3", "`HOST:PORT` of the server; without a port 110, or 995 with --tls implicit")
	pick("tls", "protect the connection: stls starts TLS on the usual port, implicit begins with TLS", "none", "stls", "implicit")
	securityFlags("", text, yes)
	text("user", "login `NAME`")
	secretFlags("password", "PASSWORD", text)
	secretFlags("token", "TOKEN", text)
	text("auth", "way to log in, or a `LIST` of ways separated by commas, of which the first one that the server offers is used: auto, userpass, apop, "+
		"plain, login, cram-md5, scram-sha-1, scram-sha-256, xoauth2, oauthbearer")
	_ = c.RegisterFlagCompletionFunc("auth", cobra.FixedCompletions(methods(), cobra.ShellCompDirectiveNoFileComp)) // the flag exists
	yes("auth-unlisted", "use the first method of --auth although the server does not list it")
	yes("allow-plaintext", "allow sending the password in clear text to another machine")
	yes("ignore-uidl", "distinguish messages by their headers, for a server that no longer has unique-ids")
	f.Int("sync-limit", account.Defaults().SyncLimit, "list only the newest `N` messages of the mailbox; -1 = all, 0 = no refresh")
	yes("disconnected-mode", "keep the mailbox's entries visible while offline")
	yes("bearer-mobility", "let commands continue over another connection when theirs is lost, as --resume 5m does for one command")
	yes("autosend", "send the Outbox when the account connects")
	pick("get-mail-options", "what get fetches by default", "headers", "messages")
	f.Var(new(cli.Size), "max-email-size", "largest message that get and populate fetch by default; 0 = no limit")
	maxMessage := cli.Size(account.Defaults().MaxMessage)
	f.Var(&maxMessage, "max-message", "largest message that is ever fetched; 0 = no limit")
	f.Duration("max-time", 0, "longest time that a command on the mailbox may take by default; 0 = no limit")
	f.Var(new(cli.Size), "min-rate", "octets per second that the server must send while mtm waits, by default; 0 = no limit")
	f.Int("population-limit", account.Defaults().PopulationLimit, "`N` lines of the body that populate fetches by default; -1 = all")
	text("charset", "charset `NAME` of mail that names no charset and is not UTF-8")
	smtpFlags(f, text, yes, pick)
}

func smtpFlags(f *pflag.FlagSet, text, yes func(name, usage string), pick func(name, usage string, allowed ...string)) {
	text("smtp", "`HOST:PORT` of the server for outgoing mail; without a port 25, or 465 with --smtp-tls implicit")
	text("from", "`ADDRESS` of the sender")
	pick("smtp-tls", "protect that connection", "none", "starttls", "implicit")
	securityFlags("smtp-", text, yes)
	text("smtp-auth", "way to log in to that server, or a `LIST` as for --auth; none = no login")
	yes("smtp-inbox-login", "log in to that server with the login of the mailbox")
	text("smtp-user", "login `NAME` for that server")
	secretFlags("smtp-password", "PASSWORD", text)
	secretFlags("smtp-token", "TOKEN", text)
	yes("smtp-allow-plaintext", "allow sending that password in clear text to another machine")
	pick("smtp-send", "when mail is sent", "immediately", "on-next-connection", "on-request")
	pick("smtp-copy-to-self", "send a copy to --from", "no", "to", "cc", "bcc")
	text("smtp-signature", "`TEXT` below each mail")
	text("smtp-vcard", "`FILE` attached to each mail")
	yes("smtp-request-receipts", "ask for a receipt for each mail")
	text("smtp-receipt-address", "`ADDRESS` for receipts; default: --smtp-reply-to, else --from")
	text("smtp-reply-to", "`ADDRESS` for replies; default: --from")
	f.Int("smtp-to-cc-include-limit", 0, "quote up to `N` characters of To and Cc in replies and forwards; 0 = none")
}

func securityFlags(prefix string, text, yes func(name, usage string)) {
	text(prefix+"tls-ca", "`FILE` of PEM certificates to trust, instead of the system's")
	text(prefix+"tls-name", "`NAME` that the server's certificate must have, instead of the host")
	yes(prefix+"tls-insecure-skip-verify", "accept any certificate: an attacker on the network can then read and change everything")
}

func secretFlags(name, word string, text func(name, usage string)) {
	text(name, "the `"+word+"` itself, which is stored as it is; the next two options do not store it")
	text(name+"-env", "environment `VARIABLE` to read it from at each login")
	text(name+"-command", "shell `COMMAND` that prints it, run at each login")
}

func methods() []string {
	var names []string
	for _, a := range account.Auths() {
		names = append(names, string(a))
	}
	return names
}

// applyFlags puts the flags that were given into the settings.
func applyFlags(f *pflag.FlagSet, p *account.POP3) error {
	before := *p
	values := p.Map()
	err := checkSecrets(f, values)
	f.Visit(func(flag *pflag.Flag) {
		if err == nil {
			err = applyFlag(flag, values)
		}
	})
	if err == nil {
		followTLS(f, values, "pop3", "", before.Security.TLS, map[account.TLS]int{account.NoTLS: 110, account.STLS: 110, account.Implicit: 995})
		followTLS(f, values, "smtp", "smtp-", before.SMTP.Security.TLS, map[account.TLS]int{account.NoTLS: 25, account.StartTLS: 25, account.Implicit: 465})
		*p, err = account.FromMap(values)
	}
	if err != nil {
		*p = before
		return cli.Usage("%w", err)
	}
	return nil
}

// applyFlag writes one flag into the map of the settings, in the form of the store.
func applyFlag(flag *pflag.Flag, values map[string]string) (err error) {
	value := flag.Value.String()
	switch flag.Name {
	case "pop3":
		return applyAddress(flag, values, "")
	case "smtp":
		if value == "" { // the account sends no mail any more: all settings for SMTP go back to their defaults
			maps.DeleteFunc(values, func(name, _ string) bool { return strings.HasPrefix(name, "smtp-") })
			return nil
		}
		return applyAddress(flag, values, "smtp-")
	case "from":
		values["smtp-from"] = value
		return nil
	case "max-email-size", "max-message", "min-rate":
		if size, ok := flag.Value.(*cli.Size); ok {
			value = strconv.FormatInt(int64(*size), 10)
		}
	case "tls-ca", "smtp-tls-ca":
		value, err = certificates(flag.Name, value)
	case "smtp-vcard":
		value, err = absolute(value)
	}
	if slices.Contains(account.Names(), flag.Name) { // the others are flags of all commands
		values[flag.Name] = value
	}
	return err
}

func applyAddress(flag *pflag.Flag, values map[string]string, prefix string) error {
	host, port, err := splitAddress(flag.Name, flag.Value.String())
	if err != nil {
		return err
	}
	values[prefix+"host"] = host
	if port != "" {
		values[prefix+"port"] = port
	}
	return nil
}

// followTLS sets the port when the server was given without one, or when the kind of TLS changes
// and the port was the usual one for the old kind. The original leaves the port to the user
// (behaviour section 3).
func followTLS(f *pflag.FlagSet, values map[string]string, flag, prefix string, before account.TLS, usual map[account.TLS]int) {
	_, port, err := splitAddress(flag, f.Lookup(flag).Value.String())
	bare := f.Changed(flag) && err == nil && port == ""
	wasUsual := values[prefix+"port"] == strconv.Itoa(usual[before])
	if n, known := usual[account.TLS(values[prefix+"tls"])]; known && (bare || !f.Changed(flag) && f.Changed(prefix+"tls") && wasUsual) {
		values[prefix+"port"] = strconv.Itoa(n)
	}
}

// certificates checks a file of certificates, so that an invalid file is reported now and not at
// the next connect. It returns the absolute path.
func certificates(flag, path string) (string, error) {
	if path == "" {
		return "", nil
	}
	if _, err := (account.Security{TLS: account.STLS, CA: path}).Config(""); err != nil {
		return "", fmt.Errorf("--%s: %w", flag, err)
	}
	return absolute(path)
}

// absolute returns a path that means the same file in whatever directory a later command runs.
func absolute(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	return filepath.Abs(path)
}

// sources returns the flags for a secret. Only one of them may be given.
func sources(secret string) []string { return []string{secret + "-command", secret + "-env", secret} }

// checkSecrets returns an error when a secret has two sources, or when the name of its
// variable or its command is empty, which would mean an empty password. A source that is given
// replaces the stored one.
func checkSecrets(f *pflag.FlagSet, values map[string]string) error {
	for _, secret := range []string{"password", "token", "smtp-password", "smtp-token"} {
		given := ""
		for _, name := range sources(secret) {
			flag := f.Lookup(name)
			if !flag.Changed {
				continue
			}
			if given != "" {
				return fmt.Errorf("--%s and --%s exclude each other", given, name)
			}
			if given = name; name != secret && flag.Value.String() == "" {
				return fmt.Errorf("--%s is empty", name)
			}
		}
		if given != "" {
			for _, name := range sources(secret) {
				values[name] = ""
			}
		}
	}
	return nil
}

// splitAddress splits HOST, HOST:PORT, [IPV6]:PORT or a bare IPv6 address; port is
// "" when it is missing.
func splitAddress(flag, address string) (host, port string, err error) {
	bare := strings.TrimSuffix(strings.TrimPrefix(address, "["), "]")
	if !strings.Contains(address, ":") || net.ParseIP(bare) != nil {
		return bare, "", nil
	}
	host, port, err = net.SplitHostPort(address)
	if err == nil && host != "" {
		if _, err = strconv.Atoi(port); err == nil {
			return host, port, nil
		}
	}
	return "", "", fmt.Errorf("--%s %q is not HOST or HOST:PORT, such as pop.example.org:110 or [::1]:1110", flag, address)
}

// warnUnverified warns at each use that the identity of the server is not verified.
func warnUnverified(w io.Writer, a mtm.Account) {
	var flags []string
	if a.POP3.Security.SkipVerify {
		flags = append(flags, "--tls-insecure-skip-verify")
	}
	if a.POP3.SMTP.Security.SkipVerify {
		flags = append(flags, "--smtp-tls-insecure-skip-verify")
	}
	if len(flags) == 0 {
		return
	}
	// A terminal that is gone shows no warning.
	_, _ = fmt.Fprintf(w, "mtm: warning: account %s has %s: no certificate is checked, and an attacker on the network can read and change everything\n",
		oneLine(a.Name), strings.Join(flags, " and "))
}
