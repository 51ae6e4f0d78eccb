package casefile

import (
	"slices"
	"strings"
)

// Format gives a case file as this package writes it: one blank between words,
// continued lines indented by two, no more than one blank line in a row. Prose
// stays where it is. It reads back as the same case.
func Format(file string, src []byte) ([]byte, error) {
	s, err := lex(file, src)
	if err != nil {
		return nil, err
	}
	return s.bytes(), nil
}

func (s *source) bytes() []byte {
	var b strings.Builder
	for _, st := range s.statements {
		for i, r := range st.rows {
			indent := ""
			if i > 0 {
				indent = "  "
			}
			writeLead(&b, r.lead, indent)
			b.WriteString(indent + r.text() + "\n")
		}
	}
	writeLead(&b, s.tail, "")
	return []byte(strings.TrimLeft(strings.TrimRight(b.String(), "\n")+"\n", "\n"))
}

func writeLead(b *strings.Builder, lead []lead, indent string) {
	for i, l := range lead {
		switch {
		case l.blank && i > 0 && lead[i-1].blank:
		case l.blank:
			b.WriteByte('\n')
		default:
			b.WriteString(indent + "#" + strings.TrimRight(l.comment, " \t") + "\n")
		}
	}
}

// text gives a row in its one form.
func (r row) text() string {
	var b strings.Builder
	open := true // nothing yet, or a bracket that was just opened
	for _, t := range r.tokens {
		closing := t.kind == tokMark && t.text != "("
		if !open && !closing {
			b.WriteByte(' ')
		}
		open = t.kind == tokMark && t.text == "("
		if t.kind == tokText {
			b.WriteString(quote(t.text))
		} else {
			b.WriteString(t.text)
		}
	}
	out := strings.TrimRight(b.String(), " ")
	if r.marked {
		out += "  #" + strings.TrimRight(r.comment, " \t")
	}
	return out
}

// Rewrite gives the file with what is expected under each query replaced by
// expect, in the file's own form. Everything else, prose included, stays. A
// query for which expect gives nil keeps what it has.
func Rewrite(c *Case, expect func(q Question, p Part) []Expect) []byte {
	out := source{file: c.src.file, tail: c.src.tail}
	parts := map[int][]Expect{} // by line of the query
	known := map[int]bool{}
	for _, q := range c.Questions {
		for _, p := range q.Parts {
			if e := expect(q, p); e != nil {
				parts[p.Line], known[p.Line] = e, true
			}
		}
	}
	for _, st := range c.src.statements {
		out.statements = append(out.statements, statement{rows: rewriteRows(st.rows, parts, known)})
	}
	return out.bytes()
}

func rewriteRows(rows []row, parts map[int][]Expect, known map[int]bool) []row {
	var out []row
	query := 0
	pending := func() {
		for _, e := range parts[query] {
			r := row{line: query}
			_ = r.split(e.String()) // our own words, which always split
			out = append(out, r)
		}
		query = 0
	}
	for _, r := range rows {
		switch word := r.tokens[0].text; {
		case word == "query":
			pending()
			if known[r.line] {
				query = r.line
			}
		case word == "expect" && query != 0:
			continue
		}
		out = append(out, r)
	}
	pending()
	return slices.Clip(out)
}
