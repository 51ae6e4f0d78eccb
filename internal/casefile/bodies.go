package casefile

import (
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/fault"
	"backchannel/internal/record"
)

// bodyFields gives the fields of the body that s is making, and what is to be
// checked when all were read.
func (p *parser) bodyFields(s *Step) (fields, func() error) {
	f := fields{}
	finish := func() error { return nil }
	switch b := s.body.(type) {
	case *record.Message:
		return f, p.message(f, s, b)
	case *record.Approach:
		f.name("by", p, &b.Asker)
		f.name("to", p, &b.To)
		f.names("through", p, &b.Through)
		words(f, &b.Form, record.Text, record.Call, record.VoiceNote, record.Meeting, record.Paper)
		f.bare(&b.Text)
		finish = func() error {
			if b.Asker == "" || b.To == "" {
				return wrong("approach", "say by whom and to whom: by …, to …", "an approach by nobody, or to nobody")
			}
			if b.Asker != s.Desk && s.entry.SaidBy == "" {
				s.entry.SaidBy = b.Asker
			}
			return nil
		}
	case *record.Open:
		f.bare(&b.Text)
	case *record.Close:
		f.bare(&b.Text)
	case *record.Note:
		f.bare(&b.Text)
		finish = func() error { return needText(b.Text) }
	case *record.Instruction:
		f.name("holder", p, &b.Holder)
		f.bare(&b.Text)
		finish = func() error { return needText(b.Text) }
	case *record.TimeZone:
		f.name("of", p, &b.Of)
		f.one("zone", func(c *cursor) (err error) {
			b.Zone, err = c.word("a zone", "write its name, as in zone Asia/Qatar")
			return err
		})
		f.bare(&b.Place)
		finish = func() error {
			return needName(b.Of, "of", "say whose clock it is: time-zone LABEL of PARTY zone Asia/Qatar")
		}
	case *record.Credential:
		finish = p.credential(f, s, b)
	case *record.Conveyance:
		f.label("of", p, &s.refs.of)
		if s.Verb == "give-back" {
			words(f, &b.Form, record.Text, record.Call, record.VoiceNote, record.Meeting, record.Paper)
			f.bare(&b.Note)
			return f, func() error { b.To = s.Desk; return needRef(s.refs.of, "of", s.Verb) } // to whom, the desk knows
		}
		f.label("copy", p, &s.refs.copy)
		f.name("to", p, &b.To)
		words(f, &b.Step, record.Drafted, record.Handed, record.Conveyed, record.Received, record.Returned, record.Lost)
		words(f, &b.Fidelity, record.Verbatim, record.Translation, record.Paraphrase, record.OwnView, record.Hearsay, record.Sealed)
		words(f, &b.Form, record.Text, record.Call, record.VoiceNote, record.Meeting, record.Paper)
		f.bare(&b.Note)
		finish = func() error { return needRef(s.refs.of, "of", s.Verb) }
	case *record.ReadBack:
		f.label("of", p, &s.refs.of)
		f.name("by", p, &b.By)
		f["ok"] = field{group: "ok", take: func(*cursor) error { b.OK, b.Corrected = true, ""; return nil }}
		f["corrected"] = field{group: "ok", take: func(c *cursor) error { b.OK = false; return takeText(c, "corrected", &b.Corrected) }}
		finish = func() error { return needRef(s.refs.of, "of", s.Verb) }
	default:
		if done, ok := p.besideFields(f, s); ok {
			return f, done
		}
		if done, ok := p.circleFields(f, s); ok {
			return f, done
		}
		if done, ok := p.confirmFields(f, s); ok {
			return f, done
		}
		finish = p.accordFields(f, s)
	}
	return f, finish
}

