package words

import (
	"strings"

	"backchannel/internal/circle"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// circleValue gives the value of a fact about who knows, who is told, and what
// people say afterwards.
func (b *Book) circleValue(v *view.View, f view.Fact) (string, bool) {
	switch f.Key {
	case "footing":
		return b.Word(circle.Footing(f.Value)), true
	case "incident":
		return b.Word(circle.Mishap(f.Value)), true
	case "planned", "answered":
		return b.Word(circle.Reply(f.Value)), true
	case "plan":
		return b.Word(circle.Occasion(f.Value)), true
	case "knowledge":
		return b.Word(circle.Knowledge(f.Value)), true
	case "kept":
		return b.Word(circle.Policy(f.Value)), true
	case "told-by", "held-by", "asked", "answered-by":
		return b.Name(v, record.Name(f.Value)), true
	case "exposed-from", "exposed-until", "known-since", "told-at", "acknowledged-at", "destroy-on":
		return b.span(f.Value), true
	case "claims":
		return b.claimed(f.Value), true
	}
	return "", false
}

// claimed says a claim as facts write it, word by word; what is no word of
// ours is a label.
func (b *Book) claimed(s string) string {
	parts := strings.Fields(s)
	for i, w := range parts {
		for _, group := range []string{"claim-word.", "part.", "position."} {
			if said, ok := b.text(group+w, nil); ok {
				parts[i] = said
				break
			}
		}
	}
	return strings.Join(parts, " ")
}

// Hints says what the reader of an entry could infer that he was not given.
func (b *Book) Hints(v *view.View, reader record.Name, list []circle.Hint) []string {
	if len(list) == 0 {
		return []string{capital(b.T("hint-line.none", "Who", b.Name(v, reader)))}
	}
	var out []string
	for _, h := range list {
		what := b.Name(v, h.Name)
		switch {
		case !h.Entry.IsZero():
			what = b.what(v, h.Entry)
		case !h.Ref.IsZero():
			what = b.Ref(v, h.Ref)
		case h.Text != "":
			what = b.T("hint-line.phrase", "Text", b.isolate(h.Text))
		}
		out = append(out, capital(b.T("hint-line.says", "Who", b.Name(v, reader), "Sort", b.Word(h.Sort), "What", what)))
	}
	return out
}
