package view

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"backchannel/internal/accord"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// TestStandingOfTheConveyedTerms is question R6.
func TestStandingOfTheConveyedTerms(t *testing.T) {
	d := channel(t, "official")
	cease, captives := term("ceasefire", "", 1), term("captives", "movement", 2)
	cease.Period, cease.Against, cease.Needs = accord.Range{Min: 70, Max: 90, Unit: "days"}, []record.Name{"captives"}, []record.Name{"ally"}
	captives.Quantity = []accord.Range{{Min: 10, Max: 10, Unit: "captives"}}
	terms := []accord.Term{cease, captives}
	for i, g := range []record.Name{"power", "host", "second-host"} {
		terms = append(terms, accord.Term{Name: g + "-guard", Version: 1, Sort: accord.Guarantee, Debtor: g, Action: "hostilities do not resume", Covers: []record.Name{"ceasefire"}, Salt: salt(byte(10 + i))})
	}
	p := pack("pause", 1, 3, terms...)
	for _, x := range terms {
		d.overEntry("go-between", record.Entry{SaidBy: "envoy", HeardFrom: "envoy", Body: x})
	}
	d.overEntry("go-between", record.Entry{SaidBy: "envoy", HeardFrom: "envoy", Body: p})
	report := d.overEntry("go-between", record.Entry{SaidBy: "envoy", HeardFrom: "envoy", Body: act("power", accord.Proposed, p.Ref())})

	s := d.view().Standing()
	if len(s.Packages) != 1 || len(s.Terms) != 0 {
		t.Fatalf("%+v", s)
	}
	pk := s.Packages[0]
	if pk.Agreement.Verdict != accord.NotAgreed || !pk.Live || !slices.Equal(pk.Agreement.Needed, []record.Name{"host", "movement", "power", "second-host"}) {
		t.Fatalf("%+v", pk)
	}
	for _, c := range pk.Cells {
		want := Cell{Party: c.Party, Position: accord.Silent, Needed: true}
		if c.Party == "power" {
			it, _ := d.r.Get(report)
			want = Cell{Party: "power", Position: accord.Proposed, Rests: accord.OnReport, By: "go-between", At: it.At, Known: it.Known, Needed: true, NotConfirmed: true, Entries: []keys.ID{report}}
		}
		if !reflect.DeepEqual(c, want) {
			t.Errorf("%+v\nwant %+v", c, want)
		}
	}
	if line := pk.Terms[0]; len(line.CoveredBy) != 3 || line.Term.Period.Max != 90 || len(pk.Terms[1].CoveredBy) != 0 {
		t.Fatalf("%+v", line)
	}
	if pk.Namesakes != nil || pk.Lacking != nil {
		t.Fatalf("%+v", pk)
	}
}

// TestWhatATermIs is question R5.
func TestWhatATermIs(t *testing.T) {
	d := channel(t, "official")
	release := accord.Term{Name: "release", Version: 1, Sort: accord.Gesture, Debtor: "movement", Action: "the captive is released", Benefits: []record.Name{"principal"}, Salt: salt(1)}
	push := accord.Term{Name: "push", Version: 1, Sort: accord.Expectation, Of: "power", Creditor: "movement", Action: "pushes for a ceasefire", Effort: true, When: accord.Condition{Term: "release"}, Salt: salt(2)}
	d.hand(release)
	d.hand(push)
	tv, ok := d.view().Term(release.Hash())
	if !ok || tv.Owed || len(tv.ForIt) != 0 || len(tv.After) != 0 || len(tv.Beside) != 1 || tv.Beside[0].Term.Name != "push" {
		t.Fatalf("%+v", tv)
	}
	// Where something is owed for it, that shows.
	aid := term("aid", "power", 3)
	aid.Against = []record.Name{"release"}
	d.hand(aid)
	if tv, _ := d.view().Term(release.Hash()); len(tv.ForIt) != 1 || tv.ForIt[0].Term.Debtor != "power" {
		t.Fatalf("%+v", tv.ForIt)
	}
	for _, o := range d.view().Owes() {
		switch o.Party.Name {
		case "movement":
			if len(o.Gestures) != 1 || len(o.Debts) != 0 {
				t.Fatalf("%+v", o)
			}
		case "power":
			if len(o.Expected) != 1 || len(o.Debts) != 1 || o.Debts[0].Owed {
				t.Fatalf("%+v", o)
			}
		}
	}
}

