// Package control lets programs steer a running simulator: add mail, change rules, wait for
// something, and judge a client, each test for a user of its own.
//
// There is one set of operations, the methods of Service. Each takes a context and a struct or a
// name, and returns a struct or a *Problem. The HTTP API ([Service.Handler]), the tools for agents
// and the page call the same methods, so what one of them can do all can:
//
//	service := control.New(server, &control.Options{Addresses: control.Addresses{POP3: server.Addr()}})
//	user, err := service.CreateUser(ctx, control.NewUser{})
//	_, err = service.AddMessages(ctx, user.Name, control.NewMessages{Words: []byte("{file: plain.eml, uidl: a1}")})
//	_, err = service.AddRules(ctx, user.Name, []byte("{on: RETR 1, do: [{cut: {after: 100}}]}"))
//
// A tenant is a user: mailbox, rules, named state, sessions, transcripts and expectations are its
// own. A session belongs to the user that it has named last to the server.
//
// The files: service.go has Service and its limits, problem.go its errors, tenant.go what it knows
// of a user; then one file for each kind of thing with the operations on it. http.go and the
// routes_*.go files serve them over HTTP, guard.go says who may call.
package control
