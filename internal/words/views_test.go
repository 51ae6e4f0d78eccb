package words

import (
	"encoding/binary"
	"strings"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/view"
	"backchannel/internal/wire"
)

// scene is a go-between's record with one of everything.
type scene struct {
	t  *testing.T
	r  *record.Record
	n  uint64
	at record.Instant
}

func (s *scene) add(peer record.Name, e record.Entry) keys.ID {
	s.t.Helper()
	s.n++
	s.at += 60_000
	e.ID[0] = 0xab
	binary.BigEndian.PutUint64(e.ID[8:], s.n)
	e.At, e.By = s.at, s.r.Keeper()
	came := record.ByHand()
	if peer != "" {
		e.By, came = peer, record.OverLine(peer, s.n)
	}
	if _, err := s.r.Add(accord.Codec(), record.Item{Entry: e, Known: s.at, Came: came}); err != nil {
		s.t.Fatal(err)
	}
	return e.ID
}

func newScene(t *testing.T) (*scene, *view.View) {
	s := &scene{t: t, r: record.New("go-between"), at: moment(t, "2025-05-26T08:00:00Z")}
	hand := func(b record.Body) keys.ID { return s.add("", record.Entry{Body: b}) }
	for _, b := range []record.Body{
		record.Person{Name: "go-between", Title: "The go-between"}, record.Person{Name: "envoy", Title: "The envoy", Of: "power"},
		record.Person{Name: "official", Title: "The senior official", Of: "movement"}, record.Person{Name: "minister", Title: "The ally's minister", Of: "ally"},
		record.Party{Name: "power", Title: "The power", Side: "power"}, record.Party{Name: "movement", Title: "The movement", Side: "movement"},
		record.Party{Name: "ally", Title: "The ally", Side: "power", Absent: true},
		record.Role{Person: "envoy", Party: "power", As: record.Envoy}, record.Role{Person: "official", Party: "movement", As: record.Envoy}, record.Role{Person: "go-between", As: record.GoBetween},
		record.Credential{Holder: "envoy", Party: "power", Issuer: "power", May: []record.Mandate{record.MaySpeak, record.MayOffer, record.MayBind}, On: []record.Name{"truce"}, Until: s.at + 1e10, Evidence: "a letter"},
		record.Instruction{Holder: "envoy", Text: "not below 45 days"}, record.Rule{}, record.Rule{PassUnlessMarked: true},
		record.Approach{Asker: "official", To: "envoy", Through: []record.Name{"go-between"}, Text: "A channel is asked for."},
		record.Open{Text: "from today"}, record.Note{Text: "to be careful"},
	} {
		hand(b)
	}
	period := func(min, max int64) accord.Range { return accord.Range{Min: min, Max: max, Unit: "days"} }
	a := accord.Term{Name: "ceasefire", Version: 1, Sort: accord.Obligation, Action: "hostilities cease", Period: period(45, 60), Needs: []record.Name{"ally"}, Against: []record.Name{"captives"}, Salt: keys.ID{1}}
	c := accord.Term{Name: "captives", Version: 1, Sort: accord.Obligation, Debtor: "movement", Action: "captives go home", Quantity: []accord.Range{{Min: 10, Max: 10, Unit: "living captives"}, {Min: 19, Max: 19, Unit: "bodies"}}, Salt: keys.ID{2}}
	b, d := a, c
	b.Period, b.Salt = period(70, 70), keys.ID{3}
	d.Quantity, d.Salt = []accord.Range{{Min: 5, Max: 5, Unit: "living captives"}, {Min: 5, Max: 5, Unit: "living captives"}}, keys.ID{4}
	g := accord.Term{Name: "no-war", Version: 1, Sort: accord.Guarantee, Debtor: "power", Action: "no resumption of war", Covers: []record.Name{"ceasefire"}, Salt: keys.ID{5}}
	push := accord.Term{Name: "push", Version: 1, Sort: accord.Expectation, Of: "power", Creditor: "movement", Action: "pushes for a ceasefire", Effort: true, When: accord.Condition{Term: "release"}, Salt: keys.ID{6}}
	release := accord.Term{Name: "release", Version: 1, Sort: accord.Gesture, Debtor: "movement", Action: "the captive is freed", Benefits: []record.Name{"power"}, Salt: keys.ID{7}}
	needs := []record.Name{"movement", "power"}
	pa := accord.Package{Name: "truce", Version: 1, Needs: needs, Salt: keys.ID{8}, Terms: []accord.TermRef{a.Ref(), c.Ref()}}
	pb := accord.Package{Name: "truce", Version: 2, Needs: needs, Salt: keys.ID{9}, Terms: []accord.TermRef{b.Ref(), d.Ref(), g.Ref()}}
	for _, x := range []record.Body{a, c, pa, accord.Act{Party: "power", Position: accord.Proposed, On: pa.Ref()}} {
		s.add("envoy", record.Entry{Body: x})
	}
	for _, x := range []record.Body{b, d, g, pb, push, release} {
		hand(x)
	}
	m := record.Message{From: "envoy", To: "go-between", Form: record.Call, Fidelity: record.Paraphrase, SpeechAct: record.Ask, Text: "Will they say yes?", Attribution: record.NonPaper, Authority: "the principal", Source: "texte", SourceLang: "fr", Translator: "minister"}
	id := s.add("envoy", record.Entry{Body: m, SaidBy: "envoy", Carrying: record.Carrying{Pass: record.PassVerbatim, NotBefore: s.at, Words: "Will they?"}, Evidence: []record.Evidence{{What: record.Recollected, Note: "notes"}}, About: []record.Ref{pa.Ref()}})
	hand(record.Conveyance{Of: id, To: "official", Step: record.Conveyed, Fidelity: record.Paraphrase, Form: record.Call})
	hand(record.ReadBack{Of: id, By: "official", OK: true})
	hand(record.ReadBack{Of: id, By: "official", Corrected: "Will they say no?"})
	s.add("", record.Entry{SaidBy: "official", HeardFrom: "official", Body: accord.Act{Party: "movement", Position: accord.Accepted, On: pb.Ref()}})
	s.add("", record.Entry{SaidBy: "envoy", Said: record.Moment(s.at - 9000), Body: accord.NothingOwed{Party: "ally", Told: "minister"}})
	hand(accord.Act{Party: "movement", Echo: true, On: pb.Ref()})
	hand(accord.Performance{By: "movement", On: release.Ref().Ref(), Deed: accord.Done, Text: "at noon"})
	hand(accord.Event{By: "power", What: "the road is open", At: s.at - 1000})
	hand(accord.Event{By: "movement", What: "the road is open", Denied: true, Text: "It is not."})
	s.add("", record.Entry{Corrects: id, Answers: id, Together: []keys.ID{id}, Body: record.Correction{Now: m, Reason: "misheard"}})
	s.add("envoy", record.Entry{Body: record.Unknown{Of: "sign", Raw: wire.MustEncode(1)}})
	hand(record.Close{})
	return s, view.Of(s.r.For("go-between", record.AsOf{}), s.at)
}