func TestOwedOnlyOnceAgreed(t *testing.T) {
	d := channel(t, "go-between")
	a := term("ceasefire", "power", 1)
	p := pack("truce", 1, 2, a)
	d.put("envoy", "power", accord.Accepted, p, a)
	d.over("official", act("movement", accord.Accepted, p.Ref()))
	if o := d.view().OwedBy("power"); o.Debts[0].Owed || o.Debts[0].Verdict != accord.EchoAwaited {
		t.Fatalf("%+v", o)
	}
	if turns := d.view().Turns(); len(turns) != 2 || turns[0].Does != ToEcho {
		t.Fatalf("%+v", turns)
	}
	d.over("envoy", accord.Act{Party: "power", Echo: true, On: p.Ref()})
	d.over("official", accord.Act{Party: "movement", Echo: true, On: p.Ref()})
	if o := d.view().OwedBy("power"); !o.Debts[0].Owed {
		t.Fatalf("%+v", o)
	}
	if turns := d.view().Turns(); len(turns) != 0 {
		t.Fatalf("%+v", turns)
	}
}

// Only what binds is owed, even where all is agreed.
func TestGestureInAnAgreedPackageIsNotOwed(t *testing.T) {
	d := channel(t, "go-between")
	a := term("ceasefire", "power", 1)
	g := accord.Term{Name: "release", Version: 1, Sort: accord.Gesture, Debtor: "movement", Action: "the captive is released", Salt: salt(5)}
	e := accord.Term{Name: "push", Version: 1, Sort: accord.Expectation, Of: "power", Action: "pushes", Salt: salt(6)}
	p := pack("truce", 1, 2, a, g, e)
	d.put("envoy", "power", accord.Accepted, p, a, g, e)
	d.over("official", act("movement", accord.Accepted, p.Ref()))
	d.over("envoy", accord.Act{Party: "power", Echo: true, On: p.Ref()})
	d.over("official", accord.Act{Party: "movement", Echo: true, On: p.Ref()})
	v := d.view()
	if o := v.OwedBy("movement"); len(o.Debts) != 0 || len(o.Gestures) != 1 || o.Gestures[0].Owed || o.Gestures[0].Verdict != accord.Agreed {
		t.Fatalf("%+v", o)
	}
	if o := v.OwedBy("power"); len(o.Debts) != 1 || !o.Debts[0].Owed || len(o.Expected) != 1 || o.Expected[0].Owed {
		t.Fatalf("%+v", o)
	}
}

func TestTrafficCountsAMessageOnce(t *testing.T) {
	d := channel(t, "go-between")
	first := d.over("envoy", say("envoy", "go-between", record.Text, "x"))
	onward := say("envoy", "official", record.Text, "x")
	onward.Via = []record.Name{"go-between"}
	as := d.hand(onward)
	d.hand(record.Conveyance{Of: first, As: as, To: "official", Step: record.Conveyed, Fidelity: record.Verbatim})
	own := d.hand(say("go-between", "official", record.Call, "my view"))
	d.hand(record.Conveyance{Of: first, As: own, To: "official", Step: record.Conveyed, Fidelity: record.OwnView})
	tr := d.view().Traffic(0, 0)
	if tr.Total != 2 || !slices.Equal(tr.Entries, []keys.ID{first, own}) {
		t.Fatalf("%+v", tr)
	}
	if by := tr.By("side"); len(by) != 2 || by[0].Side != "" || by[1].Side != "power" {
		t.Fatalf("%+v", by)
	}
	if by := tr.By("path"); len(by) != 2 || by[0].Path != "envoy" || by[1].Path != "official" {
		t.Fatalf("%+v", by)
	}
	if by := tr.By(); len(by) != 1 || by[0].N != 2 {
		t.Fatalf("%+v", by)
	}
}

