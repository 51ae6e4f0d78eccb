package circle

import (
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// TestAProofIsOfOneTerm is [CIR-33]: a disclosure by a file names one term, its
// package and whose confirmations are in it, and the term alone is then known.
func TestAProofIsOfOneTerm(t *testing.T) {
	term := accord.Term{Name: "truce", Version: 1, Sort: accord.Obligation, Debtor: "power", Action: "hostilities cease", Salt: keys.ID{1}}
	pack := accord.Package{Name: "deal", Version: 1, Terms: []accord.TermRef{term.Ref()}, Needs: []record.Name{"power"}, Salt: keys.ID{2}}
	good := Showing(accord.TermProof{Term: term, Confirmations: []accord.Confirmation{{Party: "power"}}}, pack.Ref(), "envoy", "family")
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for i, bad := range []func(d *Disclosure){
		func(d *Disclosure) { d.Signed = nil },
		func(d *Disclosure) { d.Proof = record.Ref{} },
		func(d *Disclosure) { d.Proof.Hash = keys.Hash{} },
		func(d *Disclosure) { d.What = append(d.What, record.Ref{Entry: keys.ID{3}}) },
		func(d *Disclosure) { d.What = []record.Ref{{Entry: keys.ID{3}}} },
		func(d *Disclosure) { d.Channel = true },
		func(d *Disclosure) { d.Signed = []record.Name{"No Name"} },
		func(d *Disclosure) { d.Signed = make([]record.Name, maxPeople+1) },
	} {
		d := good
		bad(&d)
		if err := d.Check(); err == nil {
			t.Errorf("%d is well-formed", i)
		}
	}
	d := newRoom(t)
	d.note(term)
	d.note(pack)
	d.note(good)
	k := d.circle().Of("family")
	if !k.Has(term.Ref().Ref()) || k.Has(pack.Ref()) || len(k.Grants) != 1 {
		t.Errorf("%+v", k)
	}
	if _, err := good.Shown(d.ledger()); err == nil {
		t.Error("the proof of what nobody signed")
	}
	if _, err := (Disclosure{To: "family", Channel: true, Footing: Briefed}).Shown(d.ledger()); !fault.Is(err, fault.Refused) {
		t.Error(err)
	}
}
