package accord

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"backchannel/internal/keys"
	"backchannel/internal/record"
)

func (s *stage) is(t *testing.T, what string, want State) Course {
	t.Helper()
	c := s.course()
	if c.State != want {
		t.Errorf("%s: %q, want %q (waits for %v)", what, c.State, want, c.Waits)
	}
	return c
}

func (s *stage) event(by record.Name, what string) { s.over(by, Event{By: by, What: what}) }

// [PERF-1]
func TestNothingIsOwedBeforeAgreement(t *testing.T) {
	s := &stage{testDesk: newDesk(t, "go-between"), term: termOf("once")}
	s.over("creditor", s.term)
	p := Package{Name: "deal", Version: 1, Terms: []TermRef{s.term.Ref()}, Needs: []record.Name{"creditor", "debtor"}, Salt: salt(4)}
	s.over("creditor", p)
	s.deed("debtor", Claimed)
	s.is(t, "no act", NoState)
	s.over("debtor", act("debtor", Accepted, p.Ref()))
	s.over("creditor", act("creditor", Accepted, p.Ref()))
	s.is(t, "accepted, and not echoed", NoState)
	s.over("debtor", echo("debtor", p.Ref()))
	s.hand(echo("creditor", p.Ref()))
	s.is(t, "an echo that is hearsay", NoState)
	s.over("creditor", echo("creditor", p.Ref()))
	c := s.is(t, "agreed", IsDue)
	if c.Since != s.clock || c.Told[0].Why != OutOfTurn {
		t.Errorf("since %d, the early claim is %q", c.Since, c.Told[0].Why)
	}
}

// [PERF-3]: as reported stands beside the state.
func TestWhatIsReportedStandsBeside(t *testing.T) {
	s := newStage(t, "once", nil)
	s.hand(s.stated("monitor", Verified))
	c := s.is(t, "a hand report", IsDue)
	if c.Reported != IsVerified || !slices.Equal(c.ReportedBy, []record.Name{"go-between"}) {
		t.Errorf("reported %q by %v", c.Reported, c.ReportedBy)
	}
	s.deed("monitor", Verified)
	if c := s.is(t, "the monitor himself", IsVerified); c.Reported != "" || c.By != "monitor" || c.Rests != OnOwnMandate {
		t.Errorf("%+v", c)
	}
}

// [PERF-2]: binding deeds take a mandate to bind, the rest one to speak; a
// monitor's person is whom the keeper says.
func TestMandatesOfDeeds(t *testing.T) {
	s := newStage(t, "once", nil)
	s.role("voice", "creditor", record.Envoy)
	s.hand(record.Credential{Holder: "voice", Party: "creditor", Issuer: "creditor", May: []record.Mandate{record.MaySpeak}})
	s.over("voice", s.stated("creditor", Discharged))
	if c := s.is(t, "discharged by who may only speak", IsDue); c.Told[0].Why != NoMandate {
		t.Error(c.Told[0].Why)
	}
	s.over("voice", s.stated("voice", Alleged))
	s.is(t, "alleged by who may speak, in his own name", IsAlleged)
	s.over("watcher", s.stated("monitor", Found))
	s.is(t, "found by a stranger", IsAlleged)
	s.role("watcher", "monitor", record.Monitor)
	s.over("watcher", s.stated("monitor", Found))
	s.is(t, "found by the monitor's person", IsFound)
}

// [PERF-4]
func TestNobodyChecksHimself(t *testing.T) {
	for name, alter := range map[string]func(*Term){
		"his own monitor":  func(x *Term) { x.Monitor = x.Debtor },
		"his own creditor": func(x *Term) { x.Creditor = x.Debtor },
	} {
		s := newStage(t, "once", alter)
		s.deed("debtor", Verified)
		s.is(t, name, IsDue)
	}
	s := newStage(t, "once", func(x *Term) { x.Creditor = "" })
	s.deed("creditor", Verified)
	s.is(t, "no creditor named, among four parties", IsDue)
	d, _ := goBetween(t)
	a, _, p := truce()
	s = &stage{testDesk: d, term: a}
	for envoy, party := range map[record.Name]record.Name{"envoy": "power", "official": "movement"} {
		d.over(envoy, act(party, Accepted, p.Ref()))
		d.over(envoy, echo(party, p.Ref()))
	}
	d.over("official", s.stated("movement", Verified))
	s.is(t, "no creditor named, and one other party", IsVerified)
}

