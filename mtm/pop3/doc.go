// Package pop3 is a POP3 client (RFC 1939, CAPA and PIPELINING of RFC 2449, STLS of RFC 2595, AUTH
// of RFC 5034): bytes in, bytes out.
//
//	s, err := pop3.NewSession(ctx, conn, nil) // reads the greeting; a *tls.Conn makes its handshake first
//	err = s.Stls(ctx, &tls.Config{ServerName: "pop.example.org"})
//	err = s.User(ctx, "demo")                 // or Apop, or Auth with one of Mechanisms
//	err = s.Pass(ctx, "demo")
//	_, err = s.Capa(ctx)                      // PIPELINING opens the window of RetrAll
//	n, err := s.Retr(ctx, 1, file)
//	err = s.Quit(ctx)
//
// Four kinds of error come from the server's side. A *ReplyError is a refusal, inside an *AuthError
// when it was one of Auth, and the session lives on. A *ProtocolError (the bytes made no sense, or
// a limit was passed), a *LineError (closed, silent or cancelled line) and a *TLSError (a
// certificate that is not trusted, a handshake that failed) spoil the session: the connection is
// closed and every later call returns that same first error. Errors of the caller's own writers and
// sinks come back as they are and leave the session usable.
//
// A Session serves one goroutine at a time; only Close and Err may be called from others.
package pop3
