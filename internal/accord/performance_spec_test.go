package accord

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"backchannel/internal/record"
)

const day = record.Instant(24 * 60 * 60 * 1000)

var allDeeds = []Deed{Announced, Done, Claimed, Verified, Alleged, Found, Suspended, Resumed, Discharged, Met, Unmet, Triggered, Answered}

// stage is a go-between's desk with a line to everybody whom a term concerns.
type stage struct {
	*testDesk
	sort string
	term Term
	pack Package
}

func termOf(sort string) Term {
	t := Term{Name: "target", Version: 1, Sort: Obligation, Debtor: "debtor", Creditor: "creditor", Monitor: "monitor", Action: "does it", Salt: salt(1)}
	switch sort {
	case "lasting":
		t.Period = Range{10, 10, "days"}
	case "gesture", "expectation", "guarantee":
		t.Sort = TermKind(sort)
	}
	if t.Sort == Expectation {
		t.Debtor, t.Of = "", "debtor"
	}
	if t.Sort == Guarantee {
		t.Covers = []record.Name{"covered"}
	}
	return t
}

// newStage puts a term, changed by alter, before all, and has it agreed.
func newStage(t *testing.T, sort string, alter func(*Term)) *stage {
	s := &stage{testDesk: newDesk(t, "go-between"), sort: sort, term: termOf(sort)}
	s.clock = 100 * day
	if alter != nil {
		alter(&s.term)
	}
	for _, n := range []record.Name{"debtor", "creditor", "other"} {
		s.role("aide-of-"+n, n, record.Envoy) // speaks, under no mandate
	}
	other := Term{Name: "covered", Version: 1, Sort: Obligation, Debtor: "other", Creditor: "creditor", Action: "does more", Salt: salt(3)}
	cover := Term{Name: "cover", Version: 1, Sort: Guarantee, Debtor: "guarantor", Creditor: "creditor", Covers: []record.Name{"target"}, Action: "answers for it", Salt: salt(2)}
	s.agree(Package{Name: "deal", Version: 1, Needs: []record.Name{"debtor", "creditor", "other", "guarantor"}, Salt: salt(4)}, s.term, other, cover)
	return s
}

func (s *stage) agree(p Package, terms ...Term) {
	for _, t := range terms {
		s.over("creditor", t)
		p.Terms = append(p.Terms, t.Ref())
	}
	s.pack = p
	s.over("creditor", p)
	for _, n := range p.Needs {
		s.over(n, act(n, Accepted, p.Ref()))
	}
	for _, n := range p.Needs {
		s.over(n, echo(n, p.Ref()))
	}
}

func (s *stage) deed(by record.Name, d Deed) { s.over(by, s.stated(by, d)) }

func (s *stage) stated(by record.Name, d Deed) Performance {
	return Performance{By: by, On: s.term.Ref().Ref(), Deed: d}
}

func (s *stage) course() Course { return s.ledger().Performance(s.term.Hash()) }

// reach brings a term of that sort into a state, or reports that it cannot be.
func reach(t *testing.T, sort string, st State) (*stage, bool) {
	wait := func(x *Term) { x.When = Condition{Event: "go"} }
	limited := func(x *Term) { wait(x); x.Until = 105 * day }
	switch {
	case sort == "gesture" || sort == "expectation":
		s := newStage(t, sort, nil)
		switch st {
		case IsConditional, IsUnknown:
			if sort == "gesture" {
				return nil, false
			}
			if s = newStage(t, sort, wait); st == IsUnknown {
				s.over("debtor", Event{By: "debtor", What: "Go"})
				s.over("creditor", Event{By: "creditor", What: "go", Denied: true})
			}
			return s, true
		case NoState, IsOpen:
			return s, (st == IsOpen) == (sort == "expectation")
		case IsAnnounced, IsDone:
			s.deed("debtor", Deed(st))
			return s, sort == "gesture"
		case IsMet, IsUnmet:
			s.deed("creditor", Deed(st))
			return s, sort == "expectation"
		}
		return nil, false
	case st == IsConditional:
		return newStage(t, sort, wait), true
	case st == IsUnknown:
		s := newStage(t, sort, wait)
		s.over("debtor", Event{By: "debtor", What: "Go"})
		s.over("creditor", Event{By: "creditor", What: "go", Denied: true})
		return s, true
	case st == IsExpired && sort == "once":
		s := newStage(t, sort, func(x *Term) { wait(x); x.By = 105 * day })
		s.clock += 10 * day
		return s, true
	case st == IsExpired:
		alter := limited
		if sort == "lasting" {
			alter = nil
		}
		s := newStage(t, sort, alter)
		s.clock += 11 * day
		return s, true
	case sort == "guarantee":
		s := newStage(t, sort, nil)
		switch st {
		case IsTriggered, IsAnswered:
			s.deed("monitor", Triggered)
			if st == IsAnswered {
				s.deed("debtor", Answered)
			}
		case IsDischarged:
			s.deed("creditor", Discharged)
		}
		return s, st == IsArmed || st == IsTriggered || st == IsAnswered || st == IsDischarged
	}
	s := newStage(t, sort, func(x *Term) {
		if sort == "once" {
			x.By = 105 * day
		}
	})
	who := map[State]record.Name{IsClaimed: "debtor", IsVerified: "creditor", IsAlleged: "creditor", IsFound: "monitor", IsSuspended: "creditor", IsDischarged: "creditor"}
	switch {
	case st == IsOverdue:
		s.clock += 6 * day
		return s, sort == "once"
	case st == IsDue || st == IsInForce:
		return s, (st == IsDue) == (sort == "once")
	case who[st] != "":
		s.deed(who[st], Deed(st))
		return s, true
	}
	return nil, false
}