// [PERF-5]: order of arrival, and corrections.
func TestPerformanceDoesNotDependOnArrival(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newStage(t, rapid.SampledFrom([]string{"once", "lasting"}).Draw(rt, "sort"), func(x *Term) {
			x.When, x.Quantity = Condition{Op: "or", Of: []Condition{{Event: "go"}, {Term: "covered"}}}, []Range{{10, 10, "captives"}}
		})
		s.scribble(rt)
		items := s.r.Items()
		other := record.New("go-between")
		for _, i := range rapid.Permutation(indices(len(items))).Draw(rt, "order") {
			if _, err := other.Add(Codec(), items[i]); err != nil {
				rt.Fatal(err)
			}
		}
		a := s.ledger()
		b := Read(other.For("go-between", record.AsOf{}), s.clock+1)
		if !reflect.DeepEqual(a.Performances(), b.Performances()) {
			rt.Fatal("two orders of arrival give two states")
		}
	})
}

func indices(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// scribble logs statements by anybody, in any way, with any time.
func (s *stage) scribble(rt *rapid.T) {
	people := []record.Name{"debtor", "creditor", "monitor", "guarantor", "other"}
	for range rapid.IntRange(1, 8).Draw(rt, "statements") {
		by := rapid.SampledFrom(people).Draw(rt, "by")
		var b record.Body = Event{By: by, What: "go", Denied: rapid.Bool().Draw(rt, "denied")}
		if rapid.IntRange(0, 3).Draw(rt, "event") > 0 {
			p := s.stated(by, rapid.SampledFrom(allDeeds).Draw(rt, "deed"))
			p.Amount = int64(rapid.IntRange(0, 6).Draw(rt, "amount"))
			b = p
		}
		e := record.Entry{Body: b}
		if rapid.Bool().Draw(rt, "said earlier") {
			e.Said = record.Moment(s.clock - record.Instant(rapid.IntRange(1, int(3*day)).Draw(rt, "by how much")))
		}
		s.clock += record.Instant(rapid.IntRange(0, int(4*day)).Draw(rt, "time"))
		switch rapid.IntRange(0, 3).Draw(rt, "how") {
		case 0:
			s.handEntry(e)
		case 1:
			e.SaidBy, e.HeardFrom = by, by
			s.overEntry("carrier", e)
		default:
			s.overEntry(by, e)
		}
	}
}

// [PERF-7], and the law on hearsay: without an own statement by monitor or
// guarantor nothing is found, without one by creditor or monitor nothing is
// verified, whatever is reported and however long it takes.
func TestLaw1_NoReportAndNoClockGivesVerifiedOrFound(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newStage(t, rapid.SampledFrom([]string{"once", "lasting", "guarantee"}).Draw(rt, "sort"), func(x *Term) {
			if x.Sort == Obligation && x.Period.IsZero() {
				x.By = 103 * day
			}
		})
		before := s.r.Len()
		s.scribble(rt)
		own := map[State]bool{}
		for _, it := range s.r.Items()[before:] {
			b, ok := it.Body.(Performance)
			if !ok || it.Came.Over() != b.By {
				continue
			}
			own[IsVerified] = own[IsVerified] || b.Deed == Verified && (b.By == "creditor" || b.By == "monitor")
			own[IsFound] = own[IsFound] || b.Deed == Found && (b.By == "guarantor" || b.By == "monitor")
			own[IsAlleged] = own[IsAlleged] || b.Deed == Alleged && b.By == "creditor"
			own[IsClaimed] = own[IsClaimed] || b.Deed == Claimed && b.By == "debtor"
			own[IsDischarged] = own[IsDischarged] || b.Deed == Discharged && b.By == "creditor"
		}
		for range 4 {
			switch st := s.course().State; st {
			case IsVerified, IsFound, IsAlleged, IsClaimed, IsDischarged:
				if !own[st] {
					rt.Fatalf("%s, and nobody whose word it is said so", st)
				}
			}
			s.clock += 300 * day
		}
	})
}

