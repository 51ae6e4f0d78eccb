package casefile

import (
	"slices"

	"backchannel/internal/fault"
	"backchannel/internal/record"
)

// newName takes a name that is not taken yet.
func (p *parser) newName(c *cursor) (record.Name, error) {
	s, err := c.word("a name", "write a short name: lower-case letters, digits and hyphens")
	if err != nil {
		return "", err
	}
	n := record.Name(s)
	if err := n.Check(); err != nil {
		return "", err
	}
	_, person := p.c.Person(n)
	_, party := p.c.Party(n)
	if person || party {
		return "", fault.New(fault.Exists, "casefile.declared", "choose another name", "%s is declared already", n)
	}
	return n, nil
}

// declared takes the name of a person or a party.
func (p *parser) declared(c *cursor) (record.Name, error) {
	s, err := c.word("the name of a person or a party", "write the short name by which it was declared")
	if err != nil {
		return "", err
	}
	_, person := p.c.Person(record.Name(s))
	_, party := p.c.Party(record.Name(s))
	if !person && !party {
		return "", p.nobody(s, append(p.people(), p.parties()...), `declare it above: person `+safe(s)+` "…" or party `+safe(s)+` "…"`)
	}
	return record.Name(s), nil
}

func safe(s string) string {
	if record.Name(s).Check() != nil {
		return "NAME"
	}
	return s
}

// nobody is the fault of a name that was not declared.
func (p *parser) nobody(s string, known []string, otherwise string) error {
	hint := otherwise
	if near := suggest(s, known); len(near) > 12 && near[:12] == "did you mean" {
		hint = near
	}
	return fault.New(fault.NotFound, "casefile.nobody", hint, "nobody is called %q here", s)
}

func (p *parser) people() []string {
	var out []string
	for _, k := range p.c.Chain() {
		for _, x := range k.Persons {
			out = append(out, string(x.Name))
		}
	}
	return out
}

func (p *parser) parties() []string {
	var out []string
	for _, k := range p.c.Chain() {
		for _, x := range k.Parties {
			out = append(out, string(x.Name))
		}
	}
	return out
}

// aPerson takes the name of a person.
func (p *parser) aPerson(c *cursor) (record.Name, error) {
	s, err := c.word("the name of a person", "write the short name by which he was declared")
	if err != nil {
		return "", err
	}
	if _, ok := p.c.Person(record.Name(s)); !ok {
		return "", p.nobody(s, p.people(), `declare him above: person `+safe(s)+` "…"`)
	}
	return record.Name(s), nil
}

// aParty takes the name of a party.
func (p *parser) aParty(c *cursor) (record.Name, error) {
	s, err := c.word("the name of a party", "write the short name by which it was declared")
	if err != nil {
		return "", err
	}
	if _, ok := p.c.Party(record.Name(s)); !ok {
		return "", p.nobody(s, p.parties(), `declare it above: party `+safe(s)+` "…"`)
	}
	return record.Name(s), nil
}

// side only makes sides known; parties then stand on them.
func (p *parser) side(_ *statement, c *cursor) error {
	s, err := c.word("a name", "write: side north")
	if err != nil {
		return err
	}
	if err := record.Name(s).Check(); err != nil {
		return err
	}
	if slices.Contains(p.sides(), s) {
		return fault.New(fault.Exists, "casefile.declared", "delete this line", "the side %s is declared already", s)
	}
	p.c.Sides = append(p.c.Sides, record.Name(s))
	return end(c)
}

func (p *parser) sides() []string {
	var out []string
	for _, k := range p.c.Chain() {
		for _, s := range k.Sides {
			out = append(out, string(s))
		}
	}
	return out
}

func (p *parser) party(_ *statement, c *cursor) error {
	n, err := p.newName(c)
	if err != nil {
		return err
	}
	x := record.Party{Name: n}
	f := fields{}
	f.bare(&x.Title)
	f.flag("not-at-the-table", &x.Absent)
	f.one("side", func(c *cursor) error {
		s, err := c.word("a side", "write the name of a side")
		if err != nil {
			return err
		}
		if !slices.Contains(p.sides(), s) {
			return p.nobody(s, p.sides(), "declare it above: side "+safe(s))
		}
		x.Side = record.Name(s)
		return nil
	})
	if err := f.run(c); err != nil {
		return err
	}
	if x.Title == "" {
		return wrong("untitled", `write a title for people to read: party `+string(n)+` "…"`, "the party %s has no title", n)
	}
	p.c.Parties = append(p.c.Parties, x)
	return x.Check()
}

