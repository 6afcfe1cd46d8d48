package fakeserver

// command is a verb and the function that answers it. Without a function the server knows only the
// name.
type command struct {
	Verb
	answer popVerb
	// needs reports whether a server with these options knows the verb; nil means always.
	needs func(o *Options) bool
}

// commands returns the table of POP3 verbs. A new verb needs a file and a row here: a Verb with its
// Name, States, Args, Lines, Secret, SASL, RFC and Doc, then answer and needs.
func commands() []command {
	return []command{
		{Verb{"APOP", Authorization, true, OneLine, TailSecret, false, "1939/7", "Logs in by a name and a digest of the password and the timestamp of the greeting."}, apop, nil},
		{Verb{"AUTH", Authorization, true, ManyAlone, TailSecret, true, "5034/4", "Logs in by a SASL mechanism."}, auth, nil},
		{Verb{"CAPA", Authorization | Transaction, false, ManyLines, NoSecret, false, "2449/5", "Lists the capabilities of the server."}, capa, nil},
		{Verb{"DELE", Transaction, true, OneLine, NoSecret, false, "1939/5", "Marks a message as deleted: DELE 2."}, dele, nil},
		{Verb{"LANG", Authorization | Transaction, true, ManyAlone, NoSecret, false, "6856/3.2", "Lists or sets the language of the texts."}, lang, nil},
		{Verb{"LAST", Transaction, false, OneLine, NoSecret, false, "1460/6", "Returns the highest number that was fetched, in old servers."}, nil, nil},
		{Verb{"LIST", Transaction, true, ManyAlone, NoSecret, false, "1939/5", "Returns the sizes of all messages, or of one."}, list, nil},
		{Verb{"NOOP", Transaction, false, OneLine, NoSecret, false, "1939/5", "Does nothing."}, noop, nil},
		{Verb{"PASS", Authorization, true, OneLine, AllSecret, false, "1939/7", "Sends the password."}, pass, nil},
		{Verb{"QUIT", Authorization | Transaction, false, OneLine, NoSecret, false, "1939/6", "Deletes the marked messages and ends the session."}, quit, nil},
		{Verb{"RETR", Transaction, true, ManyLines, NoSecret, false, "1939/5", "Returns a message: RETR 2."}, retr, nil},
		{Verb{"RSET", Transaction, false, OneLine, NoSecret, false, "1939/5", "Removes all deletion marks."}, rset, nil},
		{Verb{"STAT", Transaction, false, OneLine, NoSecret, false, "1939/5", "Returns the number of messages and their octets."}, stat, nil},
		{Verb{"STLS", Authorization, false, OneLine, NoSecret, false, "2595/4", "Starts TLS."}, stls, func(o *Options) bool { return o.TLS != nil }},
		{Verb{"TOP", Transaction, true, ManyLines, NoSecret, false, "1939/7", "Returns the header of a message and some lines of its body: TOP 1 0."}, top, nil},
		{Verb{"UIDL", Transaction, true, ManyAlone, NoSecret, false, "1939/7", "Returns the unique-ids of all messages, or of one."}, uidl, nil},
		{Verb{"USER", Authorization, true, OneLine, NoSecret, false, "1939/7", "Sends the name of the user."}, user, nil},
		{Verb{"UTF8", Authorization, false, OneLine, NoSecret, false, "6856/2.1", "Switches to UTF-8 in names and headers."}, utf8Mode, func(o *Options) bool { return o.UTF8 }},
		{Verb{"XTND", Transaction, true, OneLine, NoSecret, false, "1082/3", "An extension: XTND XMIT sends a message."}, xtnd, func(o *Options) bool { return o.Submit != nil }},
	}
}

// Verbs returns the verbs of POP3, sorted by name, including those that this server cannot answer.
func Verbs() []Verb {
	var all []Verb
	for _, c := range commands() {
		all = append(all, c.Verb)
	}
	return all
}
