package casefile

import (
	"maps"
	"reflect"
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/convey"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// deskVerb is what can be done at a desk. Make gives the body that its fields
// fill in; verbs without one are read by do alone.
type deskVerb struct {
	make func() any
	do   func(p *parser, s *Step, c *cursor) error
}

func deskVerbs() map[string]deskVerb {
	verbs := map[string]deskVerb{
		"message": {func() any {
			return &record.Message{Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Inform}
		}, (*parser).entry},
		"log":          {func() any { return &record.Message{} }, (*parser).entry},
		"approach":     {func() any { return &record.Approach{} }, (*parser).entry},
		"open":         {func() any { return &record.Open{} }, (*parser).entry},
		"close":        {func() any { return &record.Close{} }, (*parser).entry},
		"note":         {func() any { return &record.Note{} }, (*parser).entry},
		"credential":   {func() any { return &record.Credential{} }, (*parser).entry},
		"instruction":  {func() any { return &record.Instruction{} }, (*parser).entry},
		"time-zone":    {func() any { return &record.TimeZone{} }, (*parser).entry},
		"mark":         {func() any { return &record.Conveyance{} }, (*parser).entry},
		"read-back":    {func() any { return &record.ReadBack{} }, (*parser).entry},
		"term":         {func() any { return &accord.Term{} }, (*parser).entry},
		"package":      {func() any { return &accord.Package{} }, (*parser).entry},
		"deed":         {func() any { return &accord.Performance{} }, (*parser).entry},
		"event":        {func() any { return &accord.Event{} }, (*parser).entry},
		"owes-nothing": {func() any { return &accord.NothingOwed{} }, (*parser).entry},
		"echo":         {func() any { return &accord.Act{Echo: true} }, (*parser).entry},
		"role":         {func() any { return &record.Role{} }, (*parser).role},
		"rule":         {func() any { return &record.Rule{} }, (*parser).rule},
		"give-back":    {func() any { return &record.Conveyance{Step: record.Returned} }, (*parser).entry},
		"correct":      {nil, (*parser).correct},
		"carry":        {nil, (*parser).carry},
		"tell":         {nil, (*parser).tellOver},
	}
	for word, position := range map[string]accord.Position{
		"float": accord.Floated, "propose": accord.Proposed, "accept": accord.Accepted,
		"reject": accord.Rejected, "deny": accord.Denied, "withdraw": accord.Withdrawn,
	} {
		verbs[word] = deskVerb{func() any { return &accord.Act{Position: position} }, (*parser).entry}
	}
	for word, body := range confirmVerbs() {
		verbs[word] = deskVerb{body, (*parser).entry}
	}
	for word, body := range besideVerbs() {
		verbs[word] = deskVerb{body, (*parser).entry}
	}
	for word, body := range circleVerbs() {
		verbs[word] = deskVerb{body, (*parser).entry}
	}
	return verbs
}

// atDesk reads what somebody does at his desk. Each takes a second on the case
// clock, so that what is written first is first.
func (p *parser) atDesk(keeper record.Name, c *cursor) error {
	if err := p.hasDesk(string(keeper)); err != nil {
		return err
	}
	if err := p.inOrder(string(keeper)+":", action); err != nil {
		return err
	}
	s := &Step{Line: c.line, At: p.now, Desk: keeper}
	_, refused := c.takeWord(func(s string) bool { return s == "refused" })
	word, err := c.word("what is done", "write what is done there, as in `envoy: message …`")
	if err != nil {
		return err
	}
	verbs := deskVerbs()
	v, known := verbs[word]
	if !known {
		return wrong("unknown", suggest(word, slices.Collect(maps.Keys(verbs))), "nobody can %q at a desk", word)
	}
	s.Verb = word
	if v.make != nil {
		s.body = v.make()
	}
	if err := v.do(p, s, c); err != nil {
		return err
	}
	if refused != (s.Refused != "") {
		return wrong("because", "write: "+string(keeper)+": refused "+word+" … because convey.consent", "`refused` and `because` go together")
	}
	p.stepped = p.stepped || s.Verb != "role" && s.Verb != "rule"
	p.now += 1000
	p.c.end = p.now
	p.c.Steps = append(p.c.Steps, *s)
	return nil
}

// because adds the refusal that is expected.
func (f fields) because(s *Step) {
	f.one("because", func(c *cursor) (err error) {
		s.Refused, err = c.word("the id of a refusal", "write it as the program tells it, such as convey.consent")
		return err
	})
}

// envelope adds the fields that every entry has.
func (p *parser) envelope(f fields, s *Step) {
	e := &s.entry
	f.said(p, s.At, &e.Said)
	f.name("said-by", p, &e.SaidBy)
	f.name("heard-from", p, &e.HeardFrom)
	f.label("answers", p, &s.refs.answers)
	f.labels("together", p, &s.refs.together)
	f.labels("about", p, &s.refs.about)
	f.one("given-to", func(c *cursor) error {
		return c.list(func(c *cursor) error {
			n, err := p.reachable(s.Desk, c)
			e.Audience = append(e.Audience, n)
			return err
		})
	})
	f.one("pass", func(c *cursor) error {
		w, err := c.word("a carrying instruction", "use may-pass, verbatim, if-asked, as-own-idea or not")
		passes := []string{string(record.PassMay), string(record.PassVerbatim), string(record.PassIfAsked), string(record.PassAsOwnIdea), string(record.PassNot)}
		if err == nil && !slices.Contains(passes, w) {
			err = wrong("unknown", suggest(w, passes), "%q is not a carrying instruction", w)
		}
		e.Carrying.Pass = record.Pass(w)
		return err
	})
	f.moment("not-before", p, &e.Carrying.NotBefore)
	f.text("words", &e.Carrying.Words)
	f["evidence"] = field{group: "evidence", many: true, take: func(c *cursor) error { return evidence(c, e) }}
	f.because(s)
}

func evidence(c *cursor, e *record.Entry) error {
	w, err := c.word("a sort of evidence", "use signed-paper, paper, recording or memory")
	if err != nil {
		return err
	}
	sorts := []string{string(record.SignedPaper), string(record.UnsignedDoc), string(record.Recording), string(record.Recollected)}
	if !slices.Contains(sorts, w) {
		return wrong("unknown", suggest(w, sorts), "%q is not a sort of evidence", w)
	}
	e.Evidence = append(e.Evidence, record.Evidence{What: record.EvidenceKind(w)})
	return nil
}

// reachable takes the name of somebody to whom keeper has a line.
func (p *parser) reachable(keeper record.Name, c *cursor) (record.Name, error) {
	n, err := p.aPerson(c)
	if err == nil && !p.lined(keeper, n) {
		err = fault.New(fault.Refused, "casefile.no-line",
			"log it by hand with `log`, or declare a line between their desks if the two may have one",
			"%s has no line to %s", keeper, n)
	}
	return n, err
}

// newLabel takes a label and binds it to s.
func (p *parser) newLabel(c *cursor, s *Step, kind record.Kind) error {
	w, err := c.word("a label", "give it a label by which later lines refer to it")
	if err != nil {
		return err
	}
	if record.Name(w).Check() != nil {
		return wrong("label", "use lower-case letters, digits and hyphens", "%q is not a label", w)
	}
	if old, taken := p.c.labels[w]; taken {
		return fault.New(fault.Exists, "casefile.label", "choose another label", "%q is the label of line %d already", w, old.line)
	}
	s.Label = w
	p.c.labels[w] = labelled{kind: kind, desk: s.Desk, line: c.line, step: s}
	return nil
}

// referTo takes a label that stands above, of one of these kinds.
func (p *parser) referTo(c *cursor, kinds ...record.Kind) (ref, error) {
	w, err := c.word("a label", "write the label of something above")
	if err != nil {
		return ref{}, err
	}
	known, ok := p.c.labels[w]
	if !ok {
		var all []string
		for l, of := range p.c.labels {
			if len(kinds) == 0 || slices.Contains(kinds, of.kind) {
				all = append(all, l)
			}
		}
		hint := "labels are bound where an entry is made, above the line that uses them"
		if near := suggest(w, all); len(near) > 12 && near[:12] == "did you mean" {
			hint = near
		}
		return ref{}, fault.New(fault.NotFound, "casefile.no-label", hint, "nothing above has the label %q", w)
	}
	if len(kinds) > 0 && !slices.Contains(kinds, known.kind) {
		return ref{}, wrong("label-kind", "use the label of a "+string(kinds[0]), "%q is the label of a %s (line %d)", w, known.kind, known.line)
	}
	return ref{w, c.line}, nil
}

// entry reads a verb that writes one entry.
func (p *parser) entry(s *Step, c *cursor) error {
	if err := p.newLabel(c, s, value(s.body).Kind()); err != nil {
		return err
	}
	f, finish := p.bodyFields(s)
	if err := p.headOf(s, c); err != nil {
		return err
	}
	p.envelope(f, s)
	if err := f.run(c); err != nil {
		return err
	}
	if err := finish(); err != nil {
		return err
	}
	if s.entry.SaidBy == s.Desk {
		s.entry.SaidBy = ""
	}
	if s.entry.SaidBy != "" && s.entry.HeardFrom == "" {
		s.entry.HeardFrom = s.entry.SaidBy
	}
	return p.sound(s)
}

// headOf reads what stands between the label of a text and its fields: its
// name and its version.
func (p *parser) headOf(s *Step, c *cursor) error {
	var name *record.Name
	var version *int
	switch b := s.body.(type) {
	case *accord.Term:
		name, version = &b.Name, &b.Version
	case *accord.Package:
		name, version = &b.Name, &b.Version
	default:
		return nil
	}
	var err error
	if *name, err = p.textName(c); err != nil {
		return err
	}
	p.texts = p.texts[:len(p.texts)-1] // it is declared here, not used
	w, err := c.word("a version", "write the version behind the name, as in v1")
	if err != nil {
		return err
	}
	n, ok := versionOf(w)
	if !ok {
		return wrong("version", "write it as v1, v2 and so on", "%q is not a version", w)
	}
	*version = n
	return nil
}

func versionOf(w string) (int, bool) {
	if len(w) < 2 || len(w) > 6 || w[0] != 'v' || w[1] == '0' {
		return 0, false
	}
	n := 0
	for _, d := range []byte(w[1:]) {
		if d < '0' || d > '9' {
			return 0, false
		}
		n = 10*n + int(d-'0')
	}
	return n, true
}

// textName takes the name of a term or a package, which may be declared later.
func (p *parser) textName(c *cursor) (record.Name, error) {
	w, err := c.word("the name of a term or package", "write its name")
	if err != nil {
		return "", err
	}
	p.texts = append(p.texts, textUse{record.Name(w), c.line})
	return record.Name(w), record.Name(w).Check()
}

// sound checks the entry as far as it can be checked before it is played.
func (p *parser) sound(s *Step) error {
	e := s.entry
	e.ID, e.By, e.At, e.Body = keys.ID{1}, s.Desk, max(s.At, 1), filled(s.body)
	if len(e.Audience) > 0 && record.IsPrivate(e.Body) {
		return fault.New(fault.Refused, "casefile.private", "leave given-to out, or write a message", "a %s stays on the desk that keeps it", e.Body.Kind())
	}
	return e.Check()
}

// value gives the body behind the pointer.
func value(body any) record.Body {
	b, ok := reflect.ValueOf(body).Elem().Interface().(record.Body)
	if !ok {
		panic("casefile: a verb makes a body of an unknown type")
	}
	return b
}

// filled is value with everything filled in that is known only when played.
func filled(body any) record.Body {
	switch b := value(body).(type) {
	case record.Conveyance:
		b.Of = keys.ID{1}
		return b
	case record.ReadBack:
		b.Of = keys.ID{1}
		return b
	case accord.Term:
		b.Salt = keys.ID{1}
		return b
	case accord.Package:
		b.Salt = keys.ID{1}
		return b
	case accord.Act:
		b.On.Hash = keys.Hash{1}
		return b
	case accord.Performance:
		b.On.Hash = keys.Hash{1}
		return b
	default:
		return circleFilled(besideFilled(confirmFilled(b)))
	}
}

func (p *parser) role(s *Step, c *cursor) error {
	b := s.body.(*record.Role)
	n, err := p.aPerson(c)
	if err != nil {
		return err
	}
	x, _ := p.c.Person(n)
	b.Person, b.Party, b.As = n, x.Of, p.c.roles[n]
	f := fields{}
	f.one("of", func(c *cursor) (err error) { b.Party, err = p.aParty(c); return err })
	f.one("as", func(c *cursor) (err error) { b.As, err = aRole(c); return err })
	if err := f.run(c); err != nil {
		return err
	}
	if b.As == "" {
		return wrong("role", "say as what: as envoy", "no role is declared for %s", n)
	}
	return b.Check()
}

func (p *parser) rule(s *Step, c *cursor) error {
	b := s.body.(*record.Rule)
	w, err := c.word("a caucus rule", "use ask-first or pass-unless-marked")
	if err != nil {
		return err
	}
	if w != "ask-first" && w != "pass-unless-marked" {
		return wrong("unknown", suggest(w, []string{"ask-first", "pass-unless-marked"}), "%q is not a caucus rule", w)
	}
	b.PassUnlessMarked = w == "pass-unless-marked"
	return end(c)
}

func (p *parser) carry(s *Step, c *cursor) error {
	of, err := p.referTo(c)
	if err != nil {
		return err
	}
	s.refs.of = of
	s.order = &convey.Order{Fidelity: record.Verbatim}
	o := s.order
	f := fields{}
	f.name("to", p, &o.To)
	words(f, &o.Fidelity, record.Verbatim, record.Translation, record.Paraphrase, record.OwnView, record.Hearsay, record.Sealed)
	words(f, &o.Form, record.Text, record.Call, record.VoiceNote, record.Meeting, record.Paper)
	f.bare(&o.Text)
	f.one("lang", func(c *cursor) (err error) { o.Lang, err = aLanguage(c); return err })
	f.text("consent", &o.Consent)
	f.flag("asked", &o.Asked)
	f.flag("receipt", &o.Receipt)
	f.said(p, s.At, &o.Said)
	f.because(s)
	f.one("as", func(c *cursor) error {
		kind := p.c.labels[of.label].kind
		if o.Fidelity == record.OwnView {
			kind = record.KindMessage
		}
		return p.newLabel(c, s, kind)
	})
	if err := f.run(c); err != nil {
		return err
	}
	if o.To == "" {
		return wrong("to", "say to whom: to …", "it is carried to nobody")
	}
	if o.Form == "" && !p.lined(s.Desk, o.To) {
		return fault.New(fault.Refused, "casefile.no-line", "say how it was said by hand (call, meeting, paper …), or declare a line", "%s has no line to %s", s.Desk, o.To)
	}
	return nil
}
