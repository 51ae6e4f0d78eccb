package words

import (
	"backchannel/internal/accord"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// Aside says the bodies that stand beside a text and are no part of it, what
// is said of a person's fate, and what was withdrawn; false for any other.
func (b *Book) Aside(v *view.View, e record.Entry, body record.Body) (string, bool) {
	switch x := body.(type) {
	case record.Destroyed:
		by := ""
		if !x.By.IsZero() {
			by = x.By.Short()
		}
		stood := make([]string, len(x.Stood))
		for i, n := range x.Stood {
			stood[i] = string(n)
		}
		return b.T("entry.destroyed", "Kind", b.Word(x.Of), "When", b.Instant(x.On), "By", by, "Stood", b.list(stood)), true
	case record.Withdrawn:
		return b.T("entry.withdrawn", "Kind", b.Word(x.Of)), true
	case record.PersonStatus:
		when := ""
		if !x.As.IsZero() {
			when = b.Interval(x.As)
		}
		return b.T("entry.person-status", "By", b.Name(v, e.Speaker()), "Person", b.Name(v, x.Person), "Status", b.Word(x.Status), "When", when, "Text", x.Text), true
	case record.ProofOfLife:
		return b.proof(v, x), true
	case accord.Sounding:
		id := "entry.sounding"
		if x.Forward {
			id = "entry.put-forward"
		}
		return b.T(id, "On", b.Ref(v, x.On), "By", b.Name(v, e.Speaker()), "Text", x.Text), true
	case accord.SoundingAnswer:
		return b.T("entry.sounding-answer", "Party", b.Name(v, x.Party), "Would", b.Word(x.Would), "Text", x.Text), true
	case accord.Criticism:
		who := x.For
		if who == "" {
			who = e.Speaker()
		}
		return b.T("entry.criticism", "By", b.Name(v, who), "On", b.Ref(v, x.On), "Term", string(x.Term), "Text", x.Text), true
	case accord.Translation:
		return b.T("entry.translation", "On", b.Ref(v, x.On), "Lang", x.Lang, "By", b.Name(v, x.Translator), "Text", b.isolate(x.Text)), true
	}
	return "", false
}

func (b *Book) proof(v *view.View, p record.ProofOfLife) string {
	date := ""
	if !p.Date.IsZero() {
		date = b.Interval(p.Date)
	}
	return b.T("entry.proof-of-life", "Person", b.Name(v, p.Person), "By", b.Name(v, p.AskedBy), "Question", p.Question, "Answer", p.Answer,
		"Date", date, "Assessor", b.Name(v, p.AssessedBy), "Assessment", b.Word(p.Assessment), "Text", p.Text)
}
