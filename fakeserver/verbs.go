package fakeserver

// command is a verb and what answers it. Of one without an answer the server knows no more than the name.
type command struct {
	Verb
	answer popVerb
	// needs says which options a server has that knows the verb; nil means any.
	needs func(o *Options) bool
}

// commands returns the table of POP3's verbs. A new one is a file and a row here.
func commands() []command {
	return []command{
		{Verb{"APOP", Authorization, true, OneLine, TailSecret, false, "1939/7", "The name, and a digest of the password and the timestamp of the greeting."}, apop, nil},
		{Verb{"AUTH", Authorization, true, ManyAlone, TailSecret, true, "5034/4", "A login by a SASL mechanism."}, auth, nil},
		{Verb{"CAPA", Authorization | Transaction, false, ManyLines, NoSecret, false, "2449/5", "What the server can do."}, capa, nil},
		{Verb{"DELE", Transaction, true, OneLine, NoSecret, false, "1939/5", "A message is marked to be deleted: DELE 2."}, dele, nil},
		{Verb{"LANG", Authorization | Transaction, true, ManyAlone, NoSecret, false, "6856/3.2", "The language of the texts."}, lang, nil},
		{Verb{"LAST", Transaction, false, OneLine, NoSecret, false, "1460/6", "The highest number that was fetched, in old servers."}, nil, nil},
		{Verb{"LIST", Transaction, true, ManyAlone, NoSecret, false, "1939/5", "The sizes of the messages, or of one."}, list, nil},
		{Verb{"NOOP", Transaction, false, OneLine, NoSecret, false, "1939/5", "Nothing."}, noop, nil},
		{Verb{"PASS", Authorization, true, OneLine, AllSecret, false, "1939/7", "The password."}, pass, nil},
		{Verb{"QUIT", Authorization | Transaction, false, OneLine, NoSecret, false, "1939/6", "What is marked goes, and the session ends."}, quit, nil},
		{Verb{"RETR", Transaction, true, ManyLines, NoSecret, false, "1939/5", "A message: RETR 2."}, retr, nil},
		{Verb{"RSET", Transaction, false, OneLine, NoSecret, false, "1939/5", "No message is marked any more."}, rset, nil},
		{Verb{"STAT", Transaction, false, OneLine, NoSecret, false, "1939/5", "How many messages there are, and of how many octets."}, stat, nil},
		{Verb{"STLS", Authorization, false, OneLine, NoSecret, false, "2595/4", "TLS from here on."}, stls, func(o *Options) bool { return o.TLS != nil }},
		{Verb{"TOP", Transaction, true, ManyLines, NoSecret, false, "1939/7", "The header of a message, and some lines of its body: TOP 1 0."}, top, nil},
		{Verb{"UIDL", Transaction, true, ManyAlone, NoSecret, false, "1939/7", "The unique-ids of the messages, or of one."}, uidl, nil},
		{Verb{"USER", Authorization, true, OneLine, NoSecret, false, "1939/7", "The name of the user."}, user, nil},
		{Verb{"UTF8", Authorization, false, OneLine, NoSecret, false, "6856/2.1", "Names and headers in UTF-8."}, utf8Mode, func(o *Options) bool { return o.UTF8 }},
		{Verb{"XTND", Transaction, true, OneLine, NoSecret, false, "1082/3", "An extension: XTND XMIT sends a message."}, xtnd, func(o *Options) bool { return o.Submit != nil }},
	}
}

// Verbs returns the verbs of POP3, sorted by name, also those that no server here answers.
func Verbs() []Verb {
	var all []Verb
	for _, c := range commands() {
		all = append(all, c.Verb)
	}
	return all
}