// said fails where a sentence was not filled: a missing argument shows as
// "<no value>", a missing text as its id.
func said(t *testing.T, text string) {
	t.Helper()
	for _, bad := range []string{"<no value>", "%!", "{{", "  ,", " ,", "()", "entry.", "alarm.", "path.", "what.", "owes.", "diff.", "term.", "standing.", "cell."} {
		if strings.Contains(text, bad) {
			t.Errorf("%q in %q", bad, text)
		}
	}
	if strings.TrimSpace(text) == "" {
		t.Error("nothing is said")
	}
}

func TestEverySentenceIsFilled(t *testing.T) {
	s, v := newScene(t)
	b := Open("en")
	for _, it := range v.Projection().Items() {
		for _, line := range b.Lines(v, it) {
			said(t, line)
		}
	}
	said(t, b.Standing(v, v.Standing()))
	said(t, b.Owes(v, v.Owes()))
	said(t, b.Paths(v, v.Paths()))
	for _, a := range v.Approaches() {
		said(t, b.Asking(v, a))
	}
	for _, a := range v.Alarms() {
		said(t, b.AlarmSince(v, a))
	}
	for _, x := range v.Turns() {
		said(t, b.Turn(v, x))
	}
	for _, x := range v.Ledger().Terms() {
		tv, _ := v.Term(x.Hash)
		said(t, strings.Join(b.What(v, tv), "\n"))
	}
	said(t, strings.Join(b.Traffic(v, v.Traffic(0, 0), "form", "side", "path"), "\n"))
	early := view.Of(s.r.For("go-between", record.AsOf{Knew: s.at - 12*60_000}), s.at)
	said(t, strings.Join(b.Changes(v, view.Changed(early, v)), "\n"))
	said(t, strings.Join(b.Changes(v, view.Changed(v, early)), "\n"))
	for _, q := range []string{"approach", "direct envoy official", "messages by form side path", "paths", "what release", "standing", "compare truce@1 truce@2", "agreed truce", "agreed release by movement", "owes", "nothing", "passed envoy official", "told ally", "alarms", "since rival-texts", "turns", "performance", "accounts"} {
		a, err := view.Ask(v, view.Query{Text: q})
		if err != nil {
			t.Fatal(q, err)
		}
		said(t, strings.Join(b.Answer(v, a), "\n"))
	}
}

func TestSentences(t *testing.T) {
	_, v := newScene(t)
	b := Open("en")
	ref := func(s string) record.Ref {
		r, err := v.Version(s)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	c, err := v.Compare(ref("truce@1").Hash, ref("truce@2").Hash)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(b.Comparison(v, c), "\n") + "\n" + b.Standing(v, v.Standing()) + b.Owes(v, v.Owes())
	for _, a := range v.Alarms() {
		all += b.Alarm(v, a) + "\n"
	}
	for _, a := range v.Approaches() {
		all += b.Asking(v, a) + "\n"
	}
	for _, want := range []string{
		"living captives: 10 against 5 + 5",
		"bodies: 19, absent in truce@2",
		"ceasefire, period: longer by 10 to 25 days (45 to 60 days against 70 days)",
		"no-war, term: no resumption of war, absent in truce@1",
		"The movement accepted truce@2, which the power never put forward: the power stands behind truce@1 (as reported by the go-between).",
		"Two texts under one name: the power stands behind truce@1, the movement behind truce@2.",
		"ceasefire@1#", "needs or binds the ally, although the envoy said to the ally's minister that it owes nothing.",
		"The movement has not confirmed truce@2: that it accepted it rests on a report by the go-between.",
		"truce@1: not agreed.",
		"a report by the go-between",
		"not confirmed",
		"The ally (not at the table):",
		"The senior official asked for a channel to the envoy through the go-between (said 26 May 2025, 08:15 UTC, logged here 26 May 2025, 08:15 UTC).",
		"owed by nobody named: hostilities cease, for 45 to 60 days, in exchange for captives, depends on the ally",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("nowhere: %s", want)
		}
	}
	if t.Failed() {
		t.Log(all)
	}
}