// [PERF-6]
func TestLaw8_PerformanceOnBothClocks(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newStage(t, "once", func(x *Term) { x.By, x.When = 104*day, Condition{Event: "go"} })
		s.scribble(rt)
		knew := s.clock
		before := Read(s.r.For("go-between", record.AsOf{}), knew).Performances()
		s.scribble(rt)
		after := Read(s.r.For("go-between", record.AsOf{Knew: knew}), s.clock+900*day).Performances()
		if !reflect.DeepEqual(before, after) {
			rt.Fatal("what was logged later, or the time since, changed what we knew")
		}
	})
	s := newStage(t, "once", nil)
	s.overEntry("debtor", record.Entry{Body: s.stated("debtor", Claimed), Said: record.Moment(s.clock + 5)})
	said := s.clock - 5
	s.clock += day
	for stood, want := range map[record.Instant]State{said - 1: IsDue, said: IsClaimed} {
		if got := Read(s.r.For("go-between", record.AsOf{Stood: stood}), s.clock).Performance(s.term.Hash()).State; got != want {
			t.Errorf("as it stood: %s, want %s", got, want)
		}
	}
}

// A correction of one's own mends the amount, and does not unsay.
func TestCorrectedDeeds(t *testing.T) {
	s := newStage(t, "once", func(x *Term) { x.Quantity = []Range{{10, 10, "captives"}} })
	b := s.stated("creditor", Verified)
	b.Amount = 10
	id := s.over("creditor", b)
	fixed := b
	fixed.Amount = 5
	s.overEntry("creditor", record.Entry{Corrects: id, Body: record.Correction{Now: fixed, Reason: "five"}})
	if c := s.is(t, "five, not ten", IsDue); c.Shares[0].Verified != 5 || !c.Partial {
		t.Errorf("%+v", c.Shares)
	}
	fixed.Deed = Found
	s.overEntry("creditor", record.Entry{Corrects: id, Body: record.Correction{Now: fixed, Reason: "breach"}})
	s.is(t, "another deed is no correction", IsVerified)
}

// [PERF-8] and [PERF-9]
func TestConditions(t *testing.T) {
	and := Condition{Op: "and", Of: []Condition{{Event: "the ice is gone"}, {Op: "not", Of: []Condition{{Event: "a storm"}}}}}
	s := newStage(t, "once", func(x *Term) { x.When = and })
	if c := s.is(t, "nothing happened", IsConditional); len(c.Waits) != 1 {
		t.Error(c.Waits)
	}
	s.hand(Event{By: "creditor", What: "the ice is gone"})
	if c := s.is(t, "reported", IsConditional); c.Reported != IsDue {
		t.Error(c.Reported)
	}
	s.event("nobody", "the ice is gone")
	s.is(t, "by somebody else", IsConditional)
	s.over("creditor", Event{By: "creditor", What: "The ice  is gone", At: 99 * day})
	if c := s.is(t, "by a party", IsDue); c.Ready <= 100*day || c.Ready > s.clock {
		t.Errorf("due from %d, and agreed after %d", c.Ready, 100*day)
	}
	s.event("monitor", "a storm")
	s.is(t, "what came due does not go back", IsDue)

	s = newStage(t, "once", func(x *Term) { x.When = and })
	s.event("creditor", "the ice is gone")
	s.over("debtor", Event{By: "debtor", What: "the ice is gone", Denied: true})
	s.is(t, "disputed", IsUnknown)
	s.event("monitor", "the ice is gone")
	s.is(t, "settled", IsDue)

	s = newStage(t, "once", func(x *Term) { x.When = Condition{Term: "covered"} })
	covered := record.Ref{Name: "covered", Hash: s.pack.Terms[1].Hash}
	s.over("other", Performance{By: "other", On: covered, Deed: Claimed})
	s.is(t, "a claim sets nothing off", IsConditional)
	s.over("creditor", Performance{By: "creditor", On: covered, Deed: Verified})
	s.is(t, "verified", IsDue)

	s = newStage(t, "once", func(x *Term) { x.When = Condition{Term: "nowhere"} })
	s.is(t, "a term that is not here", IsUnknown)
}

// exchange is a package of terms in which each is given its conditions.
func exchange(t *testing.T, terms ...Term) *stage {
	s := &stage{testDesk: newDesk(t, "go-between")}
	s.clock = 100 * day
	for i := range terms {
		terms[i].Version, terms[i].Sort, terms[i].Action, terms[i].Salt = 1, Obligation, "does it", salt(1)
	}
	s.agree(Package{Name: "deal", Version: 1, Needs: []record.Name{"a", "b"}, Salt: salt(4)}, terms...)
	return s
}

func (s *stage) states() string {
	out := ""
	for _, r := range s.pack.Terms {
		out += string(r.Name) + " " + string(s.ledger().Performance(r.Hash).State) + ", "
	}
	return out
}