func TestTempo(t *testing.T) {
	for name, c := range map[string]struct {
		days []int // on which a message came
		from int   // 0 for from the first
		want Pace
	}{
		"slow, then fast":    {[]int{1, 11, 21, 22, 23, 24, 25}, 20, SlowThenFast},
		"fast, then slow":    {[]int{1, 2, 3, 4, 5, 6, 30}, 10, FastThenSlow},
		"steady":             {[]int{1, 3, 5, 7, 9, 11, 13, 15, 17, 19}, 10, Steady},
		"too few":            {[]int{1, 15}, 10, TooFew},
		"by its own halves":  {[]int{1, 12, 13, 14, 15, 16}, 0, SlowThenFast},
		"nothing was before": {[]int{11, 12, 13, 19}, 10, FastThenSlow},
	} {
		d := channel(t, "go-between")
		for _, n := range c.days {
			d.handEntry(record.Entry{Said: record.Moment(record.Instant(n) * day), Body: say("official", "go-between", record.Call, "x")})
		}
		v := Of(d.r.For("go-between", record.AsOf{}), 40*day)
		last := record.Instant(c.days[len(c.days)-1]) * day
		if got := v.Traffic(record.Instant(c.from)*day, last); got.Tempo.Pace != c.want {
			t.Errorf("%s: %s, %+v", name, got.Tempo.Pace, got.Tempo)
		}
	}
}

// TestDirectTalk is question R2.
func TestDirectTalk(t *testing.T) {
	d := channel(t, "envoy")
	carried := say("official", "envoy", record.Text, "x")
	carried.Via = []record.Name{"go-between"}
	d.overEntry("go-between", record.Entry{SaidBy: "official", Body: carried})
	if got := d.view().Direct("envoy", "movement", []record.Name{"go-between", "host-official"}); len(got.Recorded)+len(got.Lines) != 0 || !got.Own {
		t.Fatalf("%+v", got)
	}
	d.hand(say("envoy", "official", record.Meeting, "in a corridor"))
	if got := d.view().Direct("movement", "power", []record.Name{"official"}); len(got.Recorded) != 1 || !slices.Equal(got.Lines, []record.Name{"official"}) {
		t.Fatalf("%+v", got)
	}
	if got := channel(t, "go-between").view().Direct("envoy", "movement", []record.Name{"envoy", "official"}); got.Own || len(got.Lines) != 0 {
		t.Fatalf("%+v", got)
	}
}

func TestPath(t *testing.T) {
	d := channel(t, "go-between")
	in := d.overEntry("envoy", record.Entry{Said: record.Moment(500), Body: say("envoy", "go-between", record.Text, "seventy days")})
	out := say("envoy", "official", record.Call, "about seventy")
	out.Via, out.Fidelity = []record.Name{"go-between"}, record.Paraphrase
	as := d.hand(out)
	d.hand(record.Conveyance{Of: in, As: as, To: "official", Step: record.Conveyed, Fidelity: record.Paraphrase, Form: record.Call})
	d.hand(record.Conveyance{Of: in, To: "official", Step: record.Received})
	d.hand(record.ReadBack{Of: in, By: "official", Corrected: "seventy exactly"})
	p, ok := d.view().Path(in)
	if !ok || len(p.Hops) != 3 || p.Fidelity != record.Paraphrase || len(p.ReadBacks) != 1 || p.ReadBacks[0].OK {
		t.Fatalf("%+v", p)
	}
	want := []Hop{
		{From: "envoy", To: "go-between", Step: record.Received, Form: record.Text, Fidelity: record.Verbatim, Line: true},
		{From: "go-between", To: "official", Step: record.Conveyed, Form: record.Call, Fidelity: record.Paraphrase},
		{From: "go-between", To: "official", Step: record.Received, Reported: true}, // a go-between can only report it
	}
	for i, h := range p.Hops {
		if i == 0 && (h.When.Said != record.Moment(500) || h.When.Known == 500) {
			t.Errorf("the clocks are mixed up: %+v", h.When)
		}
		h.When, h.Entry = Stamp{}, keys.ID{}
		if h != want[i] {
			t.Errorf("%+v\nwant %+v", h, want[i])
		}
	}
	// The copy's first leg was when its source was said, and not when it was carried.
	copied, ok := d.view().Path(as)
	if !ok || len(copied.Hops) < 2 || copied.Hops[0].To != "go-between" || copied.Hops[0].When.Said != record.Moment(500) || copied.Hops[0].Entry != in ||
		copied.Hops[1].Entry != as || copied.Hops[1].When.Said == record.Moment(500) {
		t.Errorf("%+v", copied.Hops)
	}
	if _, ok := d.view().Path(keys.ID{1}); ok {
		t.Fatal("a path of nothing")
	}
}

