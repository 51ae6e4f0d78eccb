package words

import (
	"strings"
	"time"

	"backchannel/internal/accord"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// Answer gives an answer as people read it, a line for each fact.
func (b *Book) Answer(v *view.View, a view.Answer) []string {
	var out []string
	for _, f := range a.Facts {
		out = append(out, b.Fact(v, f))
	}
	return out
}

// Fact gives one fact.
func (b *Book) Fact(v *view.View, f view.Fact) string {
	if f.Value == view.NothingHere {
		return capital(b.T("answer.nothing-here"))
	}
	return capital(b.T("answer.fact", "Key", b.factKey(f.Key), "On", f.On, "Who", b.Name(v, f.Who), "Value", b.value(v, f)))
}

// factKey gives what a fact is about, in words.
func (b *Book) factKey(key string) string {
	out := key
	for _, group := range []string{"field.", "fact."} {
		if s, ok := b.text(group+key, nil); ok {
			out = s
		}
	}
	return out
}

// ownWords are the keys whose values have words of their own where others mean
// something else by them: a captive who is held is not a telling that is held.
var ownWords = map[string]string{
	"status": "status", "status-before": "status", "performance": "state", "performance-reported": "state",
	"sounding": "sounding-state", "would": "would",
}

// value gives the value of a fact in words, by its key.
func (b *Book) value(v *view.View, f view.Fact) string {
	if group := ownWords[f.Key]; group != "" {
		if s, ok := b.text(group+"."+f.Value, nil); ok {
			return s
		}
	}
	if s, ok := b.text("value."+f.Value, nil); ok {
		return s
	}
	if s, ok := b.circleValue(v, f); ok {
		return s
	}
	if s, ok := b.claimValue(v, f); ok {
		return s
	}
	if s, ok := b.talkValue(f.Key, f.Value); ok {
		return s
	}
	switch f.Key {
	case "position":
		return b.Word(accord.Position(f.Value))
	case "performance", "performance-reported":
		return b.Word(accord.State(f.Value))
	case "does-not-count":
		deed, why, _ := strings.Cut(f.Value, " ")
		return b.T("value.does-not-count", "Deed", b.Word(accord.Deed(deed)), "Why", b.Word(accord.Mark(why)))
	case "status", "status-before":
		return b.Word(record.Status(f.Value))
	case "proof-assessed":
		return b.Word(record.Assessment(f.Value))
	case "sounding":
		return b.Word(view.SoundingState(f.Value))
	case "would":
		return b.Word(accord.Would(f.Value))
	case "rests", "weakest", "performance-rests":
		return b.Word(accord.Rests(f.Value))
	case "verdict":
		return b.Word(accord.Verdict(f.Value))
	case "stands-on", "weakest-evidence":
		return b.Word(accord.Strength(f.Value))
	case "confirmation":
		return b.T("value.proof-" + f.Value)
	case "sort":
		return b.Word(accord.TermKind(f.Value))
	case "step":
		return b.Word(record.Step(f.Value))
	case "form":
		return b.Word(record.Form(f.Value))
	case "fidelity":
		return b.Word(record.Fidelity(f.Value))
	case "tempo":
		return b.Word(view.Pace(f.Value))
	case "alarm":
		return b.Word(view.AlarmKind(f.Value))
	case "turn":
		return b.Word(view.TurnKind(f.Value))
	case "passed":
		return b.Word(record.Kind(f.Value))
	case "by", "asker", "asked-for", "through", "moved-by", "reported-by", "said-by", "said-to", "logged-by", "debtor", "of", "beneficiary", "alarm-by", "alarm-other", "expected-of", "depends-on", "status-heard-from", "sounding-by", "draft-by":
		return b.Name(v, record.Name(f.Value))
	case "period", "quantity", "period-values", "quantity-values", "period-by":
		if s, ok := b.text("change."+f.Value, nil); ok {
			return s
		}
		return f.Value
	case "said-at", "known-at", "when", "since", "alarm-since", "performance-since", "deadline", "runs-to", "may-end", "status-as-of", "status-said-at", "proof-shows":
		return b.span(f.Value)
	}
	if s, ok := b.text("change."+f.Value, nil); ok {
		return s
	}
	return f.Value
}

// span reads one moment or two as facts write them.
func (b *Book) span(s string) string {
	from, to := s, s
	for i := range s {
		if s[i] == '/' {
			from, to = s[:i], s[i+1:]
		}
	}
	x, errX := time.Parse(time.RFC3339, from)
	y, errY := time.Parse(time.RFC3339, to)
	if errX != nil || errY != nil {
		return s
	}
	return b.Interval(record.Interval{From: record.At(x), To: record.At(y)})
}