// [PERF-10]
func TestExchange(t *testing.T) {
	x := Term{Name: "x", Debtor: "a", Against: []record.Name{"y"}}
	y := Term{Name: "y", Debtor: "b", Against: []record.Name{"x"}, When: Condition{Event: "go"}}
	s := exchange(t, x, y)
	if got := s.states(); got != "x conditional, y conditional, " {
		t.Error("neither goes first:", got)
	}
	s.event("a", "go")
	if got := s.states(); got != "x due, y due, " {
		t.Error("at once:", got)
	}
	s = exchange(t, x, y)
	s.over("a", Performance{By: "a", On: s.pack.Terms[1].Ref(), Deed: Verified})
	if got := s.states(); got != "x due, y verified, " {
		t.Error("the other was done in advance:", got)
	}
	y.When = Condition{Term: "x"}
	s = exchange(t, x, y)
	if got := s.states(); got != "x due, y conditional, " {
		t.Error("waiting for one another is not waiting:", got)
	}
	x.Against, x.When = nil, Condition{Term: "y"}
	x.Period, y.Period = Range{1, 1, "days"}, Range{1, 1, "days"}
	s = exchange(t, x, y)
	if got := s.states(); got != "x unknown, y unknown, " {
		t.Error("a circle:", got)
	}
}

// [PERF-11]: no resumption during a period that begins with an event.
func TestNoResumptionDuringThePeriod(t *testing.T) {
	s := newStage(t, "lasting", func(x *Term) { x.Period, x.When = Range{70, 90, "days"}, Condition{Event: "entry into force"} })
	s.is(t, "not yet", IsConditional)
	s.event("monitor", "entry into force")
	start := s.clock
	c := s.is(t, "from then on", IsInForce)
	if c.Ends != start+90*day || c.MayEnd != start+70*day || c.Deadline != c.Ends {
		t.Errorf("%+v", c)
	}
	s.deed("monitor", Verified)
	s.is(t, "kept so far", IsVerified)
	s.clock = start + 40*day
	s.deed("creditor", Alleged)
	s.is(t, "shots were heard", IsAlleged)
	s.deed("guarantor", Found)
	s.is(t, "and found", IsFound)
	s.deed("monitor", Verified)
	s.is(t, "kept again", IsVerified)
	s.clock = start + 90*day - 1
	s.is(t, "the last moment", IsVerified)
	s.clock = start + 90*day
	s.is(t, "over", IsExpired)
	s.deed("creditor", Verified)
	s.is(t, "kept to the end", IsVerified)
}

// [PERF-12]
func TestDeadlines(t *testing.T) {
	s := newStage(t, "once", func(x *Term) { x.When, x.Within = Condition{Event: "go"}, Range{10, 10, "days"} })
	s.clock += 50 * day
	s.event("debtor", "go")
	start := s.clock
	if c := s.is(t, "due", IsDue); c.Deadline != start+10*day {
		t.Errorf("%d", c.Deadline-start)
	}
	s.clock = start + 11*day
	s.is(t, "late", IsOverdue)
	s.deed("debtor", Claimed)
	if c := s.is(t, "done late", IsClaimed); !c.Late {
		t.Error("it was late")
	}
	s = newStage(t, "once", func(x *Term) { x.When, x.By = Condition{Event: "go"}, 105*day })
	s.clock = 106 * day
	s.event("debtor", "go")
	s.is(t, "it came too late to bind", IsExpired)
	s = newStage(t, "once", func(x *Term) { x.From, x.By = 103*day, 105*day })
	s.is(t, "not before", IsConditional)
	s.clock = 103 * day
	s.is(t, "now", IsDue)
}

// [PERF-13]
func TestSuspendedClocksStand(t *testing.T) {
	s := newStage(t, "lasting", nil)
	start := s.course().Ready
	s.clock = start + 4*day
	s.deed("creditor", Suspended)
	stopped := s.clock
	s.clock += 100 * day
	s.is(t, "a stopped clock does not run out", IsSuspended)
	s.deed("creditor", Resumed)
	ends := start + 10*day + s.clock - stopped
	if c := s.is(t, "resumed", IsInForce); c.Ends != ends {
		t.Errorf("%d, want %d", c.Ends, ends)
	}
	s.clock = ends
	s.is(t, "what was left has run", IsExpired)

	s = newStage(t, "once", func(x *Term) { x.By = 102 * day })
	s.clock = 103 * day
	s.deed("creditor", Suspended)
	s.clock = 110 * day
	s.deed("creditor", Resumed)
	s.is(t, "what was overdue stays so", IsOverdue)
}

