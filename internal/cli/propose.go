package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"backchannel/internal/accord"
	"backchannel/internal/casefile"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/view"
	"backchannel/internal/wire"
)

// proposeCmd puts a text forward: terms, and a package of them.
type proposeCmd struct {
	Name   record.Name   `arg:"" optional:""`
	File   string        `placeholder:"FILE" xor:"from"`
	Term   []string      `placeholder:"TERM" sep:"none" xor:"from"`
	Needs  []record.Name `placeholder:"PARTY"`
	Text   string        `placeholder:"TEXT"`
	Float  bool          `xor:"stance"`
	Unsaid bool          `xor:"stance"`
	Party  record.Name   `placeholder:"PARTY"`
	heard
	passing
	To []record.Name `placeholder:"NAME"`
	sending
}

// Run enters the text and who puts it forward, and sends both to whoever --to
// names.
func (c *proposeCmd) Run(a *app) error {
	return a.drafting(func(d *draft) error {
		src, err := c.source(a, d)
		if err != nil {
			return err
		}
		bodies, err := src.read(a, d)
		if err != nil {
			return err
		}
		if err := first(d.heard(c.heard), d.passing(c.passing)); err != nil {
			return err
		}
		d.e.Audience = c.To
		drafts, err := c.drafts(d, bodies)
		if err != nil {
			return err
		}
		return a.write(d.h, c.sending, drafts...)
	})
}

// drafts gives the entries: the texts, and an act on each package.
func (c *proposeCmd) drafts(d *draft, bodies []record.Body) ([]record.Entry, error) {
	var out []record.Entry
	for _, b := range bodies {
		e := d.e
		e.Body = b
		out = append(out, e)
	}
	if c.Unsaid {
		return out, nil
	}
	party, err := d.voice(c.Party, "--party")
	if err != nil {
		return nil, err
	}
	at := accord.Proposed
	if c.Float {
		at = accord.Floated
	}
	for _, b := range bodies {
		if p, ok := b.(accord.Package); ok {
			act := accord.Act{Party: party, Position: at, On: p.Ref()}
			if act.Under, err = d.mandate("", act); err != nil {
				return nil, err
			}
			e := d.e
			e.Body = act
			out = append(out, e)
		}
	}
	return out, nil
}

// textSource is a text in the syntax of case files, with the lines that a case
// needs before it.
type textSource struct {
	file string
	body string
}

func (c *proposeCmd) source(a *app, d *draft) (textSource, error) {
	switch {
	case c.File != "":
		return c.fromFile(a)
	case c.Name == "" || len(c.Term) == 0 || len(c.Needs) == 0:
		return textSource{}, fault.New(fault.Malformed, "cli.propose", "name a file with --file; or give a name, --term for each term, and --needs",
			"there is no text to put forward")
	}
	var b strings.Builder
	var labels []string
	for _, t := range c.Term {
		name, rest, _ := strings.Cut(strings.TrimSpace(t), " ")
		fmt.Fprintf(&b, "term %s %s v%d %s\n", name, name, nextVersion(d.v.Ledger(), record.Name(name)), strings.ReplaceAll(rest, "\n", " "))
		labels = append(labels, name)
	}
	fmt.Fprintf(&b, "package the-package %s v%d terms %s needs %s", c.Name, nextVersion(d.v.Ledger(), c.Name), strings.Join(labels, ", "), joinNames(c.Needs))
	if c.Text != "" {
		fmt.Fprintf(&b, " %s", quoted(c.Text))
	}
	return textSource{"--term", b.String() + "\n"}, nil
}

func (c *proposeCmd) fromFile(a *app) (textSource, error) {
	if c.File == "-" {
		s, err := a.needInput([]string{"-"})
		return textSource{"stdin", s + "\n"}, err
	}
	st, err := os.Stat(c.File)
	if err == nil && st.Size() > wire.MaxText {
		return textSource{}, fault.New(fault.Limit, "cli.propose-file", "split it", "%s is larger than %d bytes", c.File, wire.MaxText)
	}
	b, err := os.ReadFile(c.File)
	if err != nil {
		return textSource{}, fault.Wrap(err, fault.NotFound, "cli.propose-file", "check the path", "cannot read %s", c.File)
	}
	return textSource{c.File, string(b) + "\n"}, nil
}

