// Package mail reads messages as people meant them. It is the one reader of fields, parameters,
// addresses, dates, encodings, charsets and parts in this tree, and tolerant of what mail
// programs of all ages send: see docs/reading.md. What it reads stays as it is; nothing here
// writes mail.
//
// No input is an error, and none takes more than linear time, or more memory than some times its
// headers: a Scanner takes a message apart in one pass and keeps no content. Limits are a header
// of 1 MiB, 10,000 parts, a depth of 50; what they leave out is said in Message.Notices.
//
// What it is built on, and what was tried:
//
//   - net/mail reads addresses and dates that are right; what it refuses is read here.
//   - golang.org/x/text has the charsets, golang.org/x/net/html/charset the marks that name one in
//     a page. UTF-7 is ours: cention-sany/utf7 has not changed since 2017.
//   - golang.org/x/net/html's tokenizer reads pages; htmlReader makes text of its tokens.
//     JohannesKaufmann/html-to-markdown v2.5.2 and inbucket/html2text v1.0.0 build a tree: both
//     take 90 to 220 times the size of a page of short paragraphs, show nothing at all where 512
//     elements are left open, and escape or split words; k3a/html2text v1.3.0 shows nothing when
//     </head> is missing.
//   - jhillyerd/enmime/v2 v2.3.0 keeps a message in memory whole, decoded too. Its mediatype
//     repairs values for the standard library's parser and so loses file names in charsets other
//     than UTF-8 (RFC 2231), runs "charset" into what follows, and knows no empty charset: params
//     reads them here, and tests compare it with mediatype. Its test mails are tests here.
//   - emersion/go-message ends a header at a line that is no field and refuses broken base64; it
//     writes our mail, in mtm/internal/compose.
//   - gogs/chardet takes short Latin-1 texts for others. UTF-8 is recognized by its form, and the
//     rest is the account's setting.
//   - TNEF (winmail.dat) is listed as what it is: the module proxy has neither Teamwork/tnef nor
//     its forks hatching/tnef and uponusolutions/tnef, nor avaropoint/converter.
package mail