// TestPassedIsNothingWhereNothingIs is questions R14 and R15.
func TestPassedIsNothingWhereNothingIs(t *testing.T) {
	d := channel(t, "host")
	d.hand(say("envoy", "host", record.Call, "x"))
	if got := d.view().Passed("go-between", "movement"); len(got) != 0 {
		t.Fatalf("%+v", got)
	}
	a, err := Ask(d.view(), Query{Text: "passed go-between movement"})
	if err != nil || len(a.Facts) != 1 || a.Facts[0].Value != NothingHere {
		t.Fatal(a, err)
	}
	if got := d.view().Passed("power", "host"); len(got) != 1 {
		t.Fatalf("%+v", got)
	}
}

// TestHadAgreed is question R8, on both clocks.
func TestHadAgreed(t *testing.T) {
	d := channel(t, "envoy")
	release := accord.Term{Name: "release", Version: 1, Sort: accord.Gesture, Debtor: "movement", Action: "the captive is released", Salt: salt(1)}
	d.over("go-between", release)
	thursday := d.clock
	d.clock += 1000
	// Said on Wednesday, known here on Monday.
	d.overEntry("go-between", record.Entry{SaidBy: "official", Said: record.Moment(thursday - 5), Body: act("movement", accord.Accepted, release.Ref().Ref())})
	for asOf, want := range map[record.AsOf]string{
		{}:                                 "as-reported",
		{Stood: thursday}:                  "as-reported",
		{Knew: thursday}:                   No,
		{Stood: thursday, Knew: thursday}:  No,
		{Stood: thursday - 6}:              No,
		{Stood: thursday, Knew: d.clock}:   "as-reported",
		{Stood: thursday - 6, Knew: 99999}: No,
	} {
		a, err := Ask(d.asOf(asOf), Query{Text: "agreed release by movement"})
		if err != nil || a.Facts[0].Value != want {
			t.Errorf("%+v: %v %v, want %s", asOf, a.Facts, err, want)
		}
	}
}

func TestAskRefuses(t *testing.T) {
	v := channel(t, "go-between").view()
	for _, q := range []string{"", "sing", "approach x", "direct envoy", "compare a", "messages from", "messages from yesterday", "messages by colour", "messages sideways", "agreed truce power", "standing truce@x", "told a b", "since"} {
		if _, err := Ask(v, Query{Text: q}); !fault.Is(err, fault.Malformed) {
			t.Errorf("%q: %v", q, err)
		}
	}
	if _, err := Ask(v, Query{Text: "compare truce@1 truce@2"}); !fault.Is(err, fault.NotFound) {
		t.Errorf("%v", err)
	}
}

func TestLabelsAndVersions(t *testing.T) {
	d := channel(t, "go-between")
	a, b := term("ceasefire", "power", 1), term("ceasefire", "power", 2)
	pa, pb := pack("truce", 1, 3, a), pack("truce", 1, 4, b)
	d.put("envoy", "power", accord.Proposed, pa, a)
	d.put("official", "movement", accord.Proposed, pb, b)
	v := d.view()
	if got := v.Label(pa.Ref()); !strings.HasPrefix(got, "truce@1#") {
		t.Fatalf("two texts are called the same: %s", got)
	}
	if _, err := v.Version("truce@1"); !fault.Is(err, fault.Refused) || !strings.Contains(fault.HintOf(err), v.Label(pa.Ref())) {
		t.Fatalf("%v, %s", err, fault.HintOf(err))
	}
	if got, err := v.Version(v.Label(pb.Ref())); err != nil || got != pb.Ref() {
		t.Fatal(got, err)
	}
	labels := map[string]record.Ref{"A": pa.Ref(), "B": pb.Ref(), "elsewhere": {Name: "x", Version: 1, Hash: keys.Hash{9}}}
	ans, err := Ask(v, Query{Text: "standing A", Labels: labels})
	if err != nil || !slices.ContainsFunc(ans.Facts, func(f Fact) bool { return f.String() == "position A power = proposed" }) {
		t.Fatal(ans, err)
	}
	if ans, err := Ask(v, Query{Text: "standing elsewhere", Labels: labels}); err != nil || ans.Facts[0].Value != NothingHere {
		t.Fatal(ans, err)
	}
}

