package casefile

import (
	"fmt"
	"slices"
	"strings"

	"backchannel/internal/fault"
	"backchannel/internal/record"
)

// Bounds on questions.
const (
	maxID    = 32 // bytes of a question's id
	maxParts = 16 // queries of one question
)

// ask reads a question, its queries and what is expected. Its first line and
// the lines under it up to the first query say what is asked; each query has
// the expectations that stand under it.
func (p *parser) ask(st *statement, c *cursor) error {
	q := Question{Line: st.line()}
	id, err := c.word("an id", "write: ask Q1 at go-between \"…\"")
	if err != nil {
		return err
	}
	if len(id) > maxID || strings.ContainsFunc(id, func(r rune) bool { return !safeInID(r) }) {
		return wrong("id", "use at most 32 letters, digits, hyphens and dots", "%q cannot be the id of a question", id)
	}
	if _, ok := c.takeWord(func(s string) bool { return s == "at" }); !ok {
		return wrong("at", "say at whose desk: ask "+id+" at go-between \"…\"", "no desk is asked")
	}
	q.ID = id
	if q.Desk, err = p.aDesk(c); err != nil {
		return err
	}
	for _, k := range p.c.Chain() {
		for _, other := range k.Questions {
			if other.ID == id && other.Desk == q.Desk {
				return fault.New(fault.Exists, "casefile.declared", "choose another id", "the question %s is asked of %s at line %d of %s already", id, q.Desk, other.Line, k.File)
			}
		}
	}
	p.asked, p.stepped = true, true
	if err := p.askRows(st, c, &q); err != nil {
		return err
	}
	switch {
	case q.Text == "":
		c.line = q.Line
		return wrong("text", `write it in quotes: ask `+id+` at `+string(q.Desk)+` "…"`, "the question has no words")
	case len(q.Parts) == 0:
		c.line = q.Line
		return wrong("query", "put a line under it: query …", "nothing says how the record answers it")
	}
	p.c.Questions = append(p.c.Questions, q)
	return nil
}

func safeInID(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.'
}

func (p *parser) askRows(st *statement, c *cursor, q *Question) error {
	var asOf record.AsOf
	head := fields{}
	head.bare(&q.Text)
	p.clocks(head, &asOf)
	row := &cursor{tokens: st.rows[0].tokens, next: c.next, line: c.line}
	if err := run(c, row, head); err != nil {
		return err
	}
	for _, r := range st.rows[1:] {
		row := &cursor{tokens: r.tokens, line: r.line}
		c.line = r.line
		word := r.tokens[0]
		var last *Part
		if len(q.Parts) > 0 {
			last = &q.Parts[len(q.Parts)-1]
		}
		switch {
		case word.kind == tokWord && word.text == "query":
			if len(q.Parts) == maxParts {
				return fault.New(fault.Limit, "casefile.parts", "make two questions", "more than %d queries in one question", maxParts)
			}
			query := r.tokens[1].text
			if query == "" {
				return wrong("query", "write what the record is asked, as in docs/case-format.md", "an empty query")
			}
			if err := checkQuery(query); err != nil {
				return err
			}
			q.Parts = append(q.Parts, Part{Line: r.line, Query: query, AsOf: asOf})
		case word.kind == tokWord && word.text == "expect":
			if last == nil {
				return wrong("expect", "put it under a line that begins with `query`", "an expectation of no query")
			}
			row.take()
			e, err := expectation(row)
			c.line = row.line
			if err != nil {
				return err
			}
			last.Expects = append(last.Expects, e)
		case last == nil:
			if err := run(c, row, head); err != nil {
				return err
			}
		default:
			f := fields{}
			p.clocks(f, &last.AsOf)
			if err := run(c, row, f); err != nil {
				return err
			}
		}
	}
	return nil
}

func run(c, row *cursor, f fields) error {
	err := f.run(row)
	c.line = row.line
	return err
}

// clocks adds the two clocks.
func (p *parser) clocks(f fields, a *record.AsOf) {
	at := func(key string, into *record.Instant) {
		f.one(key, func(c *cursor) error {
			t, _, err := c.moment(p.c.zone, p.day())
			if *into = record.At(t); err == nil && *into > p.now {
				err = fault.New(fault.Clock, "casefile.future", "ask about a moment that is past when the question is asked", "%s lies behind the end of the case", p.show(*into))
			}
			return err
		})
	}
	at("as-it-stood", &a.Stood)
	at("as-we-knew", &a.Knew)
}

