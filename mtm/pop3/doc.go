// Package pop3 implements a POP3 client (RFC 1939, CAPA and PIPELINING of RFC 2449, STLS of RFC
// 2595, AUTH of RFC 5034) that passes messages on byte for byte.
//
//	s, err := pop3.NewSession(ctx, conn, nil) // reads the greeting; a *tls.Conn makes its handshake first
//	err = s.Stls(ctx, &tls.Config{ServerName: "pop.example.org"})
//	err = s.User(ctx, "demo")                 // or Apop, or Auth with one of Mechanisms
//	err = s.Pass(ctx, "demo")
//	_, err = s.Capa(ctx)                      // PIPELINING opens the window of RetrAll
//	n, err := s.Retr(ctx, 1, file)
//	err = s.Quit(ctx)
//
// A *ReplyError reports that the server refused a command; Auth wraps it in an *AuthError. The
// session stays usable, as it does after an error of the caller's own writer or sink, which is
// returned unchanged.
//
// Three errors spoil the session: the connection is closed, and every later call returns the same
// error. They are *ProtocolError (an invalid reply, or a limit exceeded), *LineError (a closed,
// silent, broken or cancelled connection) and *TLSError (the TLS handshake failed).
//
// A Session serves one goroutine at a time; only Close and Err may be called from others.
package pop3
