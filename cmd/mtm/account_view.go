package main

import (
	"fmt"
	"io"
	"strconv"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
)

// accountView holds the settings of an account for output. Of the password and the token
// it has only the source.
type accountView struct {
	ID   store.ID `json:"id"`
	Name string   `json:"name"`
	POP3 string   `json:"pop3"`
	securityView
	User             string    `json:"user"`
	Password         string    `json:"password"`
	Token            string    `json:"token"`
	Auth             string    `json:"auth"`
	AuthUnlisted     bool      `json:"auth_unlisted"`
	AllowPlaintext   bool      `json:"allow_plaintext"`
	IgnoreUIDL       bool      `json:"ignore_uidl"`
	SyncLimit        int       `json:"sync_limit"`
	DisconnectedMode bool      `json:"disconnected_mode"`
	BearerMobility   bool      `json:"bearer_mobility"`
	Autosend         bool      `json:"autosend"`
	GetMailOptions   string    `json:"get_mail_options"`
	MaxEmailSize     int64     `json:"max_email_size"`
	MaxMessage       int64     `json:"max_message"`
	MaxTime          string    `json:"max_time"`
	MinRate          int64     `json:"min_rate"`
	PopulationLimit  int       `json:"population_limit"`
	Charset          string    `json:"charset"`
	SMTP             *smtpView `json:"smtp"` // null when the account sends no mail
}

type securityView struct {
	TLS        string `json:"tls"`
	CA         string `json:"tls_ca"`
	ServerName string `json:"tls_name"`
	SkipVerify bool   `json:"tls_insecure_skip_verify"`
}

type smtpView struct {
	Service store.ID `json:"service"` // the argument SERVICE-ID of the program autosend
	SMTP    string   `json:"smtp"`
	From    string   `json:"from"`
	securityView
	Auth             string `json:"auth"`
	InboxLogin       bool   `json:"inbox_login"`
	User             string `json:"user"`
	Password         string `json:"password"`
	Token            string `json:"token"`
	AllowPlaintext   bool   `json:"allow_plaintext"`
	Send             string `json:"send"`
	CopyToSelf       string `json:"copy_to_self"`
	Signature        string `json:"signature"`
	VCard            string `json:"vcard"`
	RequestReceipts  bool   `json:"request_receipts"`
	ReceiptAddress   string `json:"receipt_address"`
	ReplyTo          string `json:"reply_to"`
	ToCcIncludeLimit int    `json:"to_cc_include_limit"`
}

func viewOf(a mtm.Account) accountView {
	p := a.POP3
	return accountView{
		ID: a.ID, Name: a.Name, POP3: p.Address(), securityView: viewOfSecurity(p.Security),
		User: p.LoginName, Password: p.Password.String(), Token: p.Token.String(),
		Auth: string(p.Auth), AuthUnlisted: p.AuthUnlisted, AllowPlaintext: p.AllowPlaintext,
		IgnoreUIDL: p.IgnoreUIDL, SyncLimit: p.SyncLimit, DisconnectedMode: p.DisconnectedMode, BearerMobility: p.BearerMobility, Autosend: p.Autosend,
		GetMailOptions: string(p.GetMail), MaxEmailSize: p.MaxEmailSize,
		MaxMessage: p.MaxMessage, MaxTime: p.MaxTime.String(), MinRate: p.MinRate, PopulationLimit: p.PopulationLimit, Charset: p.Charset,
		SMTP: viewOfSMTP(p.SMTP, a.SMTP),
	}
}

func viewOfSecurity(s account.Security) securityView {
	return securityView{string(s.TLS), s.CA, s.Name, s.SkipVerify}
}

func viewOfSMTP(s account.SMTP, service store.ID) *smtpView {
	if s.Host == "" {
		return nil
	}
	return &smtpView{
		Service: service, SMTP: s.Address(), From: s.From, securityView: viewOfSecurity(s.Security),
		Auth: string(s.Auth), InboxLogin: s.InboxLogin, User: s.LoginName, Password: s.Password.String(), Token: s.Token.String(),
		AllowPlaintext: s.AllowPlaintext, Send: string(s.Send), CopyToSelf: string(s.CopyToSelf), Signature: s.Signature,
		VCard: s.VCard, RequestReceipts: s.RequestReceipts, ReceiptAddress: s.ReceiptAddress, ReplyTo: s.ReplyTo,
		ToCcIncludeLimit: s.ToCcIncludeLimit,
	}
}

