package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/observe"
)

// observeCmd watches desks of its own, as an eavesdropper would.
type observeCmd struct {
	Watch observeRunCmd  `cmd:"" name:"watch" default:"withargs"`
	Part  observePartCmd `cmd:"" hidden:""`
}

type observeRunCmd struct {
	Windows  int           `default:"200"`
	Period   time.Duration `default:"250ms"`
	Ticks    int           `default:"4"`
	Groups   int           `default:"4"`
	Controls int           `default:"1"`
	Seed     uint64        `default:"1"`
	Pair     []string      `sep:"none" placeholder:"NAME"`
	Plot     string        `placeholder:"FILE"`
	Smoke    bool
}

// Run makes the observation. Its exit code is 1 if something did not come out
// as it must; with few windows much will not, and only --smoke knows that.
func (c *observeRunCmd) Run(a *app) error {
	exe, err := os.Executable()
	if err != nil {
		return fault.Wrap(err, fault.Internal, "cli.exe", "", "cannot find this program on the disk")
	}
	cfg := observe.Config{
		Program: []string{exe, "observe", "part"}, Period: c.Period, Ticks: c.Ticks, Groups: c.Groups, Controls: c.Controls,
		Blocks: max(2, (c.Windows+c.Groups-1)/max(1, c.Groups)), Seed: c.Seed, Only: c.Pair, Apart: !c.Smoke,
	}
	if c.Smoke {
		cfg.Period, cfg.Ticks, cfg.Groups, cfg.Controls, cfg.Blocks = 200*time.Millisecond, 3, 1, 1, 8
		cfg.Only = []string{"silence/talk", "unshaped"}
	}
	if c.Plot != "" { // before minutes of watching, and not behind them
		if _, err := os.Lstat(c.Plot); err == nil {
			return alreadyThere(c.Plot)
		}
	}
	var r observe.Report
	err = a.during("cli.observe.watching", func() (err error) {
		r, err = observe.Observe(a.ctx, cfg)
		return err
	})
	if err != nil {
		return err
	}
	if c.Plot != "" {
		if err := newFile(c.Plot, observe.Plot(r)); err != nil {
			return err
		}
	}
	if err := a.result(r, func(w io.Writer) error { return a.printFindings(w, r) }); err != nil {
		return err
	}
	return observeVerdict(r, c.Smoke)
}

// observeVerdict is an error if something did not come out as it must. In a
// smoke test only the control that nobody can overlook counts.
func observeVerdict(r observe.Report, smoke bool) error {
	var bad []string
	for _, f := range r.Findings {
		if !f.Passed && (!smoke || f.Name == "unshaped") {
			bad = append(bad, f.Name+" "+f.Side)
		}
	}
	if len(bad) == 0 {
		return nil
	}
	return fault.New(fault.Unmet, "cli.observe.unmet", "watch more windows, on a machine that does nothing else", "not shown: %s", strings.Join(bad, ", "))
}

func (a *app) printFindings(w io.Writer, r observe.Report) error {
	num := func(x float64) string { return fmt.Sprintf("%.3f", x) }
	lines := []string{a.say("cli.observe.made", "Desks", r.Desks, "Period", (time.Duration(r.PeriodMS) * time.Millisecond).String(), "Seconds", r.Seconds)}
	for _, f := range r.Findings {
		id := "cli.observe.not-shown"
		switch {
		case f.Above > 0 && f.Passed:
			id = "cli.observe.seen"
		case f.Above > 0:
			id = "cli.observe.unseen"
		case f.Passed:
			id = "cli.observe.alike"
		}
		lines = append(lines, a.say("cli.observe.finding", "Pair", f.Name, "Side", f.Side, "First", f.Windows[0], "Second", f.Windows[1], "AUC", num(f.AUC),
			"Low", num(f.CI90[0]), "High", num(f.CI90[1]), "Epsilon", num(f.Epsilon), "Verdict", a.say(id)))
	}
	return a.print(w, lines...)
}

// observePartCmd is one desk of an observation, in a process of its own.
type observePartCmd struct{}

// Run runs it until its stdin ends.
func (c *observePartCmd) Run(a *app) error { return observe.Part(a.ctx) }
