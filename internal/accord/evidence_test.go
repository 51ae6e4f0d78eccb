package accord

import (
	"bytes"
	"slices"
	"testing"

	"backchannel/internal/keys"
	"backchannel/internal/record"
)

func signKey(t *testing.T, b byte) keys.SignKey {
	t.Helper()
	k, err := keys.NewSignKey(bytes.NewReader(bytes.Repeat([]byte{b}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// attest logs that the keeper compared a key.
func (d *testDesk) attest(k keys.SignKey, party, with record.Name) keys.ID {
	d.t.Helper()
	return d.hand(Attestation{Party: party, Fingerprint: k.Public().Fingerprint(), With: with, By: "by telephone"})
}

// carried is what the go-between brings of somebody else's.
func (d *testDesk) carried(speaker record.Name, b record.Body) keys.ID {
	d.t.Helper()
	return d.overEntry("go-between", record.Entry{SaidBy: speaker, HeardFrom: speaker, Body: b})
}

// envoysDesk is the desk of the power's envoy, who has no line to the
// movement's official, with the text of a truce that lapses at that time.
func envoysDesk(t *testing.T, change func(*Package)) (*testDesk, record.Ref) {
	d := newDesk(t, "envoy")
	d.role("envoy", "power", record.Principal)
	d.role("official", "movement", record.Envoy)
	d.hand(record.Credential{Holder: "official", Party: "movement", Issuer: "movement", May: []record.Mandate{record.MaySpeak, record.MayOffer, record.MayBind}})
	a, b, p := truce()
	if change != nil {
		change(&p)
	}
	for _, x := range []record.Body{a, b, p} {
		d.hand(x)
	}
	return d, p.Ref()
}

func (d *testDesk) wantStrength(party record.Name, ref record.Ref, want Strength, states ...ProofState) {
	d.t.Helper()
	e := d.ledger().Evidence(party, ref.Hash)
	var got []ProofState
	for _, p := range e.Proofs {
		got = append(got, p.State)
	}
	if e.Strength != want || !slices.Equal(got, states) {
		d.t.Fatalf("%s stands on %q with proofs %q, want %q with %q", party, e.Strength, got, want, states)
	}
}

// TestLaw1_EvidenceHasItsStrengths is [CONF-12].
func TestLaw1_EvidenceHasItsStrengths(t *testing.T) {
	d, ref := goBetween(t)
	strength := func(want Strength) {
		t.Helper()
		if got := d.ledger().Agreement(ref.Hash).Strength; got != want {
			t.Fatalf("the weakest is %q, want %q", got, want)
		}
	}
	strength(NoStrength)
	d.handEntry(record.Entry{SaidBy: "envoy", HeardFrom: "envoy", Body: act("power", Accepted, ref)})
	d.wantStrength("power", ref, ByReport)
	d.handEntry(record.Entry{SaidBy: "envoy", HeardFrom: "envoy", Body: act("power", Accepted, ref), Evidence: []record.Evidence{{What: record.UnsignedDoc}}})
	d.wantStrength("power", ref, ByReport)
	d.overEntry("official", record.Entry{SaidBy: "envoy", HeardFrom: "envoy", Body: act("power", Accepted, ref), Evidence: []record.Evidence{{What: record.SignedPaper}}})
	d.wantStrength("power", ref, ByReport) // somebody else's paper is his word
	d.handEntry(record.Entry{SaidBy: "envoy", HeardFrom: "envoy", Body: act("power", Accepted, ref), Evidence: []record.Evidence{{What: record.SignedPaper}}})
	d.wantStrength("power", ref, ByPaper)
	d.handEntry(record.Entry{SaidBy: "envoy", HeardFrom: "envoy", Body: act("power", Accepted, ref)})
	d.wantStrength("power", ref, ByPaper) // told once more, it is still held
	strength(ByPaper)

	d.over("official", act("movement", Accepted, ref))
	d.over("official", echo("movement", ref))
	d.wantStrength("movement", ref, ByOwnDesk)
	strength(ByPaper)
	d.wantVerdict(ref, AsReported) // paper makes no more of a report
	d.wantStance("power", ref, Accepted, OnReport)

	d.over("envoy", act("power", Accepted, ref))
	d.over("envoy", echo("power", ref))
	strength(ByOwnDesk)
	k, m := signKey(t, 1), signKey(t, 2)
	d.over("envoy", Confirm(k, "power", ref))
	d.wantStrength("power", ref, ByOwnDesk, ProofUnattested)
	d.attest(k, "power", "envoy")
	d.wantStrength("power", ref, BySignature, ProofAttested)
	strength(ByOwnDesk)
	d.over("official", Confirm(m, "movement", ref))
	d.attest(m, "movement", "official")
	strength(BySignature)
	d.wantVerdict(ref, Agreed)
}

// TestLaw4_ASignatureThroughTheGoBetweenSettles is [CONF-7] and [CONF-9]: at the desk of the
// other side, to which there is no line.
func TestLaw4_ASignatureThroughTheGoBetweenSettles(t *testing.T) {
	d, ref := envoysDesk(t, nil)
	d.hand(act("power", Accepted, ref))
	d.hand(echo("power", ref))
	d.carried("official", act("movement", Accepted, ref))
	d.wantVerdict(ref, AsReported)
	k := signKey(t, 2)
	id := d.carried("official", Confirm(k, "movement", ref))
	d.wantVerdict(ref, AsReported)
	d.wantStrength("movement", ref, ByReport, ProofUnattested)
	d.attest(k, "movement", "official")
	d.wantVerdict(ref, Agreed)
	d.wantStrength("movement", ref, BySignature, ProofAttested)
	d.wantStance("movement", ref, Accepted, OnOwnMandate)
	s := d.ledger().Stance("movement", ref.Hash)
	if s.Echo != id || s.Entry != id || s.By != "official" || len(s.Reports) != 1 {
		t.Errorf("%+v", s)
	}
	if all := d.ledger().Stances(ref.Hash); len(all) != 2 || all[0].Party != "movement" || all[0].Echo != id {
		t.Errorf("%+v", all)
	}
	// Nothing withdraws it.
	d.carried("official", act("movement", Withdrawn, ref))
	d.wantVerdict(ref, Agreed)
	// The signature alone is enough: nobody need have reported anything.
	e, ref := envoysDesk(t, nil)
	e.hand(act("power", Accepted, ref))
	e.hand(echo("power", ref))
	e.carried("official", Confirm(k, "movement", ref))
	e.attest(k, "movement", "official")
	e.wantVerdict(ref, Agreed)
	if all := e.ledger().Stances(ref.Hash); len(all) != 2 || all[0].Party != "movement" {
		t.Errorf("%+v", all)
	}
	if got := e.ledger().Agreement(ref.Hash); got.Weakest != OnOwnMandate || len(got.Reported) != 0 {
		t.Errorf("%+v", got)
	}
}

// TestLaw1_ABadOrUnattestedSignatureCountsForNothing is [CONF-8].
func TestLaw1_ABadOrUnattestedSignatureCountsForNothing(t *testing.T) {
	k, swapped := signKey(t, 2), signKey(t, 3)
	otherText := record.Ref{Name: "truce", Version: 1, Hash: keys.Hash{9}}
	for name, c := range map[string]struct {
		do    func(d *testDesk, ref record.Ref)
		state ProofState
	}{
		"nobody compared": {func(d *testDesk, ref record.Ref) { d.carried("official", Confirm(k, "movement", ref)) }, ProofUnattested},
		"somebody else compared": {func(d *testDesk, ref record.Ref) {
			d.carried("official", Confirm(k, "movement", ref))
			d.over("go-between", Attestation{Party: "movement", Fingerprint: k.Public().Fingerprint(), With: "official", By: "in person"})
		}, ProofUnattested},
		"compared, and it differs": {func(d *testDesk, ref record.Ref) {
			d.carried("official", Confirm(swapped, "movement", ref))
			d.hand(Attestation{Party: "movement", Fingerprint: swapped.Public().Fingerprint(), With: "official", By: "by telephone", Differs: true})
		}, ProofDiffers},
		"compared, and afterwards it differs": {func(d *testDesk, ref record.Ref) {
			d.carried("official", Confirm(swapped, "movement", ref))
			d.attest(swapped, "movement", "official")
			d.hand(Attestation{Party: "movement", Fingerprint: swapped.Public().Fingerprint(), With: "official", By: "in person", Differs: true})
		}, ProofDiffers},
		"the go-between's key in its place": {func(d *testDesk, ref record.Ref) {
			d.carried("official", Confirm(swapped, "movement", ref))
			d.attest(k, "movement", "official")
		}, ProofUnattested},
		"the key is another party's": {func(d *testDesk, ref record.Ref) {
			d.carried("official", Confirm(k, "movement", ref))
			d.attest(k, "host", "official")
		}, ProofUnattested},
		"signed for another party": {func(d *testDesk, ref record.Ref) {
			c := Confirm(k, "host", ref)
			c.Party = "movement"
			d.carried("official", c)
			d.attest(k, "movement", "official")
		}, ProofMisfit},
		"signed another text": {func(d *testDesk, ref record.Ref) {
			c := Confirm(k, "movement", otherText)
			c.On = ref
			d.carried("official", c)
			d.attest(k, "movement", "official")
		}, ProofMisfit},
		"another's signature": {func(d *testDesk, ref record.Ref) {
			c := Confirm(k, "movement", ref)
			c.Signature = Confirm(swapped, "movement", ref).Signature
			d.carried("official", c)
			d.attest(k, "movement", "official")
		}, ProofMisfit},
		"corrected into one that fits": {func(d *testDesk, ref record.Ref) {
			bad := Confirm(k, "movement", ref)
			bad.Signature = bytes.Repeat([]byte{1}, 64)
			id := d.over("go-between", bad)
			d.overEntry("go-between", record.Entry{Corrects: id, Body: record.Correction{Now: Confirm(k, "movement", ref)}})
			d.attest(k, "movement", "official")
		}, ProofMisfit},
		"compared with somebody who does not speak for it": {func(d *testDesk, ref record.Ref) {
			d.carried("official", Confirm(k, "movement", ref))
			d.attest(k, "movement", "go-between")
		}, ProofVoiceless},
	} {
		d, ref := envoysDesk(t, nil)
		d.hand(act("power", Accepted, ref))
		d.hand(echo("power", ref))
		d.carried("official", act("movement", Accepted, ref))
		before := d.ledger().Agreement(ref.Hash)
		c.do(d, ref)
		after := d.ledger().Agreement(ref.Hash)
		if after.Verdict != before.Verdict || after.Weakest != before.Weakest || after.Strength != before.Strength || len(after.Entries) != len(before.Entries) {
			t.Errorf("%s: %+v", name, after)
		}
		if s := d.ledger().Stance("movement", ref.Hash); s.Rests != OnReport || !s.Echo.IsZero() {
			t.Errorf("%s: %+v", name, s)
		}
		if p := d.ledger().Proofs("movement", ref.Hash); len(p) != 1 || p[0].State != c.state {
			t.Errorf("%s: %+v, want %s", name, p, c.state)
		}
	}
}

// Without a mandate to bind, what was signed is an own act and no more.
func TestLaw1_ASignatureWithoutMandate(t *testing.T) {
	d, ref := envoysDesk(t, nil)
	d.role("aide", "movement", record.Envoy)
	d.hand(act("power", Accepted, ref))
	d.hand(echo("power", ref))
	k := signKey(t, 2)
	d.carried("aide", Confirm(k, "movement", ref))
	d.attest(k, "movement", "aide")
	d.wantStance("movement", ref, Accepted, OnOwnAct)
	d.wantVerdict(ref, NotAgreed)
	d.wantStrength("movement", ref, ByOwnDesk, ProofAttested)
	if s := d.ledger().Stance("movement", ref.Hash); !s.Echo.IsZero() {
		t.Error("an echo without a mandate")
	}
}

// TestASignatureBearsNoTime is [CONF-10].
func TestASignatureBearsNoTime(t *testing.T) {
	lapses := func(at record.Instant) func(*Package) { return func(p *Package) { p.Lapses = at } }
	k := signKey(t, 2)
	late, ref := envoysDesk(t, lapses(1090)) // the keeper's acts come at 1070 and 1080
	late.hand(act("power", Accepted, ref))
	late.hand(echo("power", ref))
	late.attest(k, "movement", "official")                                                                                             // 1090
	late.overEntry("go-between", record.Entry{SaidBy: "official", HeardFrom: "official", At: 1085, Body: Confirm(k, "movement", ref)}) // known at 1100
	late.wantVerdict(ref, NotAgreed)
	late.wantStance("movement", ref, Silent, OnNothing)
	late.wantStrength("movement", ref, NoStrength, ProofAttested)

	early, ref := envoysDesk(t, lapses(1100))
	early.hand(act("power", Accepted, ref))
	early.hand(echo("power", ref))
	early.attest(k, "movement", "official")
	early.carried("official", Confirm(k, "movement", ref)) // known at 1100, the last moment
	early.hand(record.Note{Text: "time goes by"})
	early.wantVerdict(ref, Agreed)

	alone, ref := envoysDesk(t, lapses(1100)) // signed in time, and the keeper himself never echoed
	alone.attest(k, "movement", "official")
	alone.carried("official", Confirm(k, "movement", ref))
	alone.clock = 2000
	alone.wantVerdict(ref, NotAgreed)
	alone.wantStance("movement", ref, Lapsed, OnOwnMandate)

	d, _ := goBetween(t) // agreed in time: a later signature is stronger evidence of it
	_, _, p := truce()
	p.Version, p.Lapses = 2, d.clock+100
	d.over("envoy", p)
	ref = p.Ref()
	for who, party := range map[record.Name]record.Name{"envoy": "power", "official": "movement"} {
		d.over(who, act(party, Accepted, ref))
		d.over(who, echo(party, ref))
	}
	d.clock += 1000
	d.over("official", Confirm(k, "movement", ref))
	d.attest(k, "movement", "official")
	d.wantVerdict(ref, Agreed)
	d.wantStrength("movement", ref, BySignature, ProofAttested)
}
