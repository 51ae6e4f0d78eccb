package circle

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"backchannel/internal/accord"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

func aPlan(rt *rapid.T) Plan {
	p := Plan{On: OnFailed}
	for i := range rapid.IntRange(1, 7).Draw(rt, "people") {
		p.Steps = append(p.Steps, PlanStep{Who: record.Name(fmt.Sprintf("p%d", i)), Hold: rapid.Bool().Draw(rt, "hold")})
	}
	return p
}

// TestNotificationUnderFailure is [CIR-41] and [CIR-43]: a driver that is killed
// between any two of its steps, and asks anew what is next, tells nobody twice,
// skips nobody, keeps the order, and never goes on before an acknowledgement
// that it is to wait for. A note and the telling that it stands for are one
// transaction: what is sent is kept before it is sent.
func TestNotificationUnderFailure(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := aPlan(rt)
		var journal []Notification // what survives
		var told []record.Name     // what the world has seen
		acked := map[record.Name]bool{}
		for range 200 {
			list := Follow(p, true, journal) // every turn is a start after a crash
			next, ok := NextOf(list)
			waiting := rapid.IntRange(0, 2).Draw(rt, "does")
			switch {
			case ok && waiting == 0: // killed before the transaction: nothing has happened
			case ok && waiting == 1:
				n := Notification{Plan: keys.ID{1}, Who: next.Who, Reach: NotReached}
				if err := Allow(p, true, journal, n); err != nil {
					rt.Fatal(err)
				}
				journal = append(journal, n)
			case ok:
				n := Notification{Plan: keys.ID{1}, Who: next.Who, Reach: Told}
				if err := Allow(p, true, journal, n); err != nil {
					rt.Fatal(err)
				}
				for _, s := range p.Steps[:len(told)] {
					if s.Hold && !acked[s.Who] {
						rt.Fatalf("%s is told before %s has acknowledged", next.Who, s.Who)
					}
				}
				journal, told = append(journal, n), append(told, next.Who)
				if err := Allow(p, true, journal, n); !fault.Is(err, fault.Exists) {
					rt.Fatalf("told twice: %v", err)
				}
			default:
				for _, s := range p.Steps { // an acknowledgement comes in, perhaps twice
					if slices.Contains(told, s.Who) && !acked[s.Who] {
						acked[s.Who] = true
						journal = append(journal, Notification{Plan: keys.ID{1}, Who: s.Who, Reach: Acknowledged})
						break
					}
				}
			}
		}
		var want []record.Name
		for _, s := range p.Steps {
			want = append(want, s.Who)
		}
		if len(told) > len(want) || !slices.Equal(told, want[:len(told)]) {
			rt.Fatalf("told %v of %v", told, want)
		}
		if len(told) < len(want) {
			if _, ok := NextOf(Follow(p, true, journal)); ok {
				return // the walk ended early; somebody is still next
			}
			last := p.Steps[len(told)-1]
			if !last.Hold || acked[last.Who] {
				rt.Fatalf("%v is skipped after %v", want[len(told):], told)
			}
		}
	})
}

// TestAnyOrderOfNotesGivesTheSameState is [CIR-42].
func TestAnyOrderOfNotesGivesTheSameState(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := aPlan(rt)
		var notes []Notification
		for range rapid.IntRange(0, 12).Draw(rt, "notes") {
			n := Notification{Plan: keys.ID{1}, Reach: rapid.SampledFrom(Reached()).Draw(rt, "reach")}
			if n.Reach != Begun {
				n.Who = rapid.SampledFrom(p.Steps).Draw(rt, "who").Who
			}
			notes = append(notes, n)
		}
		one := fmt.Sprint(Follow(p, false, notes))
		seed := rapid.Uint64().Draw(rt, "order")
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(notes), func(i, j int) { notes[i], notes[j] = notes[j], notes[i] })
		if two := fmt.Sprint(Follow(p, false, append(notes, notes...))); two != one {
			// Doubled notes count twice as attempts alone.
			one, two = fmt.Sprint(turns(Follow(p, false, notes))), fmt.Sprint(turns(Follow(p, false, append(notes, notes...))))
			if one != two {
				rt.Fatalf("%s\n%s", one, two)
			}
		}
		next := 0
		for _, s := range Follow(p, false, notes) {
			if s.Turn == Next {
				next++
			}
		}
		if next > 1 {
			rt.Fatal("two people are next at once")
		}
	})
}

func turns(list []Telling) []Turn {
	var out []Turn
	for _, t := range list {
		out = append(out, t.Turn)
	}
	return out
}