func (p *parser) person(_ *statement, c *cursor) error {
	n, err := p.newName(c)
	if err != nil {
		return err
	}
	x := record.Person{Name: n}
	var as record.RoleKind
	f := fields{}
	f.bare(&x.Title)
	f.one("of", func(c *cursor) (err error) { x.Of, err = p.aParty(c); return err })
	f.one("as", func(c *cursor) (err error) { as, err = aRole(c); return err })
	f.text("short", &x.Short)
	f.one("lang", func(c *cursor) (err error) { x.Lang, err = aLanguage(c); return err })
	if err := f.run(c); err != nil {
		return err
	}
	if x.Title == "" {
		return wrong("untitled", `write a title for people to read: person `+string(n)+` "…"`, "%s has no title", n)
	}
	if as.Speaks() && x.Of == "" {
		return wrong("role", "say of which party: of …", "%s is named %s of nobody", n, as)
	}
	p.c.Persons = append(p.c.Persons, x)
	p.c.roles[n] = as
	return x.Check()
}

// aRole takes a role.
func aRole(c *cursor) (record.RoleKind, error) {
	s, err := c.word("a role", "use principal, envoy, go-between, guarantor, implementer, monitor, witness, mediator or contact")
	if err != nil {
		return "", err
	}
	k := record.RoleKind(s)
	return k, record.Role{Person: "x", Party: "x", As: k}.Check()
}

// aLanguage takes a language tag (BCP 47).
func aLanguage(c *cursor) (string, error) {
	s, err := c.word("a language", "write it as en, ar or fr-CA")
	if err != nil {
		return "", err
	}
	for _, b := range []byte(s) {
		if b != '-' && (b < '0' || b > '9') && (b|0x20 < 'a' || b|0x20 > 'z') {
			return "", wrong("language", "write it as en, ar or fr-CA", "%q is not a language", s)
		}
	}
	return s, nil
}

func (p *parser) desk(_ *statement, c *cursor) error {
	n, err := p.aPerson(c)
	if err != nil {
		return err
	}
	if slices.Contains(p.c.AllDesks(), n) {
		return fault.New(fault.Exists, "casefile.declared", "delete this line", "%s has a desk already", n)
	}
	p.c.Desks = append(p.c.Desks, n)
	return end(c)
}

// aDesk takes the name of somebody who has a desk.
func (p *parser) aDesk(c *cursor) (record.Name, error) {
	s, err := c.word("whose desk", "write the name of somebody who has a desk")
	if err != nil {
		return "", err
	}
	return record.Name(s), p.hasDesk(s)
}

func (p *parser) hasDesk(s string) error {
	var known []string
	for _, d := range p.c.AllDesks() {
		known = append(known, string(d))
	}
	if slices.Contains(known, s) {
		return nil
	}
	hint := "declare it above: desk " + safe(s)
	if near := suggest(s, known); len(near) > 12 && near[:12] == "did you mean" {
		hint = near
	}
	return fault.New(fault.NotFound, "casefile.no-desk", hint, "%q has no desk here", s)
}

// openLine declares a line between two desks. Desks on opposing sides share
// none (law 4), so such a line is refused here, before anything is played.
func (p *parser) openLine(_ *statement, c *cursor) error {
	a, err := p.aDesk(c)
	if err != nil {
		return err
	}
	if _, ok := c.takeWord(func(s string) bool { return s == "to" }); !ok {
		return wrong("line", "write: line envoy to go-between", "a line needs two ends")
	}
	b, err := p.aDesk(c)
	if err != nil {
		return err
	}
	sideA, sideB := p.sideOf(a), p.sideOf(b)
	switch {
	case a == b:
		return wrong("line", "name two different desks", "a line from %s to itself", a)
	case p.lines[[2]record.Name{a, b}] || p.lines[[2]record.Name{b, a}]:
		return fault.New(fault.Exists, "casefile.declared", "delete this line of the file", "%s and %s have a line already", a, b)
	case sideA != "" && sideB != "" && sideA != sideB:
		return fault.New(fault.Refused, "casefile.opposing", "give each of them a line to the go-between instead",
			"%s stands on the side %s and %s on the side %s: desks on opposing sides share no line", a, sideA, b, sideB)
	}
	p.lines[[2]record.Name{a, b}] = true
	p.c.Lines = append(p.c.Lines, Line{A: a, B: b, At: c.line})
	return end(c)
}

func (p *parser) sideOf(person record.Name) record.Name {
	x, _ := p.c.Person(person)
	party, _ := p.c.Party(x.Of)
	return party.Side
}

func (p *parser) lined(a, b record.Name) bool {
	return p.lines[[2]record.Name{a, b}] || p.lines[[2]record.Name{b, a}]
}
