package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/spf13/pflag"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/fakeserver/control"
	"pop3mtm/fakeserver/control/page"
	"pop3mtm/fakeserver/control/tools"
)

// webFlags holds the flags of the HTTP listener, except its address.
type webFlags struct {
	token string
	mcp   bool
}

func (f *webFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.token, "http-token", "", "accept only callers that send \"Authorization: Bearer `TOKEN`\", or TOKEN as the password of any user; required for an address that other machines can reach")
	flags.BoolVar(&f.mcp, "mcp", false, "serve the tools for agents (MCP) at /mcp of --http")
}

// check returns an error for a listener that other machines could use without a token.
func (f *webFlags) check(address string) error {
	switch {
	case address == "" && f.token != "":
		return cli.Usage("--http-token needs --http")
	case address == "" && f.mcp:
		return cli.Usage("--mcp needs --http")
	case address == "":
		return nil
	}
	if err := control.CheckAddress(address, f.token); err != nil {
		return cli.Usage("--http: other machines could steer the simulator on %s; listen on 127.0.0.1, or give --http-token", address)
	}
	return nil
}

// web is the HTTP server: the API, the page and the tools.
type web struct {
	server *http.Server
	stop   context.CancelFunc // ends requests that wait or follow events
}

// newWeb returns the HTTP server. It does not listen yet.
func newWeb(service *control.Service, withTools bool, log *slog.Logger) *web {
	mux := http.NewServeMux()
	service.Mount(mux)
	page.New(service).Mount(mux)
	if withTools {
		mux.Handle("/mcp", tools.Handler(tools.New(service, cli.Version(), log), log))
	}
	return serving(service.Guard(mux), log)
}

// serving returns the HTTP server for a handler.
func serving(handler http.Handler, log *slog.Logger) *web {
	ctx, stop := context.WithCancel(context.Background())
	return &web{stop: stop, server: &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}}
}

// Serve serves until Shutdown.
func (w *web) Serve(l net.Listener) error { return w.server.Serve(l) }

// Shutdown ends requests that wait or follow events, and waits for other requests until ctx ends.
func (w *web) Shutdown(ctx context.Context) error {
	w.stop()
	err := w.server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return w.server.Close()
	}
	return err
}
