package cli

import (
	"io"

	"backchannel/internal/fault"
)

// caseCmd holds what is done with case files.
type caseCmd struct {
}

// demoCmd plays a whole negotiation on real desks.
type demoCmd struct {
	Headless bool
	Keep     bool
}

// Run plays it.
func (c *demoCmd) Run(a *app) error {
	return fault.New(fault.Refused, "cli.not-yet", "", "not yet")
}

// versionCmd shows the version.
type versionCmd struct{}

// Run shows it.
func (c *versionCmd) Run(a *app) error {
	return a.result(map[string]string{"version": a.deps.Version}, func(w io.Writer) error {
		return line(w, a.say("cli.version", "Version", a.deps.Version))
	})
}
