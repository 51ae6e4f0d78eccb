package casefile

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/wire"
)

// maxChain is how many cases may continue one another.
const maxChain = 8

// Load reads NAME.case in files, and the cases that it continues.
func Load(files fs.FS, name string) (*Case, error) { return load(files, name, nil) }

func load(files fs.FS, name string, seen []string) (*Case, error) {
	name = strings.TrimSuffix(name, ".case")
	file := name + ".case"
	if slices.Contains(seen, name) || len(seen) == maxChain {
		return nil, &Problem{file, 1, wrong("chain", "let one of them stand alone", "%s continues itself, or too many others", name)}
	}
	src, err := readBounded(files, file)
	if err != nil {
		return nil, err
	}
	before := func(other string) (*Case, error) {
		if path.Dir(name) != "." {
			other = path.Join(path.Dir(name), other)
		}
		return load(files, other, append(seen, name))
	}
	return parse(file, src, before)
}

// readBounded reads no more of a file than one byte beyond what is allowed.
func readBounded(files fs.FS, file string) ([]byte, error) {
	f, err := files.Open(file)
	if err != nil {
		return nil, fault.Wrap(err, fault.NotFound, "casefile.open", "check the path; the name of a case file ends in .case", "cannot open %s", file)
	}
	defer f.Close() //nolint:errcheck // it was only read
	src, err := io.ReadAll(io.LimitReader(f, wire.MaxCase+1))
	if err != nil {
		return nil, fault.Wrap(err, fault.NotFound, "casefile.read", "check that it is a file that you may read", "cannot read %s", file)
	}
	return src, nil
}

// Parse reads a case file that continues no other.
func Parse(file string, src []byte) (*Case, error) {
	return parse(file, src, func(string) (*Case, error) {
		return nil, wrong("continues", "open it by its path, beside the case that it continues", "a case that continues another cannot be read alone")
	})
}

func parse(file string, src []byte, before func(string) (*Case, error)) (*Case, error) {
	s, err := lex(file, src)
	if err != nil {
		return nil, err
	}
	p := &parser{before: before, lines: map[[2]record.Name]bool{}, c: &Case{
		File: file, Name: strings.TrimSuffix(path.Base(file), ".case"), src: s,
		labels: map[string]labelled{}, roles: map[record.Name]record.RoleKind{},
	}}
	for i := range s.statements {
		st := &s.statements[i]
		c := &cursor{line: st.line()}
		for _, r := range st.rows {
			c.tokens = append(c.tokens, r.tokens...)
		}
		if err := p.statement(st, c); err != nil {
			p.problem(c.line, err)
			if len(p.errs) >= maxProblems || errors.Is(err, errStop) {
				break
			}
		}
	}
	if len(p.errs) == 0 {
		p.finish()
	}
	if len(p.errs) > 0 {
		return nil, errors.Join(p.errs...)
	}
	return p.c, nil
}

// parser gives statements their meaning.
type parser struct {
	c       *Case
	before  func(string) (*Case, error)
	errs    []error
	now     record.Instant
	clocked bool // the clock was set
	stepped bool // something has happened
	asked   bool // the questions have begun
	lines   map[[2]record.Name]bool
	texts   []textUse // names of terms, to be looked up at the end
}

// textUse is a place where a term or package is named before it need be there.
type textUse struct {
	name record.Name
	line int
}

// errStop ends the reading: what follows could not be understood.
var errStop = errors.New("stop")

func (p *parser) problem(line int, err error) {
	if errors.Is(err, errStop) && len(p.errs) > 0 {
		return
	}
	p.errs = append(p.errs, asProblem(p.c.File, line, err))
}

// part is where in a file a statement may stand.
type part int

const (
	anywhere part = iota
	heading       // before everything else
	setting       // before anything happens
	action        // after the clock is set
)

type verb struct {
	part part
	do   func(p *parser, st *statement, c *cursor) error
}

func topVerbs() map[string]verb {
	return map[string]verb{
		"title":     {heading, (*parser).title},
		"continues": {heading, (*parser).continues},
		"clock":     {heading, (*parser).clock},
		"side":      {setting, (*parser).side},
		"party":     {setting, (*parser).party},
		"person":    {setting, (*parser).person},
		"desk":      {setting, (*parser).desk},
		"line":      {setting, (*parser).openLine},
		"at":        {action, (*parser).at},
		"drop":      {action, (*parser).wire},
		"delay":     {action, (*parser).wire},
		"duplicate": {action, (*parser).wire},
		"reorder":   {action, (*parser).wire},
		"offline":   {action, (*parser).wire},
		"online":    {action, (*parser).wire},
		"ask":       {anywhere, (*parser).ask},
	}
}