// [PERF-14]
func TestParts(t *testing.T) {
	s := newStage(t, "once", func(x *Term) { x.Quantity, x.By = []Range{{10, 12, "captives"}}, 102*day })
	five := s.stated("debtor", Claimed)
	five.Amount = 5
	s.over("debtor", five)
	if c := s.is(t, "five of ten", IsDue); !c.Partial || c.Shares[0].Claimed != 5 {
		t.Errorf("%+v", c)
	}
	s.clock = 103 * day
	s.is(t, "half at the deadline", IsOverdue)
	s.over("debtor", five)
	s.is(t, "five and five", IsClaimed)
	five.By, five.Deed = "monitor", Verified
	s.over("monitor", five)
	if c := s.is(t, "five verified", IsClaimed); c.Shares[0].Verified != 5 {
		t.Errorf("%+v", c.Shares)
	}
	s.over("monitor", five)
	s.is(t, "ten verified", IsVerified)

	s = newStage(t, "once", func(x *Term) {
		x.Quantity, x.Persons = []Range{{2, 2, "captives"}, {3, 3, "bodies"}}, []record.Name{"one", "two"}
	})
	p := s.stated("debtor", Claimed)
	p.Amount = 3
	s.over("debtor", p)
	if c := s.course(); c.Told[0].Why != UnclearPart {
		t.Error("three of what?", c.Told[0].Why)
	}
	p.Unit = "bodies"
	s.over("debtor", p)
	p.Amount, p.Unit, p.Persons = 1, "captives", []record.Name{"one"}
	s.over("debtor", p)
	p.Amount, p.Persons = 1, []record.Name{"stranger"}
	s.over("debtor", p)
	if c := s.is(t, "one is missing", IsDue); c.Told[3].Why != UnclearPart || !c.Persons[0].Claimed || c.Persons[1].Claimed {
		t.Errorf("%+v", c)
	}
	p.Persons = []record.Name{"two"}
	s.over("debtor", p)
	s.is(t, "all", IsClaimed)

	s = newStage(t, "once", func(x *Term) { x.Quantity = []Range{{2, 2, "captives"}} })
	p = s.stated("debtor", Claimed)
	p.Persons = []record.Name{"one"}
	s.over("debtor", p)
	s.over("debtor", p)
	if c := s.is(t, "the same person twice is one", IsDue); c.Shares[0].Claimed != 1 {
		t.Errorf("%+v", c.Shares)
	}
}

// [PERF-15]
func TestReplacedPackages(t *testing.T) {
	s := newStage(t, "once", nil)
	s.over("creditor", Performance{By: "creditor", On: record.Ref{Name: "covered", Hash: s.pack.Terms[1].Hash}, Deed: Verified})
	first := s.pack
	fresh := obligation("fresh", "debtor")
	s.agree(Package{Name: "deal", Version: 2, Needs: first.Needs, Replaces: first.Hash(), Salt: salt(9)}, fresh)
	if c := s.is(t, "left out", IsDischarged); c.By != "" {
		t.Error(c.By)
	}
	if got := s.ledger().Performance(first.Terms[1].Hash).State; got != IsVerified {
		t.Errorf("what was done stays done: %s", got)
	}
	if got := s.ledger().Performance(fresh.Hash()).State; got != IsDue {
		t.Errorf("the new one: %s", got)
	}
}

// [PERF-15]: by its name, and then only where everybody had his say.
func TestReplacedByName(t *testing.T) {
	s := newStage(t, "once", nil)
	first := s.pack
	s.agree(Package{Name: "deal", Version: 2, Needs: []record.Name{"debtor", "creditor"}, Salt: salt(8)}, obligation("aside", "debtor"))
	s.is(t, "not everybody whom the first needs", IsDue)
	s.agree(Package{Name: "other", Version: 1, Needs: first.Needs, Salt: salt(7)}, obligation("elsewhere", "debtor"))
	s.is(t, "another name", IsDue)
	s.agree(Package{Name: "deal", Version: 3, Needs: first.Needs, Salt: salt(9)}, obligation("fresh", "debtor"))
	if c := s.is(t, "left out", IsDischarged); c.By != "" || c.Since != s.clock {
		t.Errorf("by %q, since %d", c.By, c.Since)
	}
	if got := s.ledger().Performance(s.pack.Terms[0].Hash).State; got != IsDue {
		t.Errorf("the newer is not replaced by the older: %s", got)
	}
}

