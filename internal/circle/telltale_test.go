package circle

import (
	"slices"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// TestTelltales is [CIR-34]: words that point at what the reader was not given,
// and no longer once he was given something that they may mean.
func TestTelltales(t *testing.T) {
	by := Phrases{HintAgreed: {"as agreed", "the deal stands"}, HintBefore: {"as before"}, HintChannel: {"the other channel", "كما قلنا"}}
	d := newRoom(t)
	saying := func(words string) record.Entry {
		m := say("envoy", "minister", record.Inform)
		m.Text = words
		return record.Entry{ID: keys.ID{9}, Body: m}
	}
	check := func(what string, e record.Entry, want []Hint, with ...record.Entry) {
		t.Helper()
		if got := d.circle().Telltales(e, "minister", with, by); !slices.Equal(got, want) {
			t.Errorf("%s: %+v, want %+v", what, got, want)
		}
	}
	agreed := []Hint{{Sort: HintAgreed, Text: "as agreed"}}
	check("plain", saying("We go on."), nil)
	check("capitals, lines, signs", saying("Tomorrow, As\n Agreed."), agreed)
	check("a part of words", saying("He was agreed upon; has agreed to."), nil)
	check("within a word", saying("Has agreedness"), nil)
	check("another language", saying("نعم، كما قلنا."), []Hint{{Sort: HintChannel, Text: "كما قلنا"}})
	check("two sorts", saying("As before, as agreed, the deal stands."), []Hint{{Sort: HintAgreed, Text: "as agreed"}, {Sort: HintBefore, Text: "as before"}})
	check("of a term", record.Entry{Body: accord.Term{Name: "truce", Version: 1, Action: "to leave, as agreed"}}, agreed)
	check("of a correction", record.Entry{Body: record.Correction{Now: saying("as agreed").Body, Reason: "slip"}}, agreed)
	check("of no words", record.Entry{Body: record.Role{Person: "envoy", As: record.Envoy}}, nil)

	d.hand(record.Entry{Audience: []record.Name{"minister"}, Body: say("envoy", "minister", record.Inform)})
	check("said before", saying("As before."), nil)
	check("still nothing agreed", saying("As agreed."), agreed)
	act := accord.Act{Party: "power", Position: accord.Accepted, On: record.Ref{Name: "truce", Version: 1, Hash: keys.Hash{1}}}
	check("shown with it", saying("As agreed."), nil, record.Entry{ID: keys.ID{8}, Body: act})
	d.hand(record.Entry{Audience: []record.Name{"minister"}, Body: act})
	check("shown an acceptance", saying("As agreed."), nil)
	check("never known", saying("Ask through the other channel."), []Hint{{Sort: HintChannel, Text: "the other channel"}})
	if got := d.circle().Telltales(saying("as agreed"), "family", nil, nil); got != nil {
		t.Error("without phrases", got)
	}
}
