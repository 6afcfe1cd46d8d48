// Package control has the operations with which programs control a running simulator: they add
// mail, change rules, wait for something, and judge a client. Each test has its own user.
//
// The operations are the methods of Service. Each takes a context and a struct or a name, and
// returns a struct or a *Problem. The HTTP API ([Service.Handler]), the tools for agents and the
// page call the same methods, so each of them can do the same:
//
//	service := control.New(server, &control.Options{Addresses: control.Addresses{POP3: server.Addr()}})
//	user, err := service.CreateUser(ctx, control.NewUser{})
//	_, err = service.AddMessages(ctx, user.Name, control.NewMessages{Words: []byte("{file: plain.eml, uidl: a1}")})
//	_, err = service.AddRules(ctx, user.Name, []byte("{on: RETR 1, do: [{cut: {after: 100}}]}"))
//
// Each user is a tenant, with its own mailbox, rules, named state, sessions, transcripts and
// expectations. A session belongs to the user whose name the client has sent last.
//
// The files: service.go has Service and its limits, problem.go its errors, tenant.go the data of a
// user. Then there is a file with operations for each kind of thing. http.go and the routes_*.go
// files serve them over HTTP; guard.go decides who may call.
package control
