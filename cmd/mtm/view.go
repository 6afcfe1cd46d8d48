package main

import (
	"encoding/json"
	"strings"
	"time"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm/store"
)

// messageView is a message's entry in JSON.
type messageView struct {
	ID              store.ID `json:"id"`
	Parent          store.ID `json:"parent"`
	Service         store.ID `json:"service"` // the account that fetched it
	Related         store.ID `json:"related"` // for a copy, its source in the mailbox; else 0
	From            string   `json:"from"`
	Addressees      []string `json:"to,omitempty"` // for a message that was written here, which has no from
	Subject         string   `json:"subject"`
	Date            string   `json:"date"`   // RFC 3339 in UTC, "" when unknown
	Size            int64    `json:"size"`   // octets on the wire; if the server does not list it, that of the stored whole message, else 0
	Stored          int64    `json:"stored"` // octets that are here
	Flags           []string `json:"flags"`  // all flags by name, those below too
	UID             string   `json:"uid"`
	MessageID       string   `json:"message_id"`
	Body            string   `json:"body"` // none, header, partial or whole
	Complete        bool     `json:"complete"`
	PartialDownload bool     `json:"partial_download"`
	New             bool     `json:"new"`
	Unread          bool     `json:"unread"`
	Visible         bool     `json:"visible"`
	Attachment      bool     `json:"attachment"`
	Receipt         bool     `json:"receipt"`           // the sender asks for one
	Priority        string   `json:"priority"`          // low, normal or high
	Operation       string   `json:"operation"`         // the queued operation, "" for none, multiple for more than one
	Waiting         []string `json:"waiting,omitempty"` // in listings: each queued operation, in words
	Broke           int      `json:"broke,omitempty"`   // in listings: connections that the message has broken
	Sending         string   `json:"sending"`
}

func messageViewOf(e *store.Entry) messageView {
	v := bareViewOf(e)
	v.setFlags(flagTextsOf(e))
	return v
}

// flagTexts holds what a view says of the flags of an entry.
type flagTexts struct {
	names     []string
	operation string
}

// flagTextsOf returns the names of all flags, and that of the queued operation, which the store
// lists among the flags.
func flagTextsOf(e *store.Entry) flagTexts {
	t := flagTexts{names: []string{}}
	for _, set := range []string{e.Flags.String(), e.Email.String()} {
		if set != "" {
			t.names = append(t.names, strings.Split(set, ",")...)
		}
	}
	for _, flag := range t.names {
		if name, ok := strings.CutPrefix(flag, "op="); ok {
			t.operation = name
		}
	}
	return t
}

func (v *messageView) setFlags(t flagTexts) { v.Flags, v.Operation = t.names, t.operation }

// bareViewOf returns a view without the names of the flags.
func bareViewOf(e *store.Entry) messageView {
	v := messageView{
		ID: e.ID, Parent: e.Parent, Service: e.Service, Related: e.Related, From: e.Details, Subject: e.Description,
		Size: sizeOf(e), Stored: e.Body.Length, UID: e.UID, MessageID: e.MessageID, Body: e.Body.Kind.String(),
		Complete: e.Flags.Has(store.Complete), PartialDownload: e.Email.Has(store.PartialDownload),
		New: e.Flags.Has(store.New), Unread: e.Flags.Has(store.Unread), Visible: !e.Flags.Has(store.Invisible),
		Attachment: e.Flags.Has(store.Attachment), Receipt: e.Email.Has(store.Receipt), Priority: "normal",
		Sending: e.Sending.String(),
	}
	if isOurs(e) {
		if v.From = ""; e.Details != "" {
			v.Addressees = []string{e.Details}
		}
	}
	switch {
	case e.Flags.Has(store.PriorityHigh):
		v.Priority = "high"
	case e.Flags.Has(store.PriorityLow):
		v.Priority = "low"
	}
	if !e.Date.IsZero() {
		v.Date = rfc3339(e.Date)
	}
	return v
}

// sizeOf returns a message's size on the server; if the server does not list it, that of the whole
// message here; 0 when unknown.
func sizeOf(e *store.Entry) int64 {
	if e.Size <= 0 && e.Body.Kind == store.BodyWhole {
		return e.Body.Length
	}
	return e.Size
}

// sizeText returns the size for people.
func sizeText(e *store.Entry) string {
	if size := sizeOf(e); size > 0 || e.Body.Length == 0 {
		return octets(size)
	}
	return "?"
}

// isOurs reports whether a message was written here: its entry shows the recipient, not the sender.
func isOurs(e *store.Entry) bool {
	return e.Sending != store.SendNotApplicable && (unsent(e) || e.Parent == store.Sent)
}

// unsent reports whether an entry is a draft or a message in the Outbox.
func unsent(e *store.Entry) bool { return e.Parent == store.Outbox || e.Parent == store.Drafts }

// array writes a JSON array, one value per line, without holding all values.
type array struct {
	out     page
	encoder *json.Encoder
	lead    string
}

func newArray(out page) *array {
	return &array{out: out, encoder: cli.NewJSON(out), lead: "["}
}

func (a *array) add(v any) error {
	if _, err := a.out.WriteString(a.lead); err != nil {
		return err
	}
	a.lead = ","
	return a.encoder.Encode(v)
}

func (a *array) end() error {
	tail := "]\n"
	if a.lead == "[" {
		tail = "[]\n"
	}
	_, err := a.out.WriteString(tail)
	return err
}

// rfc3339 returns a time in JSON.
func rfc3339(t time.Time) string { return t.UTC().Format(time.RFC3339) }
