package words

import "backchannel/internal/view"

// Fate gives how somebody is said to be, by whom, and what proves it.
func (b *Book) Fate(v *view.View, f view.Fate) []string {
	who := b.Name(v, f.Person)
	if len(f.Now)+len(f.Proofs) == 0 {
		return []string{capital(b.T("fate.nothing", "Person", who))}
	}
	var out []string
	for _, s := range f.Now {
		out = append(out, capital(b.T("fate.status", "Person", who, "Account", b.Account(v, s), "Text", s.Text)))
	}
	if f.Disputed {
		out = append(out, b.T("fate.disputed"))
	}
	for _, s := range f.Earlier {
		out = append(out, b.T("fate.earlier", "Account", b.Account(v, s), "Text", s.Text))
	}
	for _, p := range f.Proofs {
		out = append(out, b.LifeProof(v, p)...)
	}
	return out
}

// Account gives one word on how somebody is: alive, as the envoy says.
func (b *Book) Account(v *view.View, s view.StatusAccount) string {
	as := ""
	if !s.As.IsZero() {
		as = b.Interval(s.As)
	}
	return b.T("fate.account", "Status", b.Word(s.Status), "By", b.Name(v, s.By), "From", b.Name(v, s.HeardFrom), "As", as, "When", b.Interval(s.When.Said))
}

// LifeProof gives one proof of life, a line for each step.
func (b *Book) LifeProof(v *view.View, p view.LifeProof) []string {
	out := []string{b.T("fate.proof", "By", b.Name(v, p.AskedBy), "Question", p.Question)}
	if p.Answer == "" {
		out = append(out, "  "+b.T("fate.unanswered"))
	} else {
		date := ""
		if !p.Date.IsZero() {
			date = b.Interval(p.Date)
		}
		out = append(out, "  "+b.T("fate.answer", "Answer", p.Answer, "Date", date))
	}
	for _, a := range p.Assessments {
		out = append(out, "  "+capital(b.T("fate.assessed", "By", b.Name(v, a.By), "Finds", b.Word(a.Finds), "Text", a.Text)))
	}
	return out
}

// Soundings gives what was asked, and what they would consider.
func (b *Book) Soundings(v *view.View, list []view.Sounding) []string {
	if len(list) == 0 {
		return []string{b.T("sounding.none")}
	}
	var out []string
	for _, s := range list {
		out = append(out, s.Entry.Short()+"  "+b.T("sounding.line", "By", b.Name(v, s.By), "On", b.Ref(v, s.On), "Text", s.Text, "State", b.Word(s.State)))
		for _, n := range s.Asked {
			answer := b.T("sounding.no-answer")
			for _, r := range s.Answers {
				if r.Who == n {
					answer = b.T("sounding.answer", "Would", b.Word(r.Would), "Party", b.Name(v, r.Party), "Text", r.Text)
				}
			}
			out = append(out, "  "+capital(b.T("sounding.asked", "Who", b.Name(v, n), "Answer", answer)))
		}
	}
	return out
}

// Drafts gives the versions of one text, with what was said against each.
func (b *Book) Drafts(v *view.View, list []view.Draft) []string {
	if len(list) == 0 {
		return []string{b.T("draft.none")}
	}
	var out []string
	for _, d := range list {
		out = append(out, b.T("draft.line", "On", b.Ref(v, d.Ref), "By", b.Name(v, d.By), "When", b.Interval(d.When.Said)))
		for _, c := range d.Criticisms {
			out = append(out, "  "+capital(b.T("draft.criticism", "By", b.Name(v, c.By), "For", b.Name(v, c.For), "Term", string(c.Term), "Text", c.Text)))
		}
	}
	return out
}