func TestMessagesByDay(t *testing.T) {
	d := channel(t, "go-between")
	zone := time.FixedZone("", 3*3600)
	at := func(s string) record.Interval {
		x, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return record.Moment(record.At(x))
	}
	for _, s := range []string{"2025-04-28T23:59:59+03:00", "2025-04-29T00:00:00+03:00", "2025-05-01T23:59:59+03:00", "2025-05-02T00:00:00+03:00"} {
		d.handEntry(record.Entry{Said: at(s), Body: say("official", "go-between", record.Call, s)})
	}
	a, err := Ask(d.view(), Query{Text: "messages from 2025-04-29 to 2025-05-01", Zone: zone})
	if err != nil || a.Facts[0].Value != "2" {
		t.Fatal(a, err)
	}
}

func TestTurns(t *testing.T) {
	d := channel(t, "go-between")
	m := say("official", "go-between", record.Call, "will you?")
	m.SpeechAct = record.Ask
	q := d.hand(m)
	a := term("ceasefire", "power", 1)
	p := pack("truce", 1, 2, a)
	d.put("envoy", "power", accord.Proposed, p, a)
	turns := d.view().Turns()
	if len(turns) != 2 || turns[0].Who != "go-between" || turns[0].Does != ToAnswer || turns[1].Who != "movement" || turns[1].Does != ToDecide {
		t.Fatalf("%+v", turns)
	}
	d.handEntry(record.Entry{Answers: q, Body: say("go-between", "official", record.Call, "yes")})
	d.over("official", act("movement", accord.Rejected, p.Ref()))
	if turns := d.view().Turns(); len(turns) != 0 {
		t.Fatalf("%+v", turns)
	}
}

// randomChannel draws a go-between's record of everything that views look at.
func randomChannel(rt *rapid.T, t testing.TB, most int) *testDesk {
	d := channel(t, "go-between")
	people := []record.Name{"envoy", "official", "go-between", "minister"}
	parties := []record.Name{"power", "movement", "ally"}
	var texts []record.Ref
	var ids []keys.ID
	for n := range rapid.IntRange(1, most).Draw(rt, "entries") {
		e := record.Entry{At: record.Instant(rapid.IntRange(1, 3000).Draw(rt, "at"))}
		if rapid.Bool().Draw(rt, "attributed") {
			e.SaidBy = rapid.SampledFrom(people).Draw(rt, "said by")
		}
		party := rapid.SampledFrom(parties).Draw(rt, "party")
		kind := rapid.IntRange(0, 6).Draw(rt, "kind")
		switch {
		case kind == 0 || len(texts) == 0:
			x := term("ceasefire", party, byte(n))
			x.Needs = []record.Name{"ally"}
			p := pack("truce", rapid.IntRange(1, 2).Draw(rt, "version"), byte(n), x)
			d.hand(x)
			texts = append(texts, p.Ref())
			e.Body = p
		case kind <= 2:
			e.Body = act(party, rapid.SampledFrom([]accord.Position{accord.Proposed, accord.Accepted, accord.Rejected, accord.Withdrawn}).Draw(rt, "position"), rapid.SampledFrom(texts).Draw(rt, "on"))
		case kind == 3:
			e.Body = accord.NothingOwed{Party: party, Told: "minister"}
		case kind == 4 && len(ids) > 0:
			e.Body = record.Conveyance{Of: rapid.SampledFrom(ids).Draw(rt, "of"), To: "official", Step: record.Conveyed, Fidelity: record.Paraphrase}
		case kind == 5:
			e.Body = record.Approach{Asker: "official", To: "envoy", Through: []record.Name{"go-between"}}
		default:
			m := say(rapid.SampledFrom(people).Draw(rt, "from"), rapid.SampledFrom(people).Draw(rt, "to"), record.Call, rapid.StringMatching(`[a-z]{1,3}`).Draw(rt, "text"))
			m.SpeechAct = rapid.SampledFrom([]record.SpeechAct{record.Ask, record.Inform}).Draw(rt, "speech act")
			e.Body = m
		}
		switch rapid.IntRange(0, 2).Draw(rt, "by") {
		case 0:
			for _, reader := range people[:2] {
				if rapid.Bool().Draw(rt, "given") {
					e.Audience = append(e.Audience, reader)
				}
			}
			ids = append(ids, d.handEntry(e))
		case 1:
			ids = append(ids, d.overEntry("envoy", e))
		default:
			ids = append(ids, d.overEntry("official", e))
		}
	}
	return d
}

