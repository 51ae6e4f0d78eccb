package convey

import (
	"testing"

	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// newChain gives desks in a chain: envoy – go-between – host – official.
func newChain(t *testing.T) *world {
	w := newWorld(t)
	w.desks["go-between"].hand(record.Role{Person: "host", As: record.GoBetween})
	w.desks["host"].hand(record.Role{Person: "go-between", As: record.GoBetween}, record.Rule{})
	return w
}

func (w *world) pass(t *testing.T, by record.Name, o Order) (keys.ID, record.Entry) {
	t.Helper()
	p, err := Carry(w.desks[by].context(), o)
	if err != nil {
		t.Fatal(err)
	}
	w.deliver(by, p)
	return p.Entries[0].ID, p.Entries[0]
}

// TestAChainKeepsWhatWasAsked: what its author asked of whoever carries it
// binds the second as it binds the first, and is not told to the last.
func TestAChainKeepsWhatWasAsked(t *testing.T) {
	w := newChain(t)
	e := message("envoy", "go-between", "seventy days")
	e.Carrying.Pass = record.PassVerbatim
	of := w.write("envoy", e)
	id, sent := w.pass(t, "go-between", Order{Of: of, To: "host", Fidelity: record.Verbatim})
	if sent.Carrying.Pass != record.PassVerbatim {
		t.Fatalf("the second carrier is not told: %+v", sent.Carrying)
	}
	_, err := Carry(w.desks["host"].context(), Order{Of: id, To: "official", Fidelity: record.Paraphrase, Text: "long"})
	wantRefused(t, err, "convey.verbatim")
	_, last := w.pass(t, "host", Order{Of: id, To: "official", Fidelity: record.Verbatim})
	m := last.Body.(record.Message)
	if last.Carrying != (record.Carrying{}) || last.SaidBy != "envoy" || last.HeardFrom != "go-between" || m.From != "envoy" || len(m.Via) != 2 || m.Via[0] != "go-between" || m.Via[1] != "host" {
		t.Errorf("%+v %+v", last, m)
	}
}

// TestAChainIsAsNearAsItsWeakestHop: a paraphrase stays one, whoever carries it
// on word for word or translates it.
func TestAChainIsAsNearAsItsWeakestHop(t *testing.T) {
	for _, c := range []struct{ first, second, want record.Fidelity }{
		{record.Verbatim, record.Verbatim, record.Verbatim}, {record.Paraphrase, record.Verbatim, record.Paraphrase},
		{record.Paraphrase, record.Translation, record.Paraphrase}, {record.Translation, record.Paraphrase, record.Paraphrase},
		{record.Hearsay, record.Paraphrase, record.Hearsay}, {record.Verbatim, record.Translation, record.Translation},
	} {
		w := newChain(t)
		e := message("envoy", "go-between", "seventy days")
		e.Carrying.Pass = record.PassMay
		of := w.write("envoy", e)
		order := func(of keys.ID, to record.Name, f record.Fidelity) Order {
			o := Order{Of: of, To: to, Fidelity: f}
			if f != record.Verbatim {
				o.Text, o.Lang = "soixante-dix jours", "fr"
			}
			return o
		}
		id, _ := w.pass(t, "go-between", order(of, "host", c.first))
		_, last := w.pass(t, "host", order(id, "official", c.second))
		if got := last.Body.(record.Message).Fidelity; got != c.want {
			t.Errorf("%s, then %s: %s, want %s", c.first, c.second, got, c.want)
		}
	}
}

// TestLaw5_AnAnswerNamesTheRecipientsOwnEntry, and never one that he was not
// given.
func TestLaw5_AnAnswerNamesTheRecipientsOwnEntry(t *testing.T) {
	w := newChain(t)
	asked := w.write("envoy", message("envoy", "go-between", "how many?"))
	copied, _ := w.pass(t, "go-between", Order{Of: asked, To: "official", Fidelity: record.Verbatim})
	answer := message("official", "go-between", "ten")
	answer.Answers = copied
	of := w.write("official", answer)
	if _, e := w.pass(t, "go-between", Order{Of: of, To: "envoy", Fidelity: record.Verbatim}); e.Answers != asked {
		t.Errorf("it answers %s, want %s", e.Answers.Short(), asked.Short())
	}
	if _, e := w.pass(t, "go-between", Order{Of: of, To: "host", Fidelity: record.Verbatim}); !e.Answers.IsZero() {
		t.Error("somebody else learns that there was a question")
	}
	if _, e := w.pass(t, "go-between", Order{Of: of, To: "host", Fidelity: record.OwnView, Text: "perhaps ten"}); !e.Answers.IsZero() || e.SaidBy != "" {
		t.Errorf("%+v", e)
	}
}

// The wording that its author authorised is the only one that passes.
func TestAuthorisedWordingBindsAParaphraseToo(t *testing.T) {
	w := newChain(t)
	e := message("envoy", "go-between", "we are tired of this")
	e.Carrying = record.Carrying{Pass: record.PassMay, Words: "we should like to conclude"}
	of := w.write("envoy", e)
	for _, f := range []record.Fidelity{record.Paraphrase, record.Hearsay, record.OwnView} {
		_, err := w.carry(Order{Of: of, To: "official", Fidelity: f, Text: "they are tired"})
		wantRefused(t, err, "convey.wording")
	}
	if _, got := w.pass(t, "go-between", Order{Of: of, To: "official", Fidelity: record.Verbatim}); got.Body.(record.Message).Text != "we should like to conclude" {
		t.Errorf("%+v", got.Body)
	}
	e.Carrying.Pass = record.PassAsOwnIdea
	of = w.write("envoy", e)
	if _, got := w.pass(t, "go-between", Order{Of: of, To: "official", Fidelity: record.OwnView}); got.Body.(record.Message).Text != "we should like to conclude" {
		t.Errorf("%+v", got.Body)
	}
}
