package view

import (
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// person answers `person WHO`: how he is said to be, and what proves it.
func (a *asker) person(args []string) error {
	f := a.v.Fate(record.Name(args[0]))
	for _, s := range f.Now {
		by := string(s.By)
		a.fact("status", by, f.Person, string(s.Status), s.Entry)
		if !s.As.IsZero() {
			a.fact("status-as-of", by, f.Person, span(s.As), s.Entry)
		}
		a.fact("status-said-at", by, f.Person, span(s.When.Said), s.Entry)
		if s.HeardFrom != "" {
			a.fact("status-heard-from", by, f.Person, string(s.HeardFrom), s.Entry)
		}
	}
	for _, s := range f.Earlier {
		a.fact("status-before", string(s.By), f.Person, string(s.Status), s.Entry)
	}
	if len(f.Now) > 0 {
		a.fact("status-disputed", "", f.Person, yesNo(f.Disputed), entriesOf(f.Now)...)
	}
	for _, p := range f.Proofs {
		on := a.entryLabel(p.Entries[0])
		if p.Question != "" {
			a.fact("proof-asked", on, p.AskedBy, p.Question, p.Entries[0])
		}
		a.fact("proof-answer", on, f.Person, p.Answer, p.Entries...)
		if !p.Date.IsZero() {
			a.fact("proof-shows", on, f.Person, span(p.Date), p.Entries...)
		}
		for _, s := range p.Assessments {
			a.fact("proof-assessed", on, s.By, string(s.Finds), s.Entry)
		}
	}
	return nil
}

func entriesOf(list []StatusAccount) []keys.ID {
	var out []keys.ID
	for _, s := range list {
		out = append(out, s.Entry)
	}
	return out
}

// soundings answers `soundings [TEXT]`.
func (a *asker) soundings(args []string) error {
	var only []record.Ref
	if len(args) == 1 {
		var err error
		if only, err = a.texts(args[0]); err != nil {
			return err
		}
	}
	for _, s := range a.v.Soundings() {
		if len(args) == 1 && !hasHash(only, s.On.Hash) {
			continue
		}
		on := a.entryLabel(s.Entry)
		a.fact("sounding", on, "", string(s.State), s.Entry, s.Forward)
		a.fact("sounding-by", on, "", string(s.By), s.Entry)
		if !s.On.IsZero() {
			a.fact("sounding-about", on, "", a.label(s.On), s.Entry)
		}
		for _, n := range s.Asked {
			a.fact("sounding-asked", on, n, Yes, s.Entry)
		}
		for _, r := range s.Answers {
			a.fact("would", on, r.Who, string(r.Would), r.Entry)
		}
	}
	return nil
}

func hasHash(list []record.Ref, h keys.Hash) bool {
	for _, r := range list {
		if r.Hash == h && !h.IsZero() {
			return true
		}
	}
	return false
}

// drafts answers `drafts NAME`: the versions of one text, and what each side
// said against them.
func (a *asker) drafts(args []string) error {
	for _, d := range a.v.Drafts(record.Name(args[0])) {
		on := a.label(d.Ref)
		a.fact("draft-by", on, "", string(d.By), d.Entry)
		for _, c := range d.Criticisms {
			a.fact("criticism", on, c.By, c.Text, c.Entry)
			if c.Term != "" {
				a.fact("criticism-of", on, c.By, string(c.Term), c.Entry)
			}
		}
	}
	return nil
}

// besideTerm adds to `what TERM` what stands beside it: how its persons are
// said to be, and in which languages it is here.
func (a *asker) besideTerm(r record.Ref, persons []record.Name) {
	for _, n := range persons {
		for _, s := range a.v.Fate(n).Now {
			a.fact("status", string(s.By), n, string(s.Status), s.Entry)
		}
	}
	for _, t := range a.v.Translations(r.Hash) {
		a.fact("also-in", a.label(r), t.Translator, t.Lang, t.Entry)
	}
}
