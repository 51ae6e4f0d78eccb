package view

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/circle"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// TestAlarm_AnIncidentWithStepsToTake is [CIR-23]: what was overheard leaves steps to take,
// and the alarm stands until the last of them is done.
func TestAlarm_AnIncidentWithStepsToTake(t *testing.T) {
	d := channel(t, "go-between")
	d.over("envoy", say("envoy", "go-between", record.Text, "Seventy days."))
	id := d.hand(circle.Incident{Sort: circle.Interception, To: "ally", Lines: []record.Name{"envoy"}})
	d.raised(map[AlarmKind]keys.ID{IncidentOpen: id})
	if a := alarm(t, d.view(), IncidentOpen); a.First != 2 || a.What != "interception" {
		t.Errorf("%+v", a) // the line anew, and to tell the envoy
	}
	d.hand(circle.IncidentStep{Of: id, Do: circle.Rekey, Who: "envoy", Done: true})
	if a := alarm(t, d.view(), IncidentOpen); a.First != 1 {
		t.Errorf("%+v", a)
	}
	d.hand(circle.IncidentStep{Of: id, Do: circle.Tell, Who: "envoy", Done: true})
	d.raised(nil)
	d.hand(circle.IncidentStep{Of: id, Do: circle.Tell, Who: "envoy"}) // it was not done after all
	d.raised(map[AlarmKind]keys.ID{IncidentOpen: id})
}

// TestAlarm_APlanThatStandsStill is [CIR-44]: whoever is next is not told, is not reached,
// or does not acknowledge while somebody waits behind him.
func TestAlarm_APlanThatStandsStill(t *testing.T) {
	d := channel(t, "go-between")
	plan := d.hand(circle.Plan{On: circle.OnOther, What: "he is home", Steps: []circle.PlanStep{{Who: "family", Hold: true}, {Who: "minister"}}})
	note := func(who record.Name, r circle.Reach) keys.ID {
		return d.hand(circle.Notification{Plan: plan, Who: who, Reach: r})
	}
	wait := func() { d.clock += heldForTooLong }
	wait()
	d.raised(nil) // it has not begun
	note("", circle.Begun)
	d.raised(nil)
	wait()
	d.raised(map[AlarmKind]keys.ID{HeldUp: plan})
	if a := alarm(t, d.view(), HeldUp); a.Party != "family" || a.What != "tell" || a.Other != "minister" {
		t.Errorf("%+v", a)
	}
	tried := note("family", circle.NotReached)
	d.raised(map[AlarmKind]keys.ID{NotReachable: tried})
	note("family", circle.Told)
	d.raised(nil)
	wait()
	if a := alarm(t, d.view(), HeldUp); a.Party != "family" || a.What != "acknowledge" {
		t.Errorf("%+v", a)
	}
	note("family", circle.Acknowledged)
	d.raised(nil)
	note("minister", circle.Told)
	wait()
	d.raised(nil) // nobody waits for him
}

// TestAlarm_AskedAndNotAnswered is [CIR-36]: a question of an outsider stands until it is
// answered, if only by silence; an answer other than planned is told of.
func TestAlarm_AskedAndNotAnswered(t *testing.T) {
	d := channel(t, "go-between")
	d.hand(circle.PlannedLine{For: "minister", As: circle.Decline, Text: "We do not comment."})
	asked := d.hand(circle.Request{By: "minister", Of: "go-between"})
	d.raised(map[AlarmKind]keys.ID{RequestOpen: asked})
	first := d.handEntry(record.Entry{Answers: asked, Body: circle.Answer{By: "go-between", To: "minister", As: circle.Decline, Text: "We do not comment."}})
	d.raised(nil)
	d.handEntry(record.Entry{Corrects: first, Body: record.Correction{Now: circle.Answer{By: "go-between", To: "minister", As: circle.Deny}}})
	d.raised(map[AlarmKind]keys.ID{SaidOtherwise: first})
}