type row struct {
	sort, deed string
	by, from   []string
	to         string
}

func tableOf(t *testing.T) []row {
	t.Helper()
	raw, err := os.ReadFile("../../spec/performance.md")
	if err != nil {
		t.Fatal(err)
	}
	var out []row
	for _, m := range regexp.MustCompile(`(?m)^\| (once|lasting|gesture|expectation|guarantee) \| ([a-z-]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$`).FindAllStringSubmatch(string(raw), -1) {
		out = append(out, row{m[1], m[2], strings.Split(m[3], ", "), strings.Split(m[4], ", "), m[5]})
	}
	if len(out) < 20 {
		t.Fatalf("only %d rows", len(out))
	}
	return out
}

// TestPerformanceTableOfTheSpec is [PERF-17], [PERF-2], [PERF-3] and [PERF-4]:
// it reads the table of spec/performance.md, brings a term of each sort into
// each state, and tries every deed by everybody: in his own voice, through
// somebody without a mandate, and as reported.
func TestPerformanceTableOfTheSpec(t *testing.T) {
	table := tableOf(t)
	states := []State{NoState, IsConditional, IsDue, IsInForce, IsClaimed, IsVerified, IsOverdue, IsAlleged, IsFound, IsSuspended, IsDischarged, IsExpired, IsUnknown,
		IsAnnounced, IsDone, IsOpen, IsMet, IsUnmet, IsArmed, IsTriggered, IsAnswered}
	tried, allowed := 0, map[int]bool{}
	for _, sort := range []string{"once", "lasting", "gesture", "expectation", "guarantee"} {
		for _, from := range states {
			if _, ok := reach(t, sort, from); !ok {
				continue
			}
			for _, who := range []string{"debtor", "creditor", "monitor", "guarantor", "other"} {
				for _, d := range allDeeds {
					want, why := from, NotHis
					for i, r := range table {
						if r.sort != sort || r.deed != string(d) || !slices.Contains(r.by, who) {
							continue
						}
						if why == NotHis {
							why = OutOfTurn
						}
						if slices.Contains(r.from, name(from)) {
							allowed[i], why = true, Counted
							switch r.to {
							case "as it was":
							case "by the clock":
								want = map[string]State{"once": IsDue, "lasting": IsInForce}[sort]
							default:
								want = State(r.to)
							}
						}
					}
					tried += tryDeed(t, sort, from, record.Name(who), d, want, why)
				}
			}
		}
	}
	for i, r := range table {
		if !allowed[i] {
			t.Errorf("no state was reached for %v", r)
		}
	}
	if tried < 5000 {
		t.Errorf("only %d were tried", tried)
	}
}

func name(s State) string {
	if s == NoState {
		return "–"
	}
	return string(s)
}

// tryDeed makes one statement in several ways and reports how many.
func tryDeed(t *testing.T, sort string, from State, who record.Name, d Deed, want State, why Mark) int {
	t.Helper()
	base, _ := reach(t, sort, from)
	for _, how := range []string{"own", "reported", "carried", "aide"} {
		s := &stage{testDesk: base.fork(), sort: sort, term: base.term}
		if got := s.course().State; got != from {
			t.Fatalf("%s: %q was to be reached, and it is %q", sort, from, got)
		}
		to, mark := from, OnlyReport
		switch how {
		case "own":
			s.deed(who, d)
			to, mark = want, why
		case "reported":
			s.hand(s.stated(who, d))
		case "carried":
			s.overEntry("carrier", record.Entry{SaidBy: who, HeardFrom: who, Body: s.stated(who, d)})
		case "aide":
			s.over("aide-of-"+who, s.stated(who, d))
			mark = NoMandate
			if who == "monitor" || who == "guarantor" {
				mark = OnlyReport
			}
		}
		c := s.course()
		last := c.Told[len(c.Told)-1]
		if c.State != to || last.Why != mark {
			t.Errorf("%s %s, %s by %s, %s: %q (%q), want %q (%q)", sort, name(from), d, who, how, c.State, last.Why, to, mark)
		}
		if how != "own" && (c.State == IsVerified || c.State == IsFound) && from != c.State {
			t.Errorf("hearsay gives %s", c.State)
		}
	}
	return 4
}

// fork gives a desk with the same record, so far.
func (d *testDesk) fork() *testDesk {
	c := *d
	c.r, c.numbers = d.r.Clone(), map[record.Name]uint64{}
	for k, v := range d.numbers {
		c.numbers[k] = v
	}
	return &c
}

// Each rule of spec/performance.md has a test that names it, and no test names
// a rule that is not there.
func TestEveryRuleOfPerformanceHasItsTest(t *testing.T) {
	rule := regexp.MustCompile(`\[PERF-\d+\]`)
	raw, err := os.ReadFile("../../spec/performance.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("performance*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var tests string
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		tests += string(text)
	}
	for i := 1; i <= 18; i++ {
		r := fmt.Sprintf("[PERF-%d]", i)
		if !strings.Contains(string(raw), r) || !strings.Contains(tests, r) {
			t.Errorf("%s is not stated, or no test names it", r)
		}
	}
	if n := len(rule.FindAllString(string(raw), -1)); n != 18 {
		t.Errorf("%d rules", n)
	}
}