// [PERF-18]
func TestAnExpectationOpensWhenItsConditionsHold(t *testing.T) {
	s := newStage(t, "expectation", func(x *Term) {
		x.When = Condition{Op: "and", Of: []Condition{{Term: "covered"}, {Event: "the road is open"}}}
	})
	if c := s.is(t, "neither", IsConditional); len(c.Waits) != 1 || !c.Package.IsZero() {
		t.Errorf("%+v", c)
	}
	s.deed("creditor", Unmet)
	if c := s.is(t, "unmet before it is open", IsConditional); c.Told[0].Why != OutOfTurn {
		t.Error(c.Told[0].Why)
	}
	s.event("creditor", "the road is open")
	s.is(t, "one of two", IsConditional)
	s.over("creditor", Performance{By: "creditor", On: record.Ref{Name: "covered", Hash: s.pack.Terms[1].Hash}, Deed: Verified})
	at := s.clock
	if c := s.is(t, "both", IsOpen); c.Since != at || c.Ready != at {
		t.Errorf("since %d, ready %d, want %d", c.Since, c.Ready, at)
	}
	s.deed("creditor", Unmet)
	s.is(t, "unmet", IsUnmet)

	s = newStage(t, "expectation", func(x *Term) { x.From = 200 * day })
	s.is(t, "too early", IsConditional)
	s.clock = 201 * day
	s.is(t, "from then on", IsOpen)

	// It stands alone: its holder's word of an event is enough.
	d := newDesk(t, "go-between")
	x := termOf("expectation")
	x.When = Condition{Event: "go"}
	alone := &stage{testDesk: d, term: x}
	d.over("creditor", x)
	alone.is(t, "in no package", IsConditional)
	alone.event("debtor", "go")
	alone.is(t, "of whom it is expected has no word in it", IsConditional)
	alone.event("creditor", "go")
	alone.is(t, "its holder says so", IsOpen)
}

// [PERF-16]
func TestGuaranteesAreTriggered(t *testing.T) {
	of := func(s *stage) Course { return s.ledger().Performance(s.pack.Terms[2].Hash) }
	s := newStage(t, "once", nil)
	if c := of(s); c.State != IsArmed {
		t.Error(c.State)
	}
	s.deed("creditor", Alleged)
	if c := of(s); c.State != IsArmed {
		t.Error("an allegation sets nothing off:", c.State)
	}
	s.deed("monitor", Found)
	c := of(s)
	if c.State != IsTriggered || !c.Owing() {
		t.Error(c.State)
	}
	s.over("guarantor", Performance{By: "guarantor", On: c.Term, Deed: Answered})
	if c := of(s); c.State != IsAnswered {
		t.Error(c.State)
	}
	s = newStage(t, "guarantee", func(x *Term) { x.Trigger = "Fire is opened" })
	s.event("other", "fire is opened")
	s.is(t, "its trigger", IsTriggered)
}

// A term that this desk does not have, and one that nobody put in a package.
func TestPerformanceOfNothing(t *testing.T) {
	s := newStage(t, "once", nil)
	if c := s.ledger().Performance(keys.Hash{7}); c.State != NoState || c.Reported != NoState {
		t.Errorf("%+v", c)
	}
	loose := obligation("loose", "debtor")
	s.over("debtor", loose)
	if c := s.ledger().Performance(loose.Hash()); c.State != NoState {
		t.Errorf("%+v", c)
	}
}

// [PERF-2]: an event, like any body, keeps its form.
func TestEventsAreChecked(t *testing.T) {
	for _, e := range []Event{{By: "debtor"}, {What: "go"}, {By: "debtor", What: " \t"}, {By: "Not a name", What: "go"}} {
		if e.Check() == nil {
			t.Errorf("%+v", e)
		}
	}
	e := record.Entry{ID: testID(1), By: "debtor", At: 1, Critical: true, Body: Event{By: "debtor", What: "go", At: 5, Denied: true, Text: "no"}}
	raw, err := Codec().Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	back, err := Codec().Decode(raw)
	if err != nil || !reflect.DeepEqual(back.Body, e.Body) {
		t.Fatal(back, err)
	}
}