// TestAlarm_ALaterPackageBindsWhoWasToldNothing: somebody is told that he owes
// nothing, and it is so. A package that comes later, and behind which somebody
// stands, binds him.
func TestAlarm_ALaterPackageBindsWhoWasToldNothing(t *testing.T) {
	d := channel(t, "go-between")
	v := Follow(d.r.For("go-between", record.AsOf{}), d.clock)
	now := func() []AlarmKind {
		v = v.Next(d.r.For("go-between", record.AsOf{}), d.clock+1)
		return kinds(v.Alarms())
	}
	truce := term("truce", "power", 1)
	d.put("envoy", "power", accord.Proposed, pack("deal", 1, 2, truce), truce)
	d.hand(accord.NothingOwed{Party: "ally", Told: "minister"})
	if got := now(); len(got) != 0 {
		t.Fatal(got)
	}
	strikes := term("strikes", "ally", 3)
	d.put("official", "movement", accord.Proposed, pack("deal", 2, 4, truce, strikes), strikes)
	if got := now(); !reflect.DeepEqual(got, []AlarmKind{BindsAbsent, ToldNothing}) {
		t.Fatal(got)
	}
	if a := alarm(t, v, ToldNothing); a.Party != "ally" || a.Other != "minister" || a.On.Name != "strikes" {
		t.Errorf("%+v", a)
	}
}

// round is a random record in which much is told, asked and lost.
type round struct {
	rng   *rand.Rand
	n     uint64
	at    record.Instant
	ids   map[record.Kind][]keys.ID
	all   []record.Item
	lines map[record.Name]uint64
}

var crowd = []record.Name{"envoy", "official", "minister", "family", "go-between"}

func one[T any](g *round, list ...T) T { return list[g.rng.IntN(len(list))] }

func (g *round) of(k record.Kind) keys.ID {
	if list := g.ids[k]; len(list) > 0 && g.rng.IntN(12) > 0 {
		return one(g, list...)
	}
	return keys.ID{0: 9, 15: byte(g.rng.IntN(4))} // of what is not here
}

func (g *round) body() (b record.Body, answers keys.ID) {
	who := one(g, crowd...)
	what := []record.Ref{{Entry: g.of(record.KindMessage)}}
	switch g.rng.IntN(14) {
	case 0:
		i := circle.Incident{Sort: one(g, circle.Mishaps()...), People: []record.Name{who}, What: what}
		if g.rng.IntN(3) == 0 {
			i.To = "minister"
		}
		if g.rng.IntN(2) == 0 {
			i.From, i.Until = g.at-record.Instant(g.rng.Int64N(4000_000)), g.at+record.Instant(g.rng.Int64N(9000_000))
		}
		if i.Sort == circle.Interception && g.rng.IntN(2) == 0 {
			i.People, i.Lines = nil, []record.Name{who}
		}
		return i, answers
	case 1, 2:
		return circle.IncidentStep{Of: g.of(circle.KindIncident), Do: one(g, circle.Rekey, circle.CloseLine, circle.Tell), Who: who, Done: g.rng.IntN(4) > 0}, answers
	case 3:
		return circle.Plan{On: circle.OnOther, What: "it", Steps: []circle.PlanStep{{Who: "family", Hold: true}, {Who: "minister", Hold: g.rng.IntN(2) == 0}, {Who: "official"}}}, answers
	case 4, 5, 6:
		n := circle.Notification{Plan: g.of(circle.KindPlan), Reach: one(g, circle.Reached()...)}
		if n.Reach != circle.Begun {
			n.Who = one(g, record.Name("family"), "minister", "official")
		}
		return n, answers
	case 7:
		return circle.Request{By: who, Of: one(g, crowd...)}, answers
	case 8:
		return circle.Answer{By: one(g, crowd...), To: who, As: one(g, circle.Deny, circle.NotYet)}, g.of(circle.KindRequest)
	case 9:
		return circle.PlannedLine{For: who, As: one(g, circle.Deny, circle.NotYet)}, answers
	case 10:
		return circle.Disclosure{To: who, What: what, Footing: circle.Briefed}, answers
	}
	return say(who, one(g, crowd...), one(g, record.Text, record.Paper), "words"), answers
}

