package cli

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"backchannel/internal/casefile"
	"backchannel/internal/demo"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// caseCmd holds what is done with case files.
type caseCmd struct {
	Check caseCheckCmd `cmd:""`
	Play  casePlayCmd  `cmd:""`
	Ask   caseAskCmd   `cmd:""`
}

// loadCase reads a case file, and those that it continues from beside it.
func loadCase(file string) (*casefile.Case, error) {
	return casefile.Load(os.DirFS(filepath.Dir(file)), filepath.Base(file))
}

// teller puts answers into words.
func (a *app) teller(v *view.View, ans view.Answer) string {
	return strings.Join(a.book.Answer(v, ans), "\n")
}

// caseCheckCmd plays a case in memory and compares the answers.
type caseCheckCmd struct {
	File    string `arg:"" placeholder:"FILE"`
	Rewrite bool
}

// checked is what `case check` gives.
type checked struct {
	Case      string   `json:"case"`
	Questions int      `json:"questions"`
	Unmet     []string `json:"unmet"`
}

// Run checks it.
func (c *caseCheckCmd) Run(a *app) error {
	k, err := loadCase(c.File)
	if err != nil {
		return err
	}
	report, err := casefile.Check(a.ctx, k, a.teller)
	if err != nil {
		return err
	}
	if c.Rewrite {
		return replace(c.File, report.Golden(k, false))
	}
	out := checked{Case: k.Title, Questions: len(report.Answers), Unmet: []string{}}
	for _, p := range report.Unmet {
		out.Unmet = append(out.Unmet, p.Error())
	}
	err = a.result(out, func(w io.Writer) error {
		if len(out.Unmet) > 0 {
			return nil // the error tells them
		}
		return line(w, a.say("cli.case.checked", "Title", k.Title, "N", out.Questions))
	})
	return first(err, report.Err())
}

// replace puts text in the place of file, whole or not at all.
func replace(file string, text []byte) error {
	tmp := file + ".new"
	err := os.WriteFile(tmp, text, 0o644)
	if err == nil {
		err = os.Rename(tmp, file)
	}
	if err != nil {
		return fault.Wrap(err, fault.Disk, "cli.case-rewrite", "check that you may write there", "cannot write %s", file)
	}
	return nil
}

// casePlayCmd plays a case in memory and shows where each desk stands.
type casePlayCmd struct {
	File  string      `arg:"" placeholder:"FILE"`
	At    record.Name `placeholder:"NAME" xor:"at"`
	Vault string      `placeholder:"DIR" xor:"at"`
	Relay string      `placeholder:"HOST:PORT" default:"relay.example.org:443"`
	Cheap bool        `hidden:"" name:"weak-passphrase"`
}

// Run plays it.
func (c *casePlayCmd) Run(a *app) error {
	k, err := loadCase(c.File)
	if err != nil {
		return err
	}
	if c.Vault != "" {
		return c.makeVaults(a, k)
	}
	stage := casefile.NewMemory(k)
	if err := a.playOn(stage, k); err != nil {
		return err
	}
	all := map[record.Name]view.Standing{}
	views := map[record.Name]*view.View{}
	for _, n := range k.AllDesks() {
		if c.At != "" && n != c.At {
			continue
		}
		v, err := viewAt(a.ctx, stage, n, k.End())
		if err != nil {
			return err
		}
		views[n], all[n] = v, v.Standing()
	}
	if len(all) == 0 {
		return fault.New(fault.NotFound, "cli.case-desk", "name a desk of the case", "there is no desk of %s in it", c.At)
	}
	return a.result(all, func(w io.Writer) error {
		for _, n := range k.AllDesks() {
			if v := views[n]; v != nil {
				if err := line(w, a.say("cli.case.desk", "Keeper", a.book.Name(v, n))+"\n\n"+a.book.Standing(v, all[n])); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// playOn plays a case, and those that it continues.
func (a *app) playOn(stage casefile.Stage, k *casefile.Case) error {
	player := casefile.NewPlayer(stage, func() keys.ID { return a.newID() })
	b := a.bar("cli.case.playing")
	defer b.end()
	for _, one := range k.Chain() {
		if err := player.Play(a.ctx, one, func(p casefile.Progress) { b.step(p.Done, p.Total) }); err != nil {
			return err
		}
	}
	return nil
}

func viewAt(ctx context.Context, stage casefile.Stage, n record.Name, now record.Instant) (*view.View, error) {
	h, err := stage.Desk(n)
	if err != nil {
		return nil, err
	}
	r, err := h.Record(ctx)
	if err != nil {
		return nil, err
	}
	return view.Of(r.For(n, record.AsOf{}), now), nil
}

// caseAskCmd plays a case in memory and asks its questions.
type caseAskCmd struct {
	File string      `arg:"" placeholder:"FILE"`
	IDs  []string    `arg:"" optional:"" name:"ids"`
	At   record.Name `placeholder:"NAME"`
}

// Run asks them. What is expected is not compared: that is for check.
func (c *caseAskCmd) Run(a *app) error {
	k, err := loadCase(c.File)
	if err != nil {
		return err
	}
	report, err := casefile.Check(a.ctx, k, a.teller)
	if err != nil {
		return err
	}
	out := slices.DeleteFunc(slices.Clone(report.Answers), func(x casefile.Answer) bool {
		return c.At != "" && x.Desk != c.At || len(c.IDs) > 0 && !slices.Contains(c.IDs, x.ID)
	})
	if len(out) == 0 {
		return fault.New(fault.NotFound, "cli.case-question", "leave out the ids and --at to see all", "no such question in %s", c.File)
	}
	return a.result(out, func(w io.Writer) error {
		for _, x := range out {
			text := "    " + strings.ReplaceAll(x.Answer, "\n", "\n    ")
			if err := line(w, a.say("cli.case.answer", "ID", x.ID, "Desk", string(x.Desk), "Question", x.Question)+"\n"+text); err != nil {
				return err
			}
		}
		return nil
	})
}

// demoCmd plays a whole negotiation on real desks.
type demoCmd struct {
	Headless bool
	Keep     bool
}

// Run plays it.
func (c *demoCmd) Run(a *app) error {
	exe, err := os.Executable()
	if err != nil {
		return fault.Wrap(err, fault.Internal, "cli.exe", "", "cannot find this program on the disk")
	}
	return demo.Run(a.ctx, demo.Options{
		Exe: exe, Cases: casefile.Cases(), Last: "rival-texts-2025", Headless: c.Headless, JSON: a.root.JSON, Keep: c.Keep,
		Live: a.deps.Live, Out: a.deps.Out, Err: a.deps.Err, Book: a.book,
	})
}

// versionCmd shows the version.
type versionCmd struct{}

// Run shows it.
func (c *versionCmd) Run(a *app) error {
	return a.result(map[string]string{"version": a.deps.Version}, func(w io.Writer) error {
		return line(w, a.say("cli.version", "Version", a.deps.Version))
	})
}