func TestViewsDoNotDependOnArrival(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := randomChannel(rt, t, 12)
		other := record.New("go-between")
		for _, it := range rapid.Permutation(d.r.Items()).Draw(rt, "order") {
			if _, err := other.Add(accord.Codec(), it); err != nil {
				rt.Fatal(err)
			}
		}
		for _, reader := range []record.Name{"go-between", "envoy"} {
			a, b := Of(d.r.For(reader, record.AsOf{}), d.clock), Of(other.For(reader, record.AsOf{}), d.clock)
			if everything(rt, a) != everything(rt, b) {
				rt.Fatalf("%s sees other views in another order of arrival", reader)
			}
		}
	})
}

func TestLaw8_ViewsAsWeKnewDoNotChange(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := randomChannel(rt, t, 12)
		knew := record.Instant(rapid.IntRange(1000, int(d.clock)).Draw(rt, "knew"))
		then := record.New("go-between")
		for _, it := range d.r.Known() {
			if it.Known <= knew {
				if _, err := then.Add(accord.Codec(), it); err != nil {
					rt.Fatal(err)
				}
			}
		}
		a, b := Of(then.For("go-between", record.AsOf{Knew: knew}), knew), Of(d.r.For("go-between", record.AsOf{Knew: knew}), knew)
		if everything(rt, a) != everything(rt, b) {
			rt.Fatal("what was logged later changed what we knew")
		}
	})
}

// TestLaw5_ViewsHoldNothingElse: the views of two records that differ only in
// what the envoy was not given are the same to him, byte by byte.
func TestLaw5_ViewsHoldNothingElse(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := randomChannel(rt, t, 12)
		bare := record.New("go-between")
		for _, it := range d.r.Known() {
			if d.r.GivenTo(it, "envoy") {
				if _, err := bare.Add(accord.Codec(), it); err != nil {
					rt.Fatal(err)
				}
			}
		}
		a, b := Of(d.r.For("envoy", record.AsOf{}), d.clock), Of(bare.For("envoy", record.AsOf{}), d.clock)
		if everything(rt, a) != everything(rt, b) {
			rt.Fatal("the envoy's views tell of what he was not given")
		}
	})
}

// Every id that a view names is of an entry that its reader has.
func TestEveryCellNamesEntriesThatAreThere(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := randomChannel(rt, t, 12)
		v := Of(d.r.For(rapid.SampledFrom([]record.Name{"go-between", "envoy", "official"}).Draw(rt, "reader"), record.AsOf{}), d.clock)
		check := func(what string, ids ...keys.ID) {
			for _, id := range ids {
				if _, ok := v.Projection().Get(id); !ok {
					rt.Fatalf("%s names the entry %s, which is not there", what, id)
				}
			}
		}
		for _, p := range v.Standing().Packages {
			check("a package", append(p.Agreement.Entries, p.Entry)...)
			for _, c := range p.Cells {
				check("a cell", c.Entries...)
			}
		}
		for _, a := range v.Alarms() {
			check(string(a.Kind), a.Entries...)
			if len(a.Entries) == 0 || a.Since == 0 {
				rt.Fatalf("an alarm that nothing raised: %+v", a)
			}
		}
		for _, o := range v.Owes() {
			for _, x := range append(append(o.Debts, o.Needed...), o.Expected...) {
				check("a debt", append(x.Entries, x.Supports...)...)
			}
			for _, n := range o.Nothing {
				check("a nothing", n.Entry)
			}
		}
	})
}

func TestJSONOfViews(t *testing.T) {
	d := channel(t, "go-between")
	a := term("ceasefire", "power", 1)
	d.put("envoy", "power", accord.Proposed, pack("truce", 1, 2, a), a)
	b, err := json.Marshal(d.view().Standing())
	if err != nil || !bytes.Contains(b, []byte(`"position":"proposed"`)) || !bytes.Contains(b, []byte(`"rests":"own-act-under-mandate"`)) {
		t.Fatal(string(b), err)
	}
}
