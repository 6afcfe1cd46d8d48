package fakeserver

// command is a verb and what answers it. Of one without an answer the server knows no more than the name.
type command struct {
	Verb
	answer popVerb
}

// commands is the table of POP3's verbs. A new one is a file and a row here.
func commands() []command {
	return []command{
		{Verb{"APOP", Authorization, true, OneLine, TailSecret, false, "1939/7"}, apop},
		{Verb{"AUTH", Authorization, true, ManyAlone, TailSecret, true, "5034/4"}, auth},
		{Verb{"CAPA", Authorization | Transaction, false, ManyLines, NoSecret, false, "2449/5"}, capa},
		{Verb{"DELE", Transaction, true, OneLine, NoSecret, false, "1939/5"}, dele},
		{Verb{"LANG", Authorization | Transaction, true, ManyAlone, NoSecret, false, "6856/3.2"}, lang},
		{Verb{"LAST", Transaction, false, OneLine, NoSecret, false, "1460/6"}, nil},
		{Verb{"LIST", Transaction, true, ManyAlone, NoSecret, false, "1939/5"}, list},
		{Verb{"NOOP", Transaction, false, OneLine, NoSecret, false, "1939/5"}, noop},
		{Verb{"PASS", Authorization, true, OneLine, AllSecret, false, "1939/7"}, pass},
		{Verb{"QUIT", Authorization | Transaction, false, OneLine, NoSecret, false, "1939/6"}, quit},
		{Verb{"RETR", Transaction, true, ManyLines, NoSecret, false, "1939/5"}, retr},
		{Verb{"RSET", Transaction, false, OneLine, NoSecret, false, "1939/5"}, rset},
		{Verb{"STAT", Transaction, false, OneLine, NoSecret, false, "1939/5"}, stat},
		{Verb{"STLS", Authorization, false, OneLine, NoSecret, false, "2595/4"}, stls},
		{Verb{"TOP", Transaction, true, ManyLines, NoSecret, false, "1939/7"}, top},
		{Verb{"UIDL", Transaction, true, ManyAlone, NoSecret, false, "1939/7"}, uidl},
		{Verb{"USER", Authorization, true, OneLine, NoSecret, false, "1939/7"}, user},
		{Verb{"UTF8", Authorization, false, OneLine, NoSecret, false, "6856/2.1"}, utf8Mode},
		{Verb{"XTND", Transaction, true, OneLine, NoSecret, false, "1082/4"}, nil},
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