// accordFields is bodyFields for terms, packages, and what is said of them.
func (p *parser) accordFields(f fields, s *Step) func() error {
	switch b := s.body.(type) {
	case *accord.Term:
		p.term(f, s, b)
	case *accord.Package:
		return p.pack(f, s, b)
	case *accord.Act:
		f.label("on", p, &s.refs.on, accord.KindPackage, accord.KindTerm)
		f.one("for", func(c *cursor) (err error) { b.Party, err = p.declared(c); return err })
		f.label("under", p, &s.refs.under, record.KindCredential)
		f.bare(&b.Text)
		return func() error {
			if b.Party == "" {
				return wrong("for", "say for which party: for …", "an act in nobody's name")
			}
			return needRef(s.refs.on, "on", s.Verb)
		}
	case *accord.NothingOwed:
		f.one("for", func(c *cursor) (err error) { b.Party, err = p.declared(c); return err })
		f.name("told", p, &b.Told)
		f.bare(&b.Text)
		return func() error {
			if b.Party == "" {
				return wrong("for", "say which party owes nothing: for …", "nobody is said to owe nothing")
			}
			return nil
		}
	case *accord.Performance:
		f.label("on", p, &s.refs.on, accord.KindTerm)
		f.name("by", p, &b.By)
		words(f, &b.Deed, accord.Announced, accord.Done, accord.Claimed, accord.Verified, accord.Alleged, accord.Found,
			accord.Suspended, accord.Resumed, accord.Discharged, accord.Met, accord.Unmet, accord.Triggered, accord.Answered)
		f.names("persons", p, &b.Persons)
		f.bare(&b.Text)
		amount := 0
		f.number("amount", &amount)
		f.one("unit", func(c *cursor) (err error) { b.Unit, err = aUnit(c); return err })
		return func() error { b.Amount = max(b.Amount, int64(amount)); return needRef(s.refs.on, "on", s.Verb) }
	case *accord.Event:
		f.name("by", p, &b.By)
		f.bare(&b.What)
		f.moment("happened", p, &b.At)
		f.flag("denied", &b.Denied)
		return func() error {
			if b.By == "" || b.What == "" {
				return wrong("event", `say who states it, and what happened in the words of the term: by … "…"`, "nobody says that it happened, or nothing did")
			}
			return nil
		}
	}
	return func() error { return nil }
}

func needText(s string) error {
	if s == "" {
		return wrong("text", `write it in quotes: "…"`, "there are no words")
	}
	return nil
}

func needRef(r ref, key, verb string) error {
	if r.label == "" {
		return wrong(key, "say which one, by its label: "+verb+" … "+key+" LABEL", "`%s` is missing", key)
	}
	return nil
}

// message adds the fields of a message: of the keeper's own, which goes over a
// line, or of one that he logs by hand.
func (p *parser) message(f fields, s *Step, b *record.Message) func() error {
	hand := s.Verb == "log" || s.Verb == "correct" && b.From != s.Desk
	words(f, &b.Form, record.Text, record.Call, record.VoiceNote, record.Meeting, record.Paper)
	words(f, &b.Fidelity, record.Verbatim, record.Translation, record.Paraphrase, record.OwnView, record.Hearsay, record.Sealed)
	words(f, &b.SpeechAct, record.Inform, record.Ask, record.Float, record.Propose, record.Counter, record.Accept, record.Reject,
		record.Confirm, record.Deny, record.Decline, record.Withdraw, record.Warn, record.Report)
	words(f, &b.Attribution, record.OnTheRecord, record.NotForAttr, record.NonPaper)
	f.text("authority", &b.Authority)
	f.text("source", &b.Source)
	f.one("lang", func(c *cursor) (err error) { b.Lang, err = aLanguage(c); return err })
	f.one("source-lang", func(c *cursor) (err error) { b.SourceLang, err = aLanguage(c); return err })
	f.name("translator", p, &b.Translator)
	f.number("draft", &b.Draft)
	f.label("denies", p, &s.refs.denies, record.KindMessage)
	f.bare(&b.Text)
	if hand {
		f.name("from", p, &b.From)
		f.name("to", p, &b.To)
		f.names("via", p, &b.Via)
		return func() error { return p.heard(s, b) }
	}
	f.one("to", func(c *cursor) (err error) {
		b.To, err = p.reachable(s.Desk, c)
		s.entry.Audience = append(s.entry.Audience, b.To)
		return err
	})
	return func() error {
		b.From = s.Desk
		if b.To == "" {
			return wrong("to", "say to whom: to …", "a message to nobody")
		}
		s.entry.Audience = slices.Compact(slices.Sorted(slices.Values(s.entry.Audience)))
		return needText(b.Text)
	}
}

