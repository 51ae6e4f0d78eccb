// Command backchannel keeps the record of a negotiation through a go-between,
// and carries it. See README.md.
package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"backchannel/internal/cli"
	"backchannel/internal/desk"
	"backchannel/internal/web"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	d := cli.OS(version())
	d.Page = page
	code := cli.Run(ctx, os.Args[1:], d)
	stop()
	os.Exit(code)
}

// page makes the web page of a desk that is being served.
func page(h desk.Handle, caseClock bool, log *slog.Logger) (cli.Page, error) {
	return web.New(h, web.Options{CaseClock: caseClock, Log: log, Onion: cli.Onion})
}

// version gives what the build says of itself.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			v += " " + s.Value[:12]
		}
	}
	return v
}