// expectation reads one of
//
//	expect FACT is "…" | contains "…" | lacks "…" | absent
//	expect says "…" | never "…" | nothing
//
// FACT is the fact's key, or more of what stands before its value: position, or
// position pause, or position pause power.
func expectation(c *cursor) (Expect, error) {
	e := Expect{Line: c.line}
	t, ok := c.peek()
	hint := `write: expect FACT is "…", contains "…", lacks "…" or absent; or expect says "…", never "…" or nothing`
	if !ok || t.kind == tokMark {
		c.take()
		return e, wrong("expect", hint, "%s stands where an expectation is needed", shown(t, ok))
	}
	alone := c.next+1 == len(c.tokens)
	switch how := How(t.text); {
	case t.kind == tokWord && how == Nothing && alone:
		c.take()
		e.Line, e.How = c.line, how
		return e, nil
	case t.kind == tokWord && (how == Says || how == Silent) && !alone && c.tokens[c.next+1].kind == tokText:
		c.take()
		e.Line, e.How = c.line, how
		return e, wanted(c, &e)
	}
	ways := []string{string(Is), string(Contains), string(Lacks), string(Absent)}
	var words []string
	for {
		t, ok := c.take()
		if !ok || t.kind == tokMark {
			if len(words) > 1 {
				hint = suggest(words[1], ways)
			}
			return e, wrong("expect", hint, "%s stands where `is`, `contains`, `lacks` or `absent` is needed", shown(t, ok))
		}
		e.Line = c.line
		if t.kind == tokWord && slices.Contains(ways, t.text) && len(words) > 0 {
			e.How = How(t.text)
			break
		}
		words = append(words, t.text)
	}
	if e.Fact = strings.Join(words, " "); e.How == Absent {
		return e, end(c)
	}
	return e, wanted(c, &e)
}

// wanted reads the words that are expected: in quotes, or one plain word.
func wanted(c *cursor, e *Expect) error {
	t, ok := c.take()
	if !ok || t.kind == tokMark {
		return wrong("expect", `write what is expected in quotes: "…"`, "%s stands where the expected words are needed", shown(t, ok))
	}
	e.Want = t.text
	return end(c)
}

// String gives the expectation as it stands in a file.
func (e Expect) String() string {
	switch e.How {
	case Nothing:
		return "expect " + string(e.How)
	case Says, Silent:
		return fmt.Sprintf("expect %s %s", e.How, quote(e.Want))
	case Absent:
		return fmt.Sprintf("expect %s absent", key(e.Fact))
	}
	want := quote(e.Want)
	if record.Name(e.Want).Check() == nil {
		want = e.Want
	}
	return fmt.Sprintf("expect %s %s %s", key(e.Fact), e.How, want)
}

// key gives what names a fact as words, each in quotes where it is none.
func key(k string) string {
	words := strings.Fields(k)
	for i, w := range words {
		odd := strings.ContainsAny(w, "\",()#\\") || plain(w) != nil
		if odd || i > 0 && slices.Contains([]string{string(Is), string(Contains), string(Lacks), string(Absent)}, w) {
			words[i] = quote(w)
		}
	}
	return strings.Join(words, " ")
}

// finish looks up what could only be looked up at the end.
func (p *parser) finish() {
	known := map[record.Name]bool{}
	var all []string
	for _, l := range p.c.labels {
		if l.step == nil {
			continue
		}
		if n := textNameOf(l.step.body); n != "" && !known[n] {
			known[n] = true
			all = append(all, string(n))
		}
	}
	for _, u := range p.texts {
		if !known[u.name] && len(p.errs) < maxProblems {
			p.problem(u.line, fault.New(fault.NotFound, "casefile.no-text", suggest(string(u.name), all), "no term or package of the file is named %q", u.name))
		}
	}
	if p.c.Title == "" {
		p.problem(1, wrong("untitled", `write at its top: title "…"`, "the case has no title"))
	}
	if len(p.c.AllDesks()) == 0 {
		p.problem(1, wrong("deskless", "declare at least one: desk NAME", "the case has no desk"))
	}
}