// nextVersion gives the number of the next version of that name here.
func nextVersion(l *accord.Ledger, n record.Name) int {
	top := 0
	for _, p := range l.Packages() {
		if p.Body.Name == n {
			top = max(top, p.Body.Version)
		}
	}
	for _, t := range l.Terms() {
		if t.Body.Name == n {
			top = max(top, t.Body.Version)
		}
	}
	return top + 1
}

// read plays the text as a case of one desk, whose people and parties are
// those of the keeper's own record, and gives its terms and packages.
func (s textSource) read(a *app, d *draft) ([]record.Body, error) {
	keeper := d.h.Keeper()
	head := preamble(d, a.deps.Zone)
	text := strings.Join(head, "\n") + "\n"
	for i, l := range strings.Split(s.body, "\n") {
		if l != "" && !strings.ContainsAny(l[:1], " \t#\r") {
			if verb, _, _ := strings.Cut(l, " "); verb != "term" && verb != "package" {
				return nil, fault.New(fault.Malformed, "cli.propose-line", "write `term` and `package` statements alone, as in docs/case-format.md",
					"%s:%d: %q is neither a term nor a package", s.file, i+1, verb)
			}
			l = string(keeper) + ": " + l
		}
		text += l + "\n"
	}
	c, err := casefile.Parse(s.file, []byte(text))
	if err != nil {
		return nil, shifted(err, len(head))
	}
	stage := casefile.NewMemory(c)
	player := casefile.NewPlayer(stage, a.newID)
	if err := player.Play(context.WithoutCancel(a.ctx), c, nil); err != nil {
		return nil, shifted(err, len(head))
	}
	h, err := stage.Desk(keeper)
	if err != nil {
		return nil, err
	}
	r, err := h.Record(a.ctx)
	if err != nil {
		return nil, err
	}
	var out []record.Body
	for _, it := range r.Known() {
		switch it.Body.(type) {
		case accord.Term, accord.Package:
			out = append(out, it.Body)
		}
	}
	if len(out) == 0 {
		return nil, fault.New(fault.Malformed, "cli.propose-none", "write `term` and `package` statements, as in docs/case-format.md", "there is no text in %s", s.file)
	}
	return out, nil
}

// preamble gives the lines that make a text a case: a clock and everybody whom
// the keeper knows of, without titles: what others wrote has no place in it.
func preamble(d *draft, zone *time.Location) []string {
	now := d.s.now.Time().In(zone)
	out := []string{`title "a text"`, "clock " + now.Format("2006-01-02 15:04") + " " + zoneName(now)}
	for _, p := range d.v.Parties() {
		if p.Name != d.h.Keeper() {
			out = append(out, fmt.Sprintf("party %s %s", p.Name, quoted(string(p.Name))))
		}
	}
	known := []record.Name{}
	for _, p := range d.v.People() {
		if !slices.ContainsFunc(d.v.Parties(), func(x view.PartyInfo) bool { return x.Name == p.Name }) {
			known = append(known, p.Name)
			out = append(out, fmt.Sprintf("person %s %s", p.Name, quoted(string(p.Name))))
		}
	}
	if !slices.Contains(known, d.h.Keeper()) {
		out = append(out, fmt.Sprintf("person %s %s", d.h.Keeper(), quoted(string(d.h.Keeper()))))
	}
	return append(out, "desk "+string(d.h.Keeper()))
}

// shifted tells of problems by the lines of the text alone.
func shifted(err error, by int) error {
	var all []error
	for _, p := range casefile.Problems(err) {
		q := *p
		q.Line = max(1, q.Line-by)
		all = append(all, &q)
	}
	if len(all) == 0 {
		return err
	}
	return errors.Join(all...)
}

func joinNames(list []record.Name) string {
	var out []string
	for _, n := range list {
		out = append(out, string(n))
	}
	return strings.Join(out, ", ")
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// quoted writes a text as case files do.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(oneLine(s)) + `"`
}

// newID draws an id, for entries that refer to one another before they are
// planned.
func (a *app) newID() keys.ID {
	id, err := keys.NewID(rand.Reader)
	if err != nil {
		panic(err) // crypto/rand does not fail on the systems we support
	}
	return id
}
