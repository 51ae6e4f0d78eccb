package circle

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

var (
	entryA = keys.ID{0xa}
	entryB = keys.ID{0xb}
)

// bodies gives one body of each kind, with every reference that it can have.
func bodies() []record.Body {
	what := []record.Ref{{Entry: entryA}, {Entry: entryB}, {Name: "truce", Version: 1, Hash: keys.Hash{1}}}
	return []record.Body{
		Disclosure{To: "minister", What: what, Channel: true, Footing: Briefed, By: "envoy", Form: record.Call, Text: "Tells him."},
		Request{By: "minister", Of: "envoy", What: what, Form: record.Meeting, Text: "Asks."},
		Answer{By: "envoy", To: "minister", As: Confirm, Form: record.Meeting, Text: "Yes."},
		PlannedLine{For: "minister", What: what, As: NotYet, Text: "Not yet."},
		Incident{Sort: Interception, To: "ally", From: 1, Until: 2, Known: 3, People: []record.Name{"envoy"}, Lines: []record.Name{"official"}, Forms: []record.Form{record.Call}, What: what, Text: "Heard."},
		IncidentStep{Of: entryB, Do: Tell, Who: "official", Done: true, By: "envoy", Text: "Told."},
		Plan{On: OnAgreed, Text: what[2], Steps: []PlanStep{{Who: "family", By: "envoy", Form: record.Call, Hold: true, Words: "He comes home."}, {Who: "minister"}}},
		Notification{Plan: entryB, Who: "family", Reach: Told, By: "envoy", Form: record.Call},
		Account{Source: Source{Role: "an official", Of: "ally", Knowledge: Familiar}, Where: "a newspaper", Claims: []Claim{{Sort: ClaimSaid, Who: "envoy", On: what[1]}}},
		Retention{Of: entryB, Policy: DestroyOn, On: 99},
	}
}

func TestEveryBodyIsSoundAndComesBack(t *testing.T) {
	codec := Codec()
	for _, b := range bodies() {
		e := record.Entry{ID: keys.ID{1}, By: "envoy", At: 5, Body: b}
		if err := e.Check(); err != nil {
			t.Errorf("%s: %v", b.Kind(), err)
		}
		raw, err := codec.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := codec.Decode(raw); err != nil || !reflect.DeepEqual(back, e) {
			t.Errorf("%v\n%+v\n%+v", err, back, e)
		}
	}
}

// TestLaw5_WhatIsSentAndWhatStays is [CIR-1]: default-deny. What says who was
// told what never leaves the desk.
func TestLaw5_WhatIsSentAndWhatStays(t *testing.T) {
	sent := map[record.Kind]bool{KindRequest: true, KindAnswer: true, KindAccount: true}
	for _, b := range bodies() {
		for _, x := range []record.Body{b, record.Correction{Now: b}, record.Withdrawn{Of: b.Kind()}, record.Unknown{Of: b.Kind()}} {
			if record.IsPrivate(x) == sent[b.Kind()] {
				t.Errorf("%T of %s: private is %v", x, b.Kind(), record.IsPrivate(x))
			}
		}
	}
}

// TestLaw5_ScrubTakesOutWhatWasNotGiven is [CIR-2].
func TestLaw5_ScrubTakesOutWhatWasNotGiven(t *testing.T) {
	codec := Codec()
	for _, b := range bodies() {
		e := record.Scrub(record.Entry{ID: keys.ID{1}, By: "envoy", At: 5, Body: b}, func(id keys.ID) bool { return id == entryA })
		raw, err := codec.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), string(entryB[:])) {
			t.Errorf("%s still names what was not given", b.Kind())
		}
		whole, _ := codec.Encode(record.Entry{ID: keys.ID{1}, By: "envoy", At: 5, Body: b})
		if strings.Contains(string(whole), string(entryA[:])) && !strings.Contains(string(raw), string(entryA[:])) {
			t.Errorf("%s lost what was given", b.Kind())
		}
	}
	// Scrubbing is of a copy: the claims of the keeper stay.
	a := bodies()[8].(Account)
	a.Scrub(func(keys.ID) bool { return false })
	if a.Claims[0].On.Entry != entryB {
		t.Error("scrubbing changed the account itself")
	}
}