// TestWhatAPlanRefuses is [CIR-43].
func TestWhatAPlanRefuses(t *testing.T) {
	p := Plan{On: OnDeath, Steps: []PlanStep{{Who: "family", Hold: true}, {Who: "minister"}, {Who: "press"}}}
	note := func(who record.Name, r Reach) Notification { return Notification{Plan: keys.ID{1}, Who: who, Reach: r} }
	told, acked := note("family", Told), note("family", Acknowledged)
	for i, c := range []struct {
		begun bool
		notes []Notification
		n     Notification
		want  fault.Kind
	}{
		{false, nil, told, fault.Refused}, {true, nil, note("minister", Told), fault.Refused}, {true, []Notification{told}, note("minister", Told), fault.Refused},
		{true, []Notification{told}, told, fault.Exists}, {true, []Notification{told, acked}, acked, fault.Exists}, {true, nil, acked, fault.Refused},
		{true, nil, note("stranger", Told), fault.NotFound}, {true, nil, Notification{Plan: keys.ID{1}, Reach: Begun}, fault.Exists}, {true, []Notification{told}, note("family", NotReached), fault.Exists},
	} {
		if err := Allow(p, c.begun, c.notes, c.n); !fault.Is(err, c.want) {
			t.Errorf("%d: %v", i, err)
		}
	}
	for i, c := range []struct {
		begun bool
		notes []Notification
		n     Notification
	}{{false, nil, Notification{Plan: keys.ID{1}, Reach: Begun}}, {true, nil, told}, {true, nil, note("family", NotReached)}, {true, []Notification{told}, acked}, {true, []Notification{told, acked}, note("minister", Told)}} {
		if err := Allow(p, c.begun, c.notes, c.n); err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	early := Follow(p, true, []Notification{note("press", Told)})
	if early[2].Turn != WasTold || !early[2].Early || early[0].Turn != Next || early[1].Turn != OnHold || early[1].HeldBy != "family" {
		t.Errorf("%+v", early)
	}
}

// TestLaw1_APlanBeginsOnWhatIsAgreed is [CIR-40] and [CIR-42]: what is agreed
// as reported sets nothing off, and a corrected plan forgets nobody.
func TestLaw1_APlanBeginsOnWhatIsAgreed(t *testing.T) {
	d := newRoom(t)
	term := accord.Term{Name: "truce", Version: 1, Sort: accord.Obligation, Debtor: "power", Action: "hostilities cease", Salt: keys.ID{1}}
	pack := accord.Package{Name: "deal", Version: 1, Terms: []accord.TermRef{term.Ref()}, Needs: []record.Name{"power", "movement"}, Salt: keys.ID{2}}
	d.note(term)
	d.note(pack)
	steps := []PlanStep{{Who: "family", Hold: true}, {Who: "minister"}}
	p := d.note(Plan{On: OnAgreed, Text: pack.Ref(), Steps: steps})
	begun := func() bool {
		f, ok := d.circle().Following(p, d.ledger())
		if !ok {
			t.Fatal("no plan")
		}
		return f.Begun
	}
	for party, who := range map[record.Name]record.Name{"power": "envoy", "movement": "official"} {
		cred := record.Credential{Holder: who, Party: party, Issuer: party, May: []record.Mandate{record.MayBind}}
		yes := accord.Act{Party: party, Position: accord.Accepted, On: pack.Ref()}
		if who == "envoy" {
			d.note(cred)
			d.note(yes)
			continue
		}
		d.over("go-between", record.Entry{SaidBy: who, HeardFrom: who, Body: yes}) // a report
	}
	if begun() {
		t.Fatal("agreed as reported sets a plan off")
	}
	d.over("official", record.Entry{Body: record.Credential{Holder: "official", Party: "movement", Issuer: "movement", May: []record.Mandate{record.MayBind}}})
	d.over("official", record.Entry{Body: accord.Act{Party: "movement", Position: accord.Accepted, On: pack.Ref()}})
	d.note(accord.Act{Party: "power", Echo: true, On: pack.Ref()})
	d.over("official", record.Entry{Body: accord.Act{Party: "movement", Echo: true, On: pack.Ref()}})
	if v := d.ledger().Agreement(pack.Hash()).Verdict; v != accord.Agreed || !begun() {
		t.Fatal(v)
	}
	d.note(Notification{Plan: p, Who: "minister", Reach: Told})
	d.hand(record.Entry{Corrects: p, Body: record.Correction{Now: Plan{On: OnAgreed, Text: pack.Ref(), Steps: []PlanStep{{Who: "minister"}, {Who: "premier"}, {Who: "family"}}}}})
	f, _ := d.circle().Following(p, d.ledger())
	if f.Steps[0].Turn != WasTold || f.Steps[1].Turn != Next || f.Steps[2].Turn != OnHold {
		t.Errorf("%+v", f.Steps)
	}
	other := d.note(Plan{On: OnOther, What: "the crossing opens", Steps: steps})
	if f, _ := d.circle().Following(other, d.ledger()); f.Begun || f.Steps[0].Turn != Waiting {
		t.Errorf("%+v", f)
	}
	d.note(Notification{Plan: other, Reach: Begun})
	if f, _ := d.circle().Following(other, d.ledger()); !f.Begun || f.Steps[0].Turn != Next || len(f.On) != 1 {
		t.Errorf("%+v", f)
	}
}