func (p *parser) statement(st *statement, c *cursor) error {
	head, ok := c.take()
	if !ok || head.kind != tokWord {
		return wrong("head", "begin with a word such as `person`, `at`, `envoy:` or `ask`", "%s cannot begin a statement", shown(head, ok))
	}
	if keeper, isDesk := strings.CutSuffix(head.text, ":"); isDesk {
		return p.atDesk(record.Name(keeper), c)
	}
	verbs := topVerbs()
	v, known := verbs[head.text]
	if !known {
		hint := suggest(head.text, slices.Collect(maps.Keys(verbs)))
		if _, isDeskVerb := deskVerbs()[head.text]; isDeskVerb {
			hint = "say at whose desk: `envoy: " + head.text + " …`"
		}
		return wrong("unknown", hint, "no statement begins with %q", head.text)
	}
	if err := p.inOrder(head.text, v.part); err != nil {
		return err
	}
	return v.do(p, st, c)
}

// inOrder keeps the parts of a file in their order, so that whoever reads it
// knows where to look.
func (p *parser) inOrder(word string, at part) error {
	switch {
	case at == heading && p.stepped, at == setting && p.stepped:
		return wrong("order", "move it up, above the first thing that happens", "`%s` comes after something has happened", word)
	case at != heading && !p.clocked && p.c.Before == nil:
		return wrong("clock", "begin the file with: clock 2025-04-01 09:00 +03:00", "`%s` comes before the clock is set", word)
	case at == action && p.asked:
		return wrong("order", "move it up, above the first `ask`", "`%s` comes after a question; questions are asked when all has happened", word)
	}
	return nil
}

func (p *parser) title(_ *statement, c *cursor) error {
	if p.c.Title != "" {
		return wrong("twice", "keep one of them", "a second title")
	}
	f := fields{}
	f.bare(&p.c.Title)
	if err := f.run(c); err != nil {
		return err
	}
	if p.c.Title == "" {
		return wrong("text", `write: title "…"`, "a title without words")
	}
	return nil
}

func (p *parser) continues(_ *statement, c *cursor) error {
	name, err := c.word("the name of a case", "write: continues release-2025")
	if err != nil {
		return err
	}
	if p.c.Before != nil || p.clocked || len(p.c.Persons)+len(p.c.Parties) > 0 {
		return wrong("order", "put it first, and once", "`continues` does not stand first")
	}
	if err := record.Name(name).Check(); err != nil {
		return err
	}
	before, err := p.before(name)
	if err != nil {
		// What is wrong there is told as it stands there, with its own lines.
		p.errs = append(p.errs, asProblem(p.c.File, c.line, err))
		return errStop
	}
	p.c.Before, p.c.zone, p.c.Zone = before, before.zone, before.Zone
	p.now, p.c.Start, p.c.end = before.end, before.end, before.end
	p.c.labels = maps.Clone(before.labels)
	p.c.roles = maps.Clone(before.roles)
	for _, l := range before.AllLines() {
		p.lines[[2]record.Name{l.A, l.B}] = true
	}
	return end(c)
}

func (p *parser) clock(_ *statement, c *cursor) error {
	if p.clocked {
		return wrong("twice", "use `at` to move it", "the clock is set a second time")
	}
	z, known := p.c.zone, p.c.Before != nil
	if !known {
		z = zone{loc: time.UTC}
	}
	t, own, err := c.moment(z, time.Time{})
	if err != nil {
		return err
	}
	if !known && own.name == "" {
		return wrong("zone", "write the zone behind the time: clock 2025-04-01 09:00 +03:00", "the clock has no zone")
	}
	if record.At(t) < p.now {
		return p.backwards(record.At(t))
	}
	p.c.zone, p.c.Zone, p.clocked = own, own.name, true
	p.now, p.c.Start, p.c.end = record.At(t), record.At(t), record.At(t)
	return end(c)
}

func (p *parser) at(_ *statement, c *cursor) error {
	t, _, err := c.moment(p.c.zone, p.day())
	if err != nil {
		return err
	}
	if record.At(t) < p.now {
		return p.backwards(record.At(t))
	}
	p.now, p.c.end, p.stepped = record.At(t), record.At(t), true
	p.c.Steps = append(p.c.Steps, Step{Line: c.line, At: p.now, Verb: "at", moves: true})
	return end(c)
}

func (p *parser) backwards(to record.Instant) error {
	return fault.New(fault.Clock, "casefile.backwards",
		"put it in the order of the clock; for what is logged later than it was said, use `said`",
		"the clock would go back from %s to %s", p.show(p.now), p.show(to))
}

// show gives an instant in the zone of the case.
func (p *parser) show(i record.Instant) string {
	if p.c.zone.loc == nil {
		return i.String()
	}
	return i.Time().In(p.c.zone.loc).Format("2006-01-02 15:04:05 -07:00")
}

// end refuses whatever stands behind a complete statement.
func end(c *cursor) error { return fields{}.run(c) }