// TestWhatIsNotSound is [CIR-3]. Each bound is tried at the bound and above.
func TestWhatIsNotSound(t *testing.T) {
	refs := func(n int) []record.Ref {
		out := make([]record.Ref, n)
		for i := range out {
			out[i] = record.Ref{Entry: keys.ID{byte(i), byte(i >> 8), 1}}
		}
		return out
	}
	people := func(n int) []record.Name {
		out := make([]record.Name, n)
		for i := range out {
			out[i] = record.Name("p" + strings.Repeat("x", i%60) + string(rune('a'+i/60)))
		}
		return out
	}
	steps := func(n int) []PlanStep {
		var out []PlanStep
		for _, p := range people(n) {
			out = append(out, PlanStep{Who: p})
		}
		return out
	}
	claims := func(n int) []Claim {
		out := make([]Claim, n)
		for i := range out {
			out[i] = Claim{Sort: ClaimKnew, Who: "ally"}
		}
		return out
	}
	good := []record.Body{
		Disclosure{To: "a", What: refs(maxWhat), Footing: Public}, Disclosure{To: "a", Nothing: true, Footing: Briefed},
		Incident{Sort: Leak, People: people(maxPeople)}, Incident{Sort: Leak, Channel: true},
		Plan{On: OnFailed, Steps: steps(maxPeople)}, Account{Claims: claims(maxClaims)}, Account{Text: "words"}, Account{Declined: true},
		Answer{By: "a", To: "b", As: Silence}, Retention{Policy: Keep}, Notification{Plan: entryA, Reach: Begun},
	}
	for _, b := range good {
		if err := b.Check(); err != nil {
			t.Errorf("%+v: %v", b, err)
		}
	}
	bad := []record.Body{
		Disclosure{To: "a", What: refs(maxWhat + 1), Footing: Public}, Disclosure{To: "a", Footing: Briefed}, Disclosure{To: "a", Nothing: true, Channel: true, Footing: Briefed},
		Disclosure{To: "a", Channel: true, Footing: "told"}, Disclosure{To: "A", Channel: true, Footing: Briefed}, Disclosure{To: "a", What: []record.Ref{{}}, Footing: Public},
		Request{By: "a"}, Request{By: "a", Of: "b", Form: "dream"}, Answer{By: "a", To: "b", As: "perhaps"}, Answer{By: "a", To: "b", As: Silence, Text: "no"},
		PlannedLine{For: "a", As: "no"}, Incident{Sort: Leak}, Incident{Sort: "storm", Channel: true}, Incident{Sort: Leak, People: people(maxPeople + 1)},
		Incident{Sort: Leak, People: []record.Name{"a", "a"}}, Incident{Sort: SeizedDesk, Channel: true}, Incident{Sort: Leak, Channel: true, From: 9, Until: 8}, Incident{Sort: Leak, Forms: []record.Form{""}},
		IncidentStep{Do: Tell, Who: "a"}, IncidentStep{Of: entryA, Do: Tell}, IncidentStep{Of: entryA, Do: Other}, IncidentStep{Of: entryA, Do: "pray", Who: "a"},
		Plan{On: OnAgreed}, Plan{On: OnOther, Steps: steps(1)}, Plan{On: OnFailed, Steps: steps(maxPeople + 1)}, Plan{On: OnFailed, Steps: []PlanStep{{Who: "a"}, {Who: "a"}}}, Plan{On: "noon", Steps: steps(1)},
		Notification{Reach: Begun}, Notification{Plan: entryA, Reach: Told}, Notification{Plan: entryA, Reach: Begun, Who: "a"}, Notification{Plan: entryA, Reach: "maybe", Who: "a"},
		Account{}, Account{Declined: true, Claims: claims(1)}, Account{Claims: claims(maxClaims + 1)}, Account{Text: "x", Source: Source{Knowledge: "much"}},
		Account{Claims: []Claim{{Sort: ClaimStance, Who: "a"}}}, Account{Claims: []Claim{{Sort: ClaimPart, Who: "a", Part: "big"}}}, Account{Claims: []Claim{{Sort: ClaimKnew}}}, Account{Claims: []Claim{{Sort: "gossip", Who: "a"}}},
		Retention{Policy: DestroyOn}, Retention{Policy: Keep, On: 5}, Retention{Policy: "burn"},
	}
	for _, b := range bad {
		if err := b.Check(); !fault.Is(err, fault.Malformed) && !fault.Is(err, fault.Limit) {
			t.Errorf("%+v: %v", b, err)
		}
	}
}

// Every reference and every name in the type of a body is one that Scrub and
// Names know: a field that somebody adds shows here.
func TestNamesAreAll(t *testing.T) {
	for _, b := range bodies() {
		have := Names(b)
		for _, n := range namesIn(reflect.ValueOf(b)) {
			found := false
			for _, h := range have {
				found = found || h == n
			}
			if !found && n != "truce" {
				t.Errorf("%s names %s, and Names does not", b.Kind(), n)
			}
		}
	}
	if got := Names(accord.NothingOwed{Party: "ally", Told: "minister"}); len(got) != 2 {
		t.Error(got)
	}
}

func namesIn(v reflect.Value) []record.Name {
	var out []record.Name
	switch {
	case v.Type() == reflect.TypeFor[record.Name]():
		if v.String() != "" {
			out = append(out, record.Name(v.String()))
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			out = append(out, namesIn(v.Field(i))...)
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			out = append(out, namesIn(v.Index(i))...)
		}
	}
	return out
}

// Every rule of the specification has a test that names it.
func TestEveryRuleHasItsTest(t *testing.T) {
	raw, err := os.ReadFile("../../spec/circle.md")
	if err != nil {
		t.Fatal(err)
	}
	rule := regexp.MustCompile(`\[CIR-\d+\]`)
	tests := ""
	for _, dir := range []string{".", "../view", "../convey", "../desk", "../compare", "../web", "../cli", "../exchange"} {
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if strings.HasSuffix(f.Name(), "_test.go") {
				b, err := os.ReadFile(dir + "/" + f.Name())
				if err != nil {
					t.Fatal(err)
				}
				tests += string(b)
			}
		}
	}
	rules := rule.FindAllString(string(raw), -1)
	if len(rules) == 0 {
		t.Fatal("no rules")
	}
	for _, id := range rules {
		if !strings.Contains(tests, id) {
			t.Errorf("no test names %s", id)
		}
	}
}