func (g *round) next() record.Item {
	g.n++
	g.at += record.Instant(g.rng.Int64N(1200_000))
	e := record.Entry{ID: keys.ID{0: 9}, By: "go-between", At: g.at}
	binary.BigEndian.PutUint64(e.ID[8:], g.n<<8)
	if g.rng.IntN(6) == 0 && len(g.all) > 0 {
		if old := one(g, g.all...); old.Body.Kind() != record.KindCorrection {
			for {
				b, _ := g.body()
				if b.Kind() == old.Body.Kind() {
					e.Corrects, e.Body, e.By = old.ID, record.Correction{Now: b}, old.By
					break
				}
			}
		}
	}
	if e.Body == nil {
		e.Body, e.Answers = g.body()
		if who := one(g, crowd...); !record.IsPrivate(e.Body) && who != "go-between" {
			if g.rng.IntN(2) == 0 {
				e.By = who
			} else {
				e.Audience = []record.Name{who}
			}
		}
	}
	it := record.Item{Entry: e, Known: g.at, Came: record.ByHand()}
	if e.By != "go-between" {
		g.lines[e.By]++
		it.Came = record.OverLine(e.By, g.lines[e.By])
	}
	g.ids[e.Body.Kind()] = append(g.ids[e.Body.Kind()], e.ID)
	g.all = append(g.all, it)
	return it
}

// TestIncrementalAlarmsOfTheCircleAreThoseOfAFreshReading: whatever is told,
// asked, lost, corrected or done, in whatever order it comes, and while time
// passes.
func TestIncrementalAlarmsOfTheCircleAreThoseOfAFreshReading(t *testing.T) {
	seen := map[AlarmKind]int{}
	many := uint64(24)
	if testing.Short() {
		many = 9
	}
	for seed := uint64(1); seed <= many; seed++ {
		g := &round{rng: rand.New(rand.NewPCG(seed, 4)), at: 1_000_000_000, ids: map[record.Kind][]keys.ID{}, lines: map[record.Name]uint64{}}
		var items []record.Item
		for range 90 {
			items = append(items, g.next())
		}
		if seed%3 == 0 { // some come much later
			for range 40 {
				i, j := g.rng.IntN(len(items)), g.rng.IntN(len(items))
				items[i], items[j] = items[j], items[i]
			}
		}
		r := record.New("go-between")
		now := items[0].At
		v := Follow(r.For("go-between", record.AsOf{}), now)
		for i, it := range items {
			if _, err := r.Add(circle.Codec(), it); err != nil {
				t.Fatal(seed, err)
			}
			now = max(now, it.Known) + record.Instant(g.rng.IntN(3)*1000_000)
			p := r.For("go-between", record.AsOf{})
			v = v.Next(p, now)
			if g.rng.IntN(3) == 0 {
				continue // several come before anybody looks
			}
			fresh := Of(p, now)
			for _, a := range fresh.Alarms() {
				seen[a.Kind]++
			}
			for what, ask := range map[string]func(*View) any{
				"alarms": func(v *View) any { return v.Alarms() }, "incidents": func(v *View) any { return v.Exposures() },
				"plans": func(v *View) any { return v.Notifications() }, "requests": func(v *View) any { return v.Requests("") },
				"circle": func(v *View) any { return v.Circle() },
			} {
				if what != "alarms" && i%5 != 0 {
					continue
				}
				x, _ := json.Marshal(ask(v))
				if y, _ := json.Marshal(ask(fresh)); !bytes.Equal(x, y) {
					t.Fatalf("seed %d, after %d entries, the last %s: %s\n%s\n\n%s", seed, i+1, it.Body.Kind(), what, x, y)
				}
			}
		}
	}
	for _, k := range []AlarmKind{IncidentOpen, HeldUp, NotReachable, RequestOpen, SaidOtherwise} {
		if seen[k] == 0 {
			t.Errorf("no random record raised %s", k)
		}
	}
}