// heard completes a message logged by hand. How it was said and how near these
// are to the words must be stated: the file's writer knows, and nobody else.
func (p *parser) heard(s *Step, b *record.Message) error {
	switch {
	case b.From == "" || b.To == "":
		return wrong("from", "say from whom to whom: from …, to …", "a message from nobody, or to nobody")
	case b.From == b.To:
		return wrong("to", "name two different people", "a message from %s to himself", b.From)
	case b.Form == "":
		return wrong("form", "say how: text, call, voice-note, meeting or paper", "how it was said is missing")
	case b.Fidelity == "":
		return wrong("fidelity", "say how near these are to the words: verbatim, translation, paraphrase, own-view, hearsay or sealed", "its fidelity is missing")
	case b.From != s.Desk && b.To != s.Desk && s.entry.HeardFrom == "" && s.Verb == "log":
		return wrong("heard-from", "say from whom the keeper has it: heard-from …", "%s was not part of it", s.Desk)
	}
	if b.SpeechAct == "" {
		b.SpeechAct = record.Inform
	}
	if b.From != s.Desk && s.entry.SaidBy == "" {
		s.entry.SaidBy = b.From
	}
	return needText(b.Text)
}

func (p *parser) credential(f fields, s *Step, b *record.Credential) func() error {
	f.name("holder", p, &b.Holder)
	f.name("party", p, &b.Party)
	f.name("issuer", p, &b.Issuer)
	f.one("may", func(c *cursor) error {
		b.May = nil
		return c.list(func(c *cursor) error {
			w, err := c.word("a mandate", "use speak, offer or bind")
			all := []string{string(record.MaySpeak), string(record.MayOffer), string(record.MayBind)}
			if err == nil && !slices.Contains(all, w) {
				err = wrong("unknown", suggest(w, all), "%q is not a mandate", w)
			}
			b.May = append(b.May, record.Mandate(w))
			return err
		})
	})
	f.free("on", p, &b.On)
	f.moment("until", p, &b.Until)
	f.bare(&b.Evidence)
	return func() error {
		if b.Holder == "" || b.Party == "" || b.Issuer == "" || len(b.May) == 0 {
			return wrong("credential", "write: credential LABEL holder … party … issuer … may speak, offer, bind", "whose credential it is, for which party, from whom, or what for, is missing")
		}
		return nil
	}
}

func (p *parser) term(f fields, s *Step, b *accord.Term) {
	words(f, &b.Sort, accord.Obligation, accord.Gesture, accord.Expectation, accord.Guarantee)
	f.name("debtor", p, &b.Debtor)
	f.name("creditor", p, &b.Creditor)
	f.name("of", p, &b.Of)
	f.bare(&b.Action)
	f.flag("effort", &b.Effort)
	f["quantity"] = field{group: "quantity", many: true, take: func(c *cursor) error {
		q, err := quantity(c)
		b.Quantity = append(b.Quantity, q)
		return err
	}}
	f.one("period", func(c *cursor) (err error) { b.Period, err = quantity(c); return err })
	f.one("within", func(c *cursor) (err error) { b.Within, err = quantity(c); return err })
	f.names("persons", p, &b.Persons)
	f.one("when", func(c *cursor) (err error) { b.When, err = p.condition(c); return err })
	f.free("against", p, &b.Against)
	f.schedule("by", p, &b.By, &b.Zone)
	f.text("place", &b.Place)
	f.free("covers", p, &b.Covers)
	f.text("trigger", &b.Trigger)
	f.text("response", &b.Response)
	f.name("monitor", p, &b.Monitor)
	f.schedule("from", p, &b.From, &b.Zone)
	f.schedule("until", p, &b.Until, &b.Zone)
	f.text("text", &b.Text)
	f.one("lang", func(c *cursor) (err error) { b.Lang, err = aLanguage(c); return err })
	f.names("benefits", p, &b.Benefits)
	f.names("needs", p, &b.Needs)
	f.label("replaces", p, &s.refs.replaces, accord.KindTerm)
}

