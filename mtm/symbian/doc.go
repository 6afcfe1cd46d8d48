// Package symbian holds the numbers of Symbian's POP3 MTM: its errors, its commands and its
// capability queries. Programs reach them through [pop3mtm/mtm.Code] and [pop3mtm/mtm.Function].
package symbian
