package casefile

import (
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/circle"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// resolve gives the entry of a step with ids, hashes and salts in place of
// labels.
func (p *Player) resolve(c *Case, s Step) (record.Entry, error) {
	e := s.entry
	e.ID = p.newID()
	e.Answers, e.Corrects = p.ids[s.refs.answers.label], p.ids[s.refs.corrects.label]
	e.Audience = slices.Clone(e.Audience)
	for _, r := range s.refs.together {
		e.Together = append(e.Together, p.ids[r.label])
	}
	for _, r := range s.refs.about {
		if text, ok := p.texts[r.label]; ok {
			e.About = append(e.About, text)
		} else {
			e.About = append(e.About, record.Ref{Entry: p.ids[r.label]})
		}
	}
	for _, r := range s.refs.all() {
		if r.label != "" && p.ids[r.label].IsZero() {
			return e, &Problem{c.File, r.line, fault.New(fault.NotFound, "casefile.unplayed",
				"refer to something that did happen", "%q was refused, or its case was not played, so nothing has that label", r.label)}
		}
	}
	if fix, ok := s.body.(*correction); ok {
		e.Body = record.Correction{Now: p.body(s, fix.body), Reason: fix.reason}
		if fix.gone {
			e.Body = record.Correction{Now: record.Withdrawn{Of: value(fix.body).Kind()}, Reason: fix.reason}
		}
		return e, nil
	}
	e.Body = p.body(s, s.body)
	return e, nil
}

func (p *Player) body(s Step, body any) record.Body {
	switch b := value(body).(type) {
	case record.Message:
		b.Denies = p.ids[s.refs.denies.label]
		return b
	case record.Conveyance:
		b.Of, b.As = p.ids[s.refs.of.label], p.ids[s.refs.copy.label]
		return b
	case record.ReadBack:
		b.Of = p.ids[s.refs.of.label]
		return b
	case accord.Term:
		b.Salt, b.Replaces = p.newID(), p.texts[s.refs.replaces.label].Hash
		return b
	case accord.Package:
		b.Salt, b.Replaces = p.newID(), p.texts[s.refs.replaces.label].Hash
		b.Terms = nil
		for _, t := range s.refs.terms {
			r := p.texts[t.label]
			b.Terms = append(b.Terms, accord.TermRef{Name: r.Name, Version: r.Version, Hash: r.Hash})
		}
		return b
	case accord.Act:
		b.On = p.texts[s.refs.on.label]
		b.Under = keys.ID{}
		if s.refs.under.label != "" {
			b.Under = p.ids[s.refs.under.label]
		}
		return b
	case accord.Performance:
		b.On = p.texts[s.refs.on.label]
		return b
	case accord.Confirmation:
		b.On = p.texts[s.refs.on.label]
		return b
	default:
		return p.circleBody(s, p.besideBody(s, b))
	}
}

// mentioned gives everybody whom an entry names.
func mentioned(e record.Entry) []record.Name {
	out := []record.Name{e.SaidBy, e.HeardFrom}
	body := e.Body
	if fix, ok := body.(record.Correction); ok {
		body = fix.Now
	}
	switch b := body.(type) {
	case record.Message:
		out = append(append(out, b.From, b.To, b.Translator), b.Via...)
	case record.Approach:
		out = append(append(out, b.Asker, b.To), b.Through...)
	case record.Credential:
		out = append(out, b.Holder, b.Party, b.Issuer)
	case record.Instruction:
		out = append(out, b.Holder)
	case record.TimeZone:
		out = append(out, b.Of)
	case record.Role:
		out = append(out, b.Person, b.Party)
	case record.Conveyance:
		out = append(out, b.To)
	case record.ReadBack:
		out = append(out, b.By)
	case accord.Act:
		out = append(out, b.Party)
	case accord.Confirmation:
		out = append(out, b.Party)
	case accord.ChannelKey:
		out = append(out, b.Party, b.Holder)
	case accord.Attestation:
		out = append(out, b.Party, b.With)
	case accord.NothingOwed:
		out = append(out, b.Party, b.Told)
	case accord.Package:
		out = append(append(out, b.Needs...), b.ReceiptBy)
	case accord.Performance:
		out = append(append(out, b.By), b.Persons...)
	case accord.Event:
		out = append(out, b.By)
	case accord.SoundingAnswer:
		out = append(out, b.Party)
	case accord.Criticism:
		out = append(out, b.For)
	case accord.Translation:
		out = append(out, b.Translator)
	case record.PersonStatus:
		out = append(out, b.Person)
	case record.ProofOfLife:
		out = append(out, b.Person, b.AskedBy, b.AssessedBy)
	case accord.Term:
		out = append(out, b.Debtor, b.Creditor, b.Of, b.Monitor)
		out = append(append(append(out, b.Persons...), b.Benefits...), b.Needs...)
	default:
		out = append(out, circle.Names(b)...)
	}
	return out
}

// textNameOf gives the name of the term or package under construction.
func textNameOf(body any) record.Name {
	switch b := body.(type) {
	case *accord.Term:
		return b.Name
	case *accord.Package:
		return b.Name
	}
	return ""
}