func (p *parser) pack(f fields, s *Step, b *accord.Package) func() error {
	f.labels("terms", p, &s.refs.terms, accord.KindTerm)
	f.names("needs", p, &b.Needs)
	f.flag("parts", &b.Parts)
	f.label("replaces", p, &s.refs.replaces, accord.KindPackage)
	f.moment("lapses", p, &b.Lapses)
	f.name("receipt-by", p, &b.ReceiptBy)
	f.bare(&b.Text)
	f.one("lang", func(c *cursor) (err error) { b.Lang, err = aLanguage(c); return err })
	return func() error {
		if len(s.refs.terms) == 0 {
			return wrong("terms", "name its terms by their labels: terms …", "the package %s has no terms", b.Name)
		}
		for i, t := range s.refs.terms {
			of := p.c.labels[t.label].step
			term, ok := of.body.(*accord.Term)
			if !ok {
				return wrong("terms", "name the term that was first written, not a carried copy", "%q is not where a term was written", t.label)
			}
			for _, other := range b.Terms {
				if other.Name == term.Name {
					return fault.New(fault.Malformed, "casefile.twice", "leave one of its versions out", "the term %s stands in the package twice", term.Name)
				}
			}
			b.Terms = append(b.Terms[:i:i], accord.TermRef{Name: term.Name, Version: term.Version, Hash: [32]byte{1}})
		}
		return nil
	}
}

// condition reads an antecedent: names of terms, event "…", and, or, not, and
// brackets. And and or are not mixed without brackets, since people read them
// differently.
func (p *parser) condition(c *cursor) (accord.Condition, error) {
	return p.either(c, 0)
}

const maxNesting = 8 // brackets and nots within one another, as accord allows

func (p *parser) either(c *cursor, depth int) (accord.Condition, error) {
	first, err := p.single(c, depth)
	if err != nil {
		return first, err
	}
	op, of := "", []accord.Condition{first}
	for {
		w, ok := c.takeWord(func(s string) bool { return s == "and" || s == "or" })
		if !ok {
			break
		}
		if op != "" && w != op {
			return first, wrong("mixed", "put brackets around one of them: a and (b or c)", "`and` and `or` stand side by side")
		}
		op = w
		next, err := p.single(c, depth)
		if err != nil {
			return next, err
		}
		of = append(of, next)
	}
	if op == "" {
		return first, nil
	}
	return accord.Condition{Op: op, Of: of}, nil
}

func (p *parser) single(c *cursor, depth int) (accord.Condition, error) {
	if depth > maxNesting {
		return accord.Condition{}, fault.New(fault.Limit, "casefile.nesting", "split the term", "brackets and nots are nested more than %d deep", maxNesting)
	}
	t, ok := c.take()
	switch {
	case ok && t.kind == tokMark && t.text == "(":
		inner, err := p.either(c, depth+1)
		if err != nil {
			return inner, err
		}
		if t, ok := c.take(); !ok || t.kind != tokMark || t.text != ")" {
			return inner, wrong("bracket", "close it with )", "%s stands where a bracket should close", shown(t, ok))
		}
		return inner, nil
	case ok && t.kind == tokWord && t.text == "not":
		inner, err := p.single(c, depth+1)
		return accord.Condition{Op: "not", Of: []accord.Condition{inner}}, err
	case ok && t.kind == tokWord && t.text == "event":
		var e string
		err := takeText(c, "event", &e)
		return accord.Condition{Event: e}, err
	case ok && t.kind == tokWord:
		c.next--
		n, err := p.textName(c)
		return accord.Condition{Term: n}, err
	}
	return accord.Condition{}, wrong("condition", `write the name of a term, event "…", or brackets`, "%s is not a condition", shown(t, ok))
}