// printAccount prints the settings, each under the name of the flag that changes it.
func printAccount(out io.Writer, v accountView) error {
	rows := [][2]string{{"name", v.Name}, {"id", fmt.Sprint(v.ID)}, {"pop3", v.POP3}}
	rows = append(rows, v.rows("")...)
	rows = append(rows, [][2]string{
		{"user", v.User}, {"password", v.Password}, {"token", v.Token},
		{"auth", v.Auth}, {"auth-unlisted", strconv.FormatBool(v.AuthUnlisted)}, {"allow-plaintext", strconv.FormatBool(v.AllowPlaintext)},
		{"ignore-uidl", strconv.FormatBool(v.IgnoreUIDL)},
		{"sync-limit", syncLimit(v.SyncLimit)}, {"disconnected-mode", strconv.FormatBool(v.DisconnectedMode)},
		{"bearer-mobility", strconv.FormatBool(v.BearerMobility)}, {"autosend", strconv.FormatBool(v.Autosend)}, {"get-mail-options", v.GetMailOptions},
		{"max-email-size", sizeLimit(v.MaxEmailSize)}, {"max-message", sizeLimit(v.MaxMessage)},
		{"max-time", timeLimit(v.MaxTime)}, {"min-rate", sizeLimit(v.MinRate)}, {"population-limit", populationLimit(v.PopulationLimit)}, {"charset", v.Charset},
	}...)
	if v.SMTP == nil {
		rows = append(rows, [2]string{"smtp", "none"})
	} else {
		rows = append(rows, v.SMTP.rows()...)
	}
	width := 0
	for _, row := range rows {
		width = max(width, len(row[0]))
	}
	for _, row := range rows {
		if _, err := fmt.Fprintf(out, "%-*s  %s\n", width, row[0], oneLine(row[1])); err != nil {
			return err
		}
	}
	return nil
}

// rows returns the settings; those of TLS only when TLS is on.
func (v securityView) rows(prefix string) [][2]string {
	rows := [][2]string{{prefix + "tls", v.TLS}}
	if v.TLS == string(account.NoTLS) {
		return rows
	}
	return append(rows, [2]string{prefix + "tls-ca", orElse(v.CA, "the system's")}, [2]string{prefix + "tls-name", orElse(v.ServerName, "the host")},
		[2]string{prefix + "tls-insecure-skip-verify", strconv.FormatBool(v.SkipVerify)})
}

func (v smtpView) rows() [][2]string {
	rows := [][2]string{{"smtp", v.SMTP}, {"smtp-service", fmt.Sprint(v.Service)}, {"from", v.From}}
	rows = append(rows, v.securityView.rows("smtp-")...)
	return append(rows, [][2]string{
		{"smtp-auth", v.Auth}, {"smtp-inbox-login", strconv.FormatBool(v.InboxLogin)}, {"smtp-user", v.User},
		{"smtp-password", v.Password}, {"smtp-token", v.Token}, {"smtp-allow-plaintext", strconv.FormatBool(v.AllowPlaintext)},
		{"smtp-send", v.Send}, {"smtp-copy-to-self", v.CopyToSelf}, {"smtp-signature", v.Signature}, {"smtp-vcard", v.VCard},
		{"smtp-request-receipts", strconv.FormatBool(v.RequestReceipts)}, {"smtp-receipt-address", v.ReceiptAddress},
		{"smtp-reply-to", v.ReplyTo}, {"smtp-to-cc-include-limit", strconv.Itoa(v.ToCcIncludeLimit)},
	}...)
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func syncLimit(n int) string {
	switch n {
	case -1:
		return "-1 (all messages)"
	case 0:
		return "0 (no refresh)"
	}
	return fmt.Sprintf("%d (the newest messages)", n)
}

func timeLimit(d string) string {
	if d == "0s" {
		return "0s (no limit)"
	}
	return d
}

func sizeLimit(n int64) string {
	if n == 0 {
		return "0 (no limit)"
	}
	return cli.Size(n).String()
}

func populationLimit(n int) string {
	if n == -1 {
		return "-1 (all lines)"
	}
	return fmt.Sprintf("%d (lines)", n)
}
