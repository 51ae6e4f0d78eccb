package words

import (
	"slices"
	"strings"

	"backchannel/internal/accord"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// Disputes gives what is disputed, and every account of it: who says so, and
// what that rests on. It never says who is right.
func (b *Book) Disputes(v *view.View, list []view.Dispute) []string {
	var out []string
	for _, d := range list {
		if !d.Disputed {
			continue
		}
		out = append(out, b.Dispute(v, d))
		for _, c := range d.Claims {
			out = append(out, "  "+b.OneAccount(v, c))
		}
	}
	if len(out) == 0 {
		return []string{b.T("dispute.none")}
	}
	return out
}

// Dispute says what is disputed.
func (b *Book) Dispute(v *view.View, d view.Dispute) string {
	switch {
	case !d.On.Entry.IsZero() && d.On.Hash.IsZero():
		return b.T("dispute.entry", "On", b.what(v, d.On.Entry))
	case d.On.Hash.IsZero():
		return b.T("dispute.text", "On", b.T("ref.version", "Name", string(d.On.Name), "Version", d.On.Version), "Party", b.Name(v, d.Party))
	}
	return b.T("dispute.stance", "On", b.Ref(v, d.On), "Party", b.Name(v, d.Party))
}

// OneAccount gives one account in a dispute.
func (b *Book) OneAccount(v *view.View, c view.Claim) string {
	says, ok := b.text("says."+c.Says, nil)
	if !ok || b.isPosition(c) {
		says = b.Word(accord.Position(c.Says))
	}
	from, by := "", ""
	if c.From != "" && c.From != c.Who {
		from = b.Name(v, c.From)
	}
	if c.By != c.Who {
		by = b.Name(v, c.By)
	}
	var evidence []string
	for _, e := range c.Evidence {
		evidence = append(evidence, b.Word(e))
	}
	return capital(b.T("dispute.claim", "Who", b.Name(v, c.Who), "Says", says, "Text", b.Ref(v, c.Text), "Rests", b.Word(c.Rests),
		"From", from, "By", by, "When", b.Interval(c.When.Said), "Evidence", b.list(evidence)))
}

// isPosition tells "denied" as a position on a version from a denial of words.
func (b *Book) isPosition(c view.Claim) bool {
	return c.Says == string(accord.Denied) && (c.Rests == view.ByOwnAct)
}

// Corrections gives corrections, each with what changed word by word.
func (b *Book) Corrections(v *view.View, list []view.Correcting) []string {
	var out []string
	for _, c := range list {
		out = append(out, capital(b.T("correcting.says", "By", b.Name(v, c.By), "What", b.what(v, c.Of), "When", b.Instant(c.When.Known),
			"Reason", c.Reason, "Beside", !c.Stands)))
		if len(c.Changes) > 0 {
			out = append(out, "  "+b.Wording(c.Changes))
		}
	}
	if len(out) == 0 {
		return []string{b.T("correcting.none")}
	}
	return out
}

// Corroborations gives what came by two ways.
func (b *Book) Corroborations(v *view.View, list []view.Corroboration) []string {
	var out []string
	for _, c := range list {
		out = append(out, b.Corroboration(v, c))
	}
	if len(out) == 0 {
		return []string{b.T("corroboration.none")}
	}
	return out
}

// Corroboration says that one message says nearly what another said.
func (b *Book) Corroboration(v *view.View, c view.Corroboration) string {
	return capital(b.T("corroboration.says", "First", b.what(v, c.First), "Second", b.what(v, c.Second), "Party", b.Name(v, c.Party),
		"Way", b.Name(v, c.Ways[0]), "Other", b.Name(v, c.Ways[1])))
}

// Advice gives what a package leaves open, as advice.
func (b *Book) Advice(v *view.View, list []accord.Advice) []string {
	open := slices.ContainsFunc(list, func(a accord.Advice) bool { return a.Is != accord.IsStated })
	if !open {
		return []string{b.T("advice.complete")}
	}
	out := []string{b.T("advice.head")}
	for _, a := range list {
		out = append(out, "  "+b.OneAdvice(v, a))
	}
	return out
}

// OneAdvice says how far one matter is settled.
func (b *Book) OneAdvice(v *view.View, a accord.Advice) string {
	return b.T("advice.says", "Matter", b.Word(a.Matter), "Is", b.Word(a.Is), "Terms", b.refs(v, a.Terms))
}

// Wording gives a comparison of two texts on one line: what only the left one
// has stands in [-…-], what only the right one has in [+…+]. Each stretch is
// set apart, so that one that runs from right to left moves no other.
func (b *Book) Wording(runs []view.Run) string {
	var out strings.Builder
	for i, r := range runs {
		text := strings.TrimSpace(r.Text)
		if i > 0 {
			out.WriteString(" ")
		}
		switch r.Where {
		case view.InLeft:
			out.WriteString(b.T("wording.left", "Text", b.isolate(text)))
		case view.InRight:
			out.WriteString(b.T("wording.right", "Text", b.isolate(text)))
		default:
			out.WriteString(b.isolate(text))
		}
	}
	return out.String()
}

// Compared gives what an entry's words are held against.
func (b *Book) Compared(v *view.View, list []view.Compared) []string {
	var out []string
	for _, c := range list {
		out = append(out, b.T("wording.of", "Left", b.what(v, c.Left), "Right", b.what(v, c.Right), "To", b.Name(v, c.To)), "  "+b.Wording(c.Runs))
	}
	return out
}

// Beside gives what else is known of one entry: what its words are held
// against, what is disputed about it, what corroborates it.
func (b *Book) Beside(v *view.View, it record.Seen) []string {
	out := b.Compared(v, v.Compared(it.ID))
	for _, c := range v.CorroborationsOf(it.ID) {
		out = append(out, b.Corroboration(v, c))
	}
	for _, d := range v.DisputeOfEntry(it.ID) {
		if d.Disputed {
			out = append(out, b.Disputes(v, []view.Dispute{d})...)
		}
	}
	if pk, ok := it.Body.(accord.Package); ok {
		out = append(out, b.Advice(v, v.AdviceOn(pk.Hash()))...)
	}
	return out
}

// claimValue gives the value of a fact about what people say, by its key.
func (b *Book) claimValue(v *view.View, f view.Fact) (string, bool) {
	switch f.Key {
	case "claim-rests", "account-rests", "authority-rests", "denied-rests":
		return b.Word(view.Grounds(f.Value)), true
	case "claim":
		if s, ok := b.text("says."+f.Value, nil); ok {
			return s, true
		}
		return b.Word(accord.Position(f.Value)), true
	case "complete":
		return b.Word(accord.Settled(f.Value)), true
	case "evidence":
		return b.Word(record.EvidenceKind(f.Value)), true
	case "speech":
		return b.Word(record.SpeechAct(f.Value)), true
	case "attribution":
		return b.Word(record.Attribution(f.Value)), true
	case "pass":
		return b.Word(record.Pass(f.Value)), true
	case "kind":
		return b.Word(record.Kind(f.Value)), true
	case "exceeded":
		return b.Word(view.AlarmKind(f.Value)), true
	case "from", "to", "handed-in", "as-said-by", "heard-from", "translator":
		return b.Name(v, record.Name(f.Value)), true
	case "corrected-at", "later", "until", "not-before":
		return b.span(f.Value), true
	}
	return "", false
}
