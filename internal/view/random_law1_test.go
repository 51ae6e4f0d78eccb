package view_test

import (
	"fmt"
	"slices"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/circle"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// voices gives who speaks for each party, as the keeper's entries say.
func voices(p *record.Projection) map[record.Name][]record.Name {
	out := map[record.Name][]record.Name{}
	for _, it := range p.Items() {
		if r, ok := it.Body.(record.Role); ok && it.By == p.Keeper() && r.As.Speaks() {
			out[r.Party] = append(out[r.Party], r.Person)
		}
	}
	return out
}

// own is every stance that rests on a party's own act, every agreement, and
// how every term has gone.
func own(l *accord.Ledger) map[string]string {
	out := map[string]string{}
	var all []keys.Hash
	for _, x := range l.Terms() {
		all = append(all, x.Hash)
		c := l.Performance(x.Hash)
		out["term "+x.Hash.String()] = fmt.Sprint(c.State, c.Since, c.By, c.Rests, c.Shares, c.Persons)
	}
	for _, x := range l.Packages() {
		all = append(all, x.Hash)
		out["package "+x.Hash.String()] = fmt.Sprint(l.Agreement(x.Hash).Verdict == accord.Agreed)
	}
	for _, h := range all {
		for _, s := range l.Stances(h) {
			if s.Own() || !s.Echo.IsZero() {
				out[h.String()+" "+string(s.Party)] = fmt.Sprint(s.Position, s.Rests, s.By, s.Entry, s.At, s.Echo)
			}
		}
	}
	return out
}

// signed reports whether an entry is the signature of somebody who speaks for
// the party, under a key that the keeper compared with him.
func signed(p *record.Projection, speaks []record.Name, it record.Seen) bool {
	c, ok := it.Body.(accord.Confirmation)
	if !ok || !c.Fits() {
		return false
	}
	with := record.Name("")
	for _, other := range p.Items() {
		a, ok := other.Body.(accord.Attestation)
		if ok && other.By == p.Keeper() && a.Party == c.Party && a.Fingerprint == c.Public().Fingerprint() && !a.Differs {
			if slices.Contains(speaks, a.With) {
				with = a.With
			}
		}
	}
	return with != ""
}

// An own act is one that its party's voice did himself: at this desk, over his
// own line, or by a signature under a key that the keeper compared.
func TestLaw1_OwnActsAreThePartysAlone(t *testing.T) {
	each(t, 2000, func(t *testing.T, x tried) {
		p := x.record(t, x.items).For(x.keeper, record.AsOf{})
		l, speaks, n := accord.Read(p, x.now), voices(p), 0
		check := func(party record.Name, id keys.ID) {
			it, ok := p.Get(id)
			n++
			himself := it.By == x.keeper && it.Came == record.ByHand() || it.By != x.keeper && it.Came.Over() == it.By
			if signed(p, speaks[party], it) {
				return
			}
			if !ok || !himself || !it.FirstHand() || it.By != party && !slices.Contains(speaks[party], it.By) {
				t.Fatalf("%s rests on its own act by %+v", party, it)
			}
		}
		for _, pk := range l.Packages() {
			stances := l.Stances(pk.Hash)
			for _, s := range stances {
				if s.Own() {
					check(s.Party, s.Entry)
				}
				if !s.Echo.IsZero() {
					check(s.Party, s.Echo)
				}
			}
			if l.Agreement(pk.Hash).Verdict != accord.Agreed {
				continue
			}
			for _, need := range l.Needed(pk.Body) {
				if s := l.Stance(need, pk.Hash); !s.Confirmed() || s.Echo.IsZero() {
					t.Fatalf("agreed, and %s stands at %+v", need, s)
				}
			}
		}
		if n < 10 {
			t.Fatalf("only %d own acts: nothing is tried", n)
		}
	})
}

// Whatever go-betweens write, about every text and in everybody's name, no
// stance that rests on an own act, no agreement and no course of a term moves.
func TestLaw1_NoWordOfAGoBetweenMovesWhatOthersDid(t *testing.T) {
	each(t, 1000, func(t *testing.T, x tried) {
		r := x.record(t, x.items)
		l := accord.Read(r.For(x.keeper, record.AsOf{}), x.now)
		before, at, n := own(l), x.items[x.rng.IntN(len(x.items))].Known, uint64(1<<40)
		speaks := voices(r.For(x.keeper, record.AsOf{}))
		say := func(party record.Name, b record.Body) {
			n++
			e := record.Entry{ID: keys.ID{0: 0xaa, 8: byte(n >> 24), 13: byte(n >> 16), 14: byte(n >> 8), 15: byte(n)}, By: "second-host", At: at, Body: b}
			if x.rng.IntN(3) == 0 {
				e.Said = record.Moment(x.items[x.rng.IntN(len(x.items))].When())
			}
			if len(speaks[party]) > 0 && x.rng.IntN(2) == 0 {
				e.SaidBy = speaks[party][0]
			}
			it := record.Item{Entry: e, Known: x.now, Came: record.OverLine("second-host", n)}
			if x.rng.IntN(2) == 0 && e.SaidBy != "" { // the keeper reports what somebody said
				it.By, it.Came = x.keeper, record.ByHand()
			}
			if slices.Contains(speaks[party], it.By) && it.FirstHand() {
				return // his own act
			}
			if _, err := r.Add(circle.Codec(), it); err != nil {
				t.Fatal(err)
			}
		}
		parties := []record.Name{"power", "movement", "ally", "third-state"}
		for _, party := range parties {
			n++
			named := record.Entry{ID: keys.ID{0: 0xab, 14: byte(n >> 8), 15: byte(n)}, By: "second-host", At: at, Body: record.Role{Person: "second-host", Party: party, As: record.Principal}}
			if _, err := r.Add(circle.Codec(), record.Item{Entry: named, Known: x.now, Came: record.OverLine("second-host", n)}); err != nil {
				t.Fatal(err)
			}
			for _, pk := range l.Packages() {
				say(party, accord.Act{Party: party, On: pk.Ref, Echo: true})
				for _, position := range []accord.Position{accord.Floated, accord.Accepted, accord.Rejected, accord.Withdrawn} {
					say(party, accord.Act{Party: party, On: pk.Ref, Position: position})
				}
			}
			for _, tm := range l.Terms() {
				for _, d := range []accord.Deed{accord.Claimed, accord.Verified, accord.Alleged, accord.Found, accord.Suspended, accord.Discharged, accord.Done, accord.Met, accord.Triggered} {
					say(party, accord.Performance{By: party, On: tm.Ref, Deed: d})
				}
				for _, what := range tm.Body.When.Events() {
					say(party, accord.Event{By: party, What: what})
					say(party, accord.Event{By: party, What: what, Denied: true})
				}
			}
			if party != "third-state" { // it has no envoy: nobody holds a credential for it
				say(party, record.Credential{Holder: "second-host", Party: party, Issuer: party, May: []record.Mandate{record.MayBind}})
			}
		}
		for k, v := range own(accord.Read(r.For(x.keeper, record.AsOf{}), x.now)) {
			if before[k] != v {
				t.Fatalf("%s was %s and is %s", k, before[k], v)
			}
			delete(before, k)
		}
		if len(before) > 0 {
			t.Fatalf("gone: %v", before)
		}
	})
}
