package circle

import (
	"slices"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// TestAccountsAgainstTheRecord is [CIR-50], [CIR-51] and [CIR-52]: each sort of
// claim, and its opposite.
func TestAccountsAgainstTheRecord(t *testing.T) {
	d := newRoom(t)
	gift := accord.Term{Name: "gift", Version: 1, Sort: accord.Gesture, Debtor: "movement", Action: "one is freed", Salt: keys.ID{1}}
	truce := accord.Term{Name: "truce", Version: 1, Sort: accord.Obligation, Debtor: "power", Action: "hostilities cease", Against: []record.Name{"gift"}, Salt: keys.ID{2}}
	pack := accord.Package{Name: "deal", Version: 1, Terms: []accord.TermRef{gift.Ref(), truce.Ref()}, Needs: []record.Name{"power"}, Salt: keys.ID{3}}
	g, tr := d.note(gift), d.note(truce)
	offer := d.note(accord.Act{Party: "power", Position: accord.Proposed, On: truce.Ref().Ref()})
	report := d.hand(record.Entry{SaidBy: "official", HeardFrom: "go-between", Body: accord.Act{Party: "movement", Position: accord.Accepted, On: truce.Ref().Ref()}})
	asked := d.over("official", record.Entry{Body: say("official", "envoy", record.Ask)})
	carried := d.over("go-between", record.Entry{Body: say("leader", "envoy", record.Inform, "go-between")})
	denies := say("official", "envoy", record.Deny)
	denies.Denies = carried
	d.over("official", record.Entry{Body: denies})
	m := d.note(say("envoy", "family", record.Inform))
	on := func(id keys.ID) record.Ref { return record.Ref{Entry: id} }
	text := func(x accord.Term) record.Ref { return x.Ref().Ref() }
	for i, c := range []struct {
		claim   Claim
		want    Bearing
		pro     []keys.ID
		con     []keys.ID
		reports int
		beside  bool
	}{
		{Claim{Sort: ClaimStance, Who: "power", Position: accord.Proposed, On: text(truce)}, Corroborated, []keys.ID{offer}, nil, 0, false},
		{Claim{Sort: ClaimStance, Who: "power", Position: accord.Rejected, On: text(truce)}, Contradicted, nil, []keys.ID{offer}, 0, false},
		{Claim{Sort: ClaimStance, Who: "movement", Position: accord.Accepted, On: text(truce)}, Unsupported, nil, nil, 1, false},
		{Claim{Sort: ClaimStance, Who: "movement", Position: accord.Accepted, On: text(gift)}, Unsupported, nil, nil, 0, false},
		{Claim{Sort: ClaimUnconditional, On: text(gift)}, Corroborated, []keys.ID{g}, nil, 0, false},
		{Claim{Sort: ClaimUnconditional, On: text(truce)}, Contradicted, nil, []keys.ID{tr}, 0, false},
		{Claim{Sort: ClaimUnconditional, On: record.Ref{Name: "gift"}}, Corroborated, []keys.ID{g}, nil, 0, false},
		{Claim{Sort: ClaimSaid, Who: "official", On: on(asked)}, Corroborated, []keys.ID{asked}, nil, 0, false},
		{Claim{Sort: ClaimSaid, Who: "movement", On: on(asked)}, Corroborated, []keys.ID{asked}, nil, 0, false},
		{Claim{Sort: ClaimSaid, Who: "minister", On: on(asked)}, Contradicted, nil, []keys.ID{asked}, 0, false},
		{Claim{Sort: ClaimSaid, Who: "leader", On: on(carried)}, Unsupported, nil, nil, 1, false},
		{Claim{Sort: ClaimPart, Who: "go-between", Part: Carried}, Corroborated, []keys.ID{carried}, nil, 0, false},
		{Claim{Sort: ClaimPart, Who: "go-between", Part: Spoke}, Unsupported, nil, nil, 0, false},
		{Claim{Sort: ClaimPart, Who: "go-between", Part: NoPart}, Contradicted, nil, []keys.ID{carried}, 0, false},
		{Claim{Sort: ClaimPart, Who: "power", Part: Proposed}, Corroborated, []keys.ID{offer}, nil, 0, false},
		{Claim{Sort: ClaimPart, Who: "movement", Part: Accepted}, Unsupported, nil, nil, 1, false},
		{Claim{Sort: ClaimPart, Who: "go-between", Part: Decisive}, Unsupported, nil, nil, 0, true},
		{Claim{Sort: ClaimPart, Who: "go-between", Part: Marginal}, Unsupported, nil, nil, 0, true},
		{Claim{Sort: ClaimKnew, Who: "family"}, Corroborated, []keys.ID{m}, nil, 0, false},
		{Claim{Sort: ClaimKnew, Who: "family", On: on(asked)}, Unsupported, nil, nil, 0, false},
		{Claim{Sort: ClaimKnew, Who: "ally"}, Unsupported, nil, nil, 0, false},
	} {
		for _, not := range []bool{false, true} {
			c.claim.Not = not
			id := d.note(Account{Source: Source{Role: "somebody"}, Claims: []Claim{c.claim}})
			h := d.circle().Hold(id, d.ledger())[0]
			pro, con, want := c.pro, c.con, c.want
			if not {
				pro, con = con, pro
				want = map[Bearing]Bearing{Corroborated: Contradicted, Contradicted: Corroborated, Unsupported: Unsupported}[want]
			}
			if h.Bearing != want || !slices.Equal(h.For, pro) || !slices.Equal(h.Against, con) || len(h.Reports) != c.reports || len(h.Beside) > 0 != c.beside {
				t.Errorf("%d, not %v: %+v", i, not, h)
			}
		}
	}
	d.note(pack) // now the gift stands in a package that gives something for it
	id := d.note(Account{Claims: []Claim{{Sort: ClaimUnconditional, On: text(gift)}}})
	if h := d.circle().Hold(id, d.ledger())[0]; h.Bearing != Contested || !slices.Equal(h.For, []keys.ID{g}) || !slices.Equal(h.Against, []keys.ID{tr}) {
		t.Errorf("%+v", h)
	}
	denied := d.note(Account{Claims: []Claim{{Sort: ClaimSaid, Who: "official", On: on(d.over("official", record.Entry{Body: say("official", "envoy", record.Inform)}))}}})
	what := d.circle().Hold(denied, d.ledger())[0].Claim.On.Entry
	denies.Denies = what
	no := d.over("official", record.Entry{Body: denies})
	if h := d.circle().Hold(denied, d.ledger())[0]; h.Bearing != Contested || !slices.Equal(h.Against, []keys.ID{no}) || report.IsZero() {
		t.Errorf("said, and denied by himself: %+v", h)
	}
}

// TestRivalAccounts is [CIR-53].
func TestRivalAccounts(t *testing.T) {
	claim := func(c Claim) Account { return Account{Source: Source{Role: "somebody"}, Claims: []Claim{c}} }
	text := record.Ref{Name: "truce", Version: 1, Hash: keys.Hash{1}}
	stance := func(p accord.Position) Claim {
		return Claim{Sort: ClaimStance, Who: "power", Position: p, On: text}
	}
	part := func(p Part) Claim { return Claim{Sort: ClaimPart, Who: "go-between", Part: p} }
	not := func(c Claim) Claim { c.Not = true; return c }
	other := stance(accord.Rejected)
	other.On = record.Ref{Name: "truce", Version: 2, Hash: keys.Hash{2}}
	for i, c := range []struct {
		x, y Claim
		want bool
	}{
		{stance(accord.Accepted), stance(accord.Rejected), true}, {stance(accord.Accepted), stance(accord.Proposed), false}, {stance(accord.Accepted), other, false},
		{stance(accord.Accepted), not(stance(accord.Accepted)), true}, {not(stance(accord.Accepted)), stance(accord.Rejected), false},
		{part(Decisive), part(Marginal), true}, {part(NoPart), part(Carried), true}, {part(Carried), part(Spoke), false}, {part(Carried), part(Carried), false}, {part(Decisive), not(part(Decisive)), true},
		{Claim{Sort: ClaimUnconditional, On: text}, not(Claim{Sort: ClaimUnconditional, On: text}), true},
		{Claim{Sort: ClaimUnconditional, On: text}, not(Claim{Sort: ClaimUnconditional, On: other.On}), false},
		{Claim{Sort: ClaimKnew, Who: "ally"}, not(Claim{Sort: ClaimKnew, Who: "ally"}), true}, {Claim{Sort: ClaimKnew, Who: "ally"}, not(Claim{Sort: ClaimKnew, Who: "power"}), false},
	} {
		d := newRoom(t)
		a, b := d.note(claim(c.x)), d.note(claim(c.y))
		x, y := d.circle().Hold(a, d.ledger())[0].Rivals, d.circle().Hold(b, d.ledger())[0].Rivals
		if c.want != slices.Equal(x, []keys.ID{b}) || c.want != slices.Equal(y, []keys.ID{a}) {
			t.Errorf("%d: %v %v", i, x, y)
		}
	}
}

// TestWhatWasReceivedWasNotCarried: a desk marks its own words as received when
// the other desk has acknowledged them, which is nobody's carrying, and comes
// when it comes.
func TestWhatWasReceivedWasNotCarried(t *testing.T) {
	d := newRoom(t)
	own := d.hand(record.Entry{Body: say("envoy", "go-between", record.Inform), Audience: []record.Name{"go-between"}})
	theirs := d.over("go-between", record.Entry{Body: say("official", "envoy", record.Inform)})
	d.note(record.Conveyance{Of: own, To: "go-between", Step: record.Received})
	if got := d.circle().Deeds("power").Carried; len(got) != 0 {
		t.Errorf("carried %v", got)
	}
	mark := d.note(record.Conveyance{Of: theirs, To: "minister", Step: record.Conveyed})
	if got := d.circle().Deeds("power").Carried; !slices.Equal(got, []keys.ID{mark}) {
		t.Errorf("carried %v", got)
	}
}
