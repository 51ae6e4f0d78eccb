package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"backchannel/internal/fault"
)

// describe gives every command, flag and argument its help from the catalogue:
// under its own path if there is something to say about it there, else under
// its name alone. A test looks for what has none.
func (a *app) describe(k *kong.Kong) error {
	a.describeNode(k.Model.Node, "")
	return nil
}

func (a *app) describeNode(n *kong.Node, path string) {
	for _, f := range n.Flags {
		setHelp(f.Value, a.helpOf("cli.flag.", path, f.Name))
	}
	for _, p := range n.Positional {
		setHelp(p, a.helpOf("cli.arg.", path, p.Name))
	}
	for _, c := range n.Children {
		own := strings.TrimPrefix(path+"."+c.Name, ".")
		c.Help = a.sayIf("cli.help." + own)
		c.Detail = a.sayIf("cli.more." + own)
		a.describeNode(c, own)
	}
}

func setHelp(v *kong.Value, s string) { v.Help, v.OrigHelp = s, s }

func (a *app) helpOf(kind, path, name string) string {
	if s := a.sayIf(kind + path + "." + name); s != "" {
		return s
	}
	return a.sayIf(kind + name)
}

func (a *app) groups() []kong.Group {
	var out []kong.Group
	for _, g := range groups {
		out = append(out, kong.Group{Key: g, Title: a.say("cli.group." + g)})
	}
	return out
}

// printHelp prints the help, and with that of the whole program the exit codes.
func (a *app) printHelp(o kong.HelpOptions, ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(o, ctx); err != nil || ctx.Selected() != nil {
		return err
	}
	return a.printExits(a.deps.Out)
}

func (a *app) printExits(w io.Writer) error {
	if err := line(w, "\n"+a.say("cli.exits")); err != nil {
		return err
	}
	for _, k := range kinds {
		if _, err := fmt.Fprintf(w, "  %3d  %s\n", exitOf(k), a.say("cli.exit."+string(k))); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "  %3d  %s\n", exitInterrupted, a.say("cli.exit.interrupted"))
	return err
}

// kinds are the kinds of error in the order of their exit codes. A test
// compares them with package fault.
var kinds = [...]fault.Kind{
	fault.Unmet, fault.Malformed, fault.Unauthentic, fault.Refused, fault.NotFound, fault.Exists, fault.InUse, fault.Passphrase,
	fault.Expired, fault.Limit, fault.Disk, fault.Clock, fault.Unreachable, fault.Corrupt, fault.Internal,
}

func exitOf(k fault.Kind) int { return fault.Exit(fault.New(k, "", "", "")) }
