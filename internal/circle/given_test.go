package circle

import (
	"reflect"
	"slices"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// TestWhoKnowsWhat is [CIR-10]: default-deny, and everything that gives.
func TestWhoKnowsWhat(t *testing.T) {
	d := newRoom(t)
	m := d.over("go-between", record.Entry{Body: say("official", "envoy", record.Inform, "go-between")})
	sealed := say("official", "envoy", record.Inform, "courier", "go-between")
	sealed.Fidelity = record.Sealed
	s := d.over("go-between", record.Entry{Body: sealed})
	out := d.hand(record.Entry{Body: say("envoy", "go-between", record.Inform), Audience: []record.Name{"go-between"}})
	d.note(record.Note{Text: "He looked tired."})
	d.note(record.Conveyance{Of: m, To: "president", Step: record.Conveyed})
	d.note(record.Conveyance{Of: m, To: "clerk", Step: record.Lost})
	d.note(record.ReadBack{Of: out, By: "second", OK: true})
	d.note(Disclosure{To: "minister", What: entry(m), Footing: Inferred})
	c := d.circle()
	for who, want := range map[record.Name][]keys.ID{
		"go-between": nil, "official": nil, "president": {m}, "clerk": nil, "second": {out}, "minister": {m}, "family": nil, "courier": nil, "envoy": nil, "nobody": nil,
	} {
		if who == "go-between" { // he carried the sealed one unread, and sent it all the same
			if g, ok := given(c.Of(who), s); !ok || !g.Own {
				t.Error("whoever sent it over the line has it")
			}
			if g, ok := given(c.Of(who), m); !ok || g.Footing != OfParty {
				t.Error("the hand that carried it has it", g)
			}
			continue
		}
		if got := c.Of(who).Entries(); !slices.Equal(got, want) {
			t.Errorf("%s was given %v, want %v", who, got, want)
		}
	}
	g, _ := given(c.Of("president"), m)
	if g.By != "envoy" || g.Said.To <= 1000 || g.Known != g.Said.To || g.Footing != Briefed {
		t.Errorf("%+v", g)
	}
	if all := c.Everybody(); slices.Contains(all, "family") || slices.Contains(all, "envoy") || !slices.Contains(all, "minister") {
		t.Error(all)
	}
}

// TestFootings is [CIR-11] and [CIR-12].
func TestFootings(t *testing.T) {
	d := newRoom(t)
	nothing := d.note(Disclosure{To: "minister", Nothing: true, Footing: Briefed, By: "power"})
	own := d.note(say("minister", "power", record.Inform))
	before := d.circle().Of("minister")
	if !before.First.IsZero() || len(before.Entries()) != 0 || len(before.Grants) != 2 {
		t.Errorf("what he says himself, and that he was told nothing, show no knowledge: %+v", before)
	}
	ask := d.hand(record.Entry{SaidBy: "minister", Body: Request{By: "minister", Of: "envoy"}})
	yes := d.hand(record.Entry{Answers: ask, Body: Answer{By: "envoy", To: "minister", As: Confirm, Text: "Yes."}})
	owes := d.note(accord.NothingOwed{Party: "ally", Told: "minister"})
	told := d.note(say("envoy", "family", record.Inform))
	asked := d.note(say("family", "envoy", record.Ask))
	confirmed := d.hand(record.Entry{Answers: asked, Body: say("envoy", "family", record.Confirm)})
	d.note(Incident{Sort: Leak, To: "press", People: []record.Name{"official"}, What: entry(told)})
	d.note(Incident{Sort: SeizedDesk, To: "police", People: []record.Name{"family"}})
	c := d.circle()
	k := c.Of("minister")
	channel := slices.IndexFunc(k.Grants, func(g Grant) bool { return g.Channel })
	if channel < 0 || k.Grants[channel].Footing != Confirmed || k.Grants[channel].Asked != ask || k.Grants[channel].By != "envoy" || k.First != yes {
		t.Errorf("%+v", k)
	}
	if g, ok := given(k, owes); !ok || g.Owes != "ally" || g.Footing != Briefed {
		t.Errorf("%+v", g)
	}
	if k.Grants[0].Source != nothing || !k.Grants[0].Nothing || k.Grants[1].Source != own || !k.Grants[1].Own {
		t.Errorf("%+v", k.Grants)
	}
	f := c.Of("family")
	if g, _ := given(f, told); g.Footing != Briefed || f.Inside {
		t.Errorf("a contact is briefed: %+v", g)
	}
	if g, _ := given(f, confirmed); g.Footing != Confirmed || g.Asked != asked {
		t.Errorf("%+v", g)
	}
	if g, _ := given(c.Of("press"), told); g.Footing != Leaked || g.By != "official" {
		t.Errorf("%+v", g)
	}
	if g, _ := given(c.Of("police"), told); g.Footing != Intercepted {
		t.Errorf("%+v", g)
	}
	// Denied, declined, not yet and silence give no more than themselves.
	for _, as := range []Reply{Deny, Decline, NotYet, Silence} {
		d := newRoom(t)
		ask := d.note(Request{By: "minister", Of: "envoy", What: entry(keys.ID{7})})
		said := d.hand(record.Entry{Answers: ask, Body: Answer{By: "envoy", To: "minister", As: as}})
		k := d.circle().Of("minister")
		if _, ok := given(k, said); ok == (as == Silence) || k.Has(record.Ref{Entry: keys.ID{7}}) {
			t.Errorf("%s: %+v", as, k.Grants)
		}
	}
}

// TestLaw5_PrivateKindsOfOthersGiveNothing is [CIR-13].
func TestLaw5_PrivateKindsOfOthersGiveNothing(t *testing.T) {
	d := newRoom(t)
	m := d.note(say("envoy", "family", record.Inform))
	d.over("go-between", record.Entry{Body: Disclosure{To: "minister", What: entry(m), Footing: Public}})
	d.over("go-between", record.Entry{Body: Incident{Sort: Leak, To: "press", What: entry(m)}})
	d.over("go-between", record.Entry{Body: Plan{On: OnFailed, Steps: []PlanStep{{Who: "press"}}}})
	c := d.circle()
	if len(c.Of("minister").Grants)+len(c.Of("press").Grants)+len(c.Incidents())+len(c.Plans()) != 0 {
		t.Error("another desk's private entries count here")
	}
}

// TestLaw8_BothClocks: as it stood, and as we knew.
func TestLaw8_BothClocks(t *testing.T) {
	d := newRoom(t)
	m := d.note(say("envoy", "go-between", record.Inform))
	d.clock = 5000
	d.hand(record.Entry{Said: record.Moment(2000), Body: Disclosure{To: "minister", What: entry(m), Footing: Leaked}})
	knew := func(a record.AsOf) bool { return d.asOf(a).Of("minister").Has(record.Ref{Entry: m}) }
	for _, c := range []struct {
		of   record.AsOf
		want bool
	}{
		{record.AsOf{}, true}, {record.AsOf{Stood: 1999}, false}, {record.AsOf{Stood: 2000}, true}, {record.AsOf{Knew: 5000}, false}, {record.AsOf{Knew: 5010}, true},
		{record.AsOf{Stood: 2000, Knew: 5000}, false},
	} {
		if got := knew(c.of); got != c.want {
			t.Errorf("%+v: %v", c.of, got)
		}
	}
}

// TestHints is [CIR-30].
func TestHints(t *testing.T) {
	d := newRoom(t)
	m := d.note(say("envoy", "go-between", record.Inform))
	term := accord.Term{Name: "truce", Version: 2, Sort: accord.Obligation, Debtor: "movement", Action: "hostilities cease", Against: []record.Name{"captives"}, Salt: keys.ID{1}}
	d.note(term)
	c := d.circle()
	hints := func(e record.Entry, with ...record.Entry) []HintSort {
		var out []HintSort
		for _, h := range c.Hints(e, "minister", with) {
			out = append(out, h.Sort)
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	plain := record.Entry{ID: keys.ID{9}, Body: say("envoy", "minister", record.Inform)}
	answering, about, corrects, together := plain, plain, plain, plain
	answering.Answers, corrects.Corrects, together.Together = m, m, []keys.ID{m}
	about.About = []record.Ref{{Entry: m}}
	denies := plain
	body := say("envoy", "minister", record.Deny)
	body.Denies = m
	denies.Body = body
	draft := plain
	body = say("envoy", "minister", record.Inform)
	body.Draft = 2
	draft.Body = body
	heard := plain
	heard.HeardFrom = "courier"
	named := plain
	named.About = []record.Ref{{Name: "truce"}}
	act := accord.Act{Party: "power", Position: accord.Accepted, On: term.Ref().Ref()}
	echo := act
	echo.Echo = true
	for i, x := range []struct {
		e    record.Entry
		want []HintSort
	}{
		{plain, nil}, {answering, []HintSort{HintEntry}}, {about, []HintSort{HintEntry}}, {corrects, []HintSort{HintEntry}}, {together, []HintSort{HintEntry}}, {denies, []HintSort{HintEntry}},
		{draft, []HintSort{HintEarlier}}, {heard, []HintSort{HintHands}}, {named, []HintSort{HintTerm}},
		{record.Entry{Body: say("envoy", "minister", record.Inform, "courier")}, []HintSort{HintHands}},
		{record.Entry{Body: say("official", "minister", record.Inform)}, []HintSort{HintPerson}},
		{record.Entry{Body: term}, []HintSort{HintEarlier, HintPerson, HintTerm}},
		{record.Entry{Body: act}, []HintSort{HintPerson, HintText}}, {record.Entry{Body: echo}, []HintSort{HintOthers, HintPerson, HintText}},
	} {
		if got := hints(x.e); !slices.Equal(got, x.want) {
			t.Errorf("%d: %v, want %v", i, got, x.want)
		}
	}
	with := record.Entry{ID: keys.ID{8}, Body: term}
	if got := hints(record.Entry{Body: act}, with); slices.Contains(got, HintText) {
		t.Error("what goes with it counts as given", got)
	}
	both := record.Entry{ID: keys.ID{7}, Body: say("official", "minister", record.Inform)}
	if got := hints(both, both, record.Entry{ID: keys.ID{6}, Body: both.Body}); !slices.Equal(got, []HintSort{HintPerson}) {
		t.Error("whom another entry names as well is named all the same", got)
	}
	d.note(Disclosure{To: "minister", What: entry(m), Footing: Briefed})
	c = d.circle()
	if got := hints(answering); len(got) != 0 {
		t.Error("he was given it meanwhile", got)
	}
}

// Whatever the order in which items are taken in, the circle says the same.
func TestAnyOrderOfAddingGivesTheSame(t *testing.T) {
	d := newRoom(t)
	m := d.over("go-between", record.Entry{Body: say("official", "envoy", record.Inform, "go-between")})
	d.note(Incident{Sort: Interception, To: "ally", People: []record.Name{"official"}, Channel: true})
	d.note(Disclosure{To: "minister", What: entry(m), Footing: Briefed})
	d.note(Account{Source: Source{Role: "somebody"}, Claims: []Claim{{Sort: ClaimKnew, Who: "ally"}}})
	p := d.r.For("envoy", record.AsOf{})
	back := New(p, nil)
	items := slices.Collect(func(yield func(record.Seen) bool) {
		for _, it := range p.Items() {
			if !yield(it) {
				return
			}
		}
	})
	slices.Reverse(items)
	for _, it := range items {
		back.Add(it)
		back.Add(it) // twice is once
	}
	one := Read(p)
	if !reflect.DeepEqual(one.Everybody(), back.Everybody()) || len(one.Everybody()) < 4 {
		t.Error(one.Everybody(), back.Everybody())
	}
	for _, n := range one.Everybody() {
		if !reflect.DeepEqual(one.Of(n), back.Of(n)) {
			t.Errorf("%s: %+v\n%+v", n, one.Of(n), back.Of(n))
		}
	}
}
