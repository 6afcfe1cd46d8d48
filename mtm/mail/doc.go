// Package mail reads messages as people meant them. It is the only reader of header fields,
// parameters, addresses, dates, encodings, charsets and parts in this module, and it tolerates what
// mail programs of all ages send: see docs/reading.md. It does not change or write messages.
//
// No input is an error. Reading takes linear time, and memory in proportion to the headers only: a
// Scanner parses a message in one pass and does not keep its content. The limits are a header of
// 1 MiB, 10,000 parts and 50 levels; Message.Notices says what they left out.
package mail

// The modules that this package uses, and those that were tried:
//
// - net/mail reads valid addresses and dates; this package reads those that it rejects.
// - golang.org/x/text has the charsets; golang.org/x/net/html/charset finds the one that HTML
//   names. UTF-7 is in this package, since cention-sany/utf7 has not changed since 2017.
// - golang.org/x/net/html's tokenizer reads HTML; htmlReader turns its tokens into text.
//   JohannesKaufmann/html-to-markdown v2.5.2 and inbucket/html2text v1.0.0 build a tree: both
//   take 90 to 220 times the size of a page of short paragraphs, show nothing at all where 512
//   elements are left open, and escape or split words; k3a/html2text v1.3.0 shows nothing when
//   </head> is missing.
// - jhillyerd/enmime/v2 v2.3.0 keeps whole messages in memory, raw and decoded. Its mediatype
//   repairs values for the standard library's parser, and so loses file names in charsets other
//   than UTF-8 (RFC 2231), joins "charset" with what follows, and does not accept an empty
//   charset. So params reads them here; tests compare it with mediatype, and use enmime's mails.
// - emersion/go-message ends a header at a line that is not a field, and rejects invalid base64.
//   It writes the mail that mtm/internal/compose makes.
// - gogs/chardet mistakes short Latin-1 texts for other charsets. Here UTF-8 is recognized by its
//   form, and the account's setting decides about the rest.
// - TNEF (winmail.dat) is not decoded: the module proxy has neither Teamwork/tnef nor its forks
//   hatching/tnef and uponusolutions/tnef, nor avaropoint/converter.
