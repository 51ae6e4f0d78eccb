package convey

import (
	"bytes"
	"strings"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// signing is a world in which the envoy is his power's principal and the
// official has a mandate, and both may sign.
func signingWorld(t *testing.T) (*world, record.Ref) {
	w := newWorld(t)
	w.desks["envoy"].hand(record.Role{Person: "envoy", Party: "power", As: record.Principal}, record.Role{Person: "official", Party: "movement", As: record.Principal})
	w.desks["official"].hand(record.Role{Person: "official", Party: "movement", As: record.Principal})
	ref := w.propose("envoy", "power", 1, 60)
	p, err := w.carry(Order{Of: w.lastAct("go-between"), To: "official"})
	if err != nil {
		t.Fatal(err)
	}
	w.deliver("go-between", p)
	return w, ref
}

func (w *world) lastAct(at record.Name) keys.ID {
	var id keys.ID
	for _, it := range w.desks[at].r.Known() {
		if it.Body.Kind() == accord.KindAct {
			id = it.ID
		}
	}
	return id
}

func (d *node) signer() Context {
	c := d.context()
	c.Key = func() (keys.SignKey, error) {
		return keys.NewSignKey(bytes.NewReader(bytes.Repeat([]byte(d.r.Keeper())[:1], 32)))
	}
	return c
}

func (w *world) act(who, party record.Name, p accord.Position, ref record.Ref) {
	w.t.Helper()
	w.write(who, record.Entry{Audience: []record.Name{"go-between"}, Carrying: record.Carrying{Pass: record.PassMay}, Body: accord.Act{Party: party, Position: p, Echo: p == "", On: ref}})
}

// TestConfirmingIsRefused is [CONF-5].
func TestConfirmingIsRefused(t *testing.T) {
	w, ref := signingWorld(t)
	confirm := func(at record.Name, party record.Name, on record.Ref, more ...func(e *record.Entry)) error {
		e := record.Entry{Body: accord.Confirmation{Party: party, On: on}}
		for _, m := range more {
			m(&e)
		}
		c := w.desks[at].signer()
		asked := false
		key := c.Key
		c.Key = func() (keys.SignKey, error) { asked = true; return key() }
		p, err := Write(c, e)
		if err != nil && asked {
			t.Errorf("refused, and the key was used: %v", err)
		}
		if err == nil && len(p.Entries) != 1 {
			t.Errorf("%+v", p)
		}
		return err
	}
	wantRefused(t, confirm("official", "movement", ref), "convey.confirm-first")
	w.act("official", "movement", accord.Accepted, ref)
	wantRefused(t, confirm("official", "movement", ref), "convey.confirm-first")
	w.act("official", "movement", "", ref)
	if err := confirm("official", "movement", ref); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, confirm("official", "power", ref), "convey.confirm-voice")
	wantRefused(t, confirm("go-between", "movement", ref), "convey.confirm-voice")
	wantRefused(t, confirm("official", "official", ref), "convey.confirm-needless")
	wantRefused(t, confirm("official", "movement", record.Ref{Name: "truce", Hash: keys.Hash{9}}), "convey.confirm-text")
	wantRefused(t, confirm("official", "movement", ref, func(e *record.Entry) { e.SaidBy = "envoy" }), "convey.confirm-other")
	wantRefused(t, confirm("official", "movement", ref, func(e *record.Entry) { e.HeardFrom = "envoy" }), "convey.confirm-other")
	_, err := Write(w.desks["official"].context(), record.Entry{Body: accord.Confirmation{Party: "movement", On: ref}})
	wantRefused(t, err, "convey.no-key")
	_, err = Write(w.desks["official"].signer(), record.Entry{Body: accord.ChannelKey{Party: "power"}})
	wantRefused(t, err, "convey.confirm-voice")

	// Without a mandate to bind, nothing is signed.
	v := newWorld(t)
	v.desks["official"].hand(record.Role{Person: "official", Party: "movement", As: record.Envoy})
	ref = v.propose("official", "movement", 1, 60)
	v.act("official", "movement", accord.Accepted, ref)
	v.act("official", "movement", "", ref)
	_, err = Write(v.desks["official"].signer(), record.Entry{Body: accord.Confirmation{Party: "movement", On: ref}})
	wantRefused(t, err, "convey.confirm-first")
}

// TestLaw4_ConfirmationsComeThroughTheGoBetween is [CONF-6]: keys and signatures reach the other
// side, whose desk then needs nobody's word but its keeper's own comparison.
func TestLaw4_ConfirmationsComeThroughTheGoBetween(t *testing.T) {
	w, ref := signingWorld(t)
	w.act("official", "movement", accord.Accepted, ref)
	w.act("official", "movement", "", ref)
	w.act("envoy", "power", accord.Accepted, ref)
	w.act("envoy", "power", "", ref)
	give := func(from record.Name, body record.Body, to string) Order {
		t.Helper()
		p, err := Write(w.desks[from].signer(), record.Entry{Audience: []record.Name{"go-between"}, Carrying: record.Carrying{Pass: record.PassMay}, Body: body})
		if err != nil {
			t.Fatal(err)
		}
		w.deliver(from, p)
		return Order{Of: p.Entries[0].ID, To: record.Name(to)}
	}
	key := give("official", accord.ChannelKey{Party: "movement"}, "envoy")
	yes := give("official", accord.Confirmation{Party: "movement", On: ref}, "envoy")
	for _, o := range []Order{key, yes} {
		p, err := w.carry(o)
		if err != nil {
			t.Fatal(err)
		}
		w.deliver("go-between", p)
	}
	ledger := func() *accord.Ledger {
		return accord.Read(w.desks["envoy"].r.For("envoy", record.AsOf{}), w.clock)
	}
	k := ledger().KeysOf("movement")
	if len(k) != 1 || k[0].Holder != "official" || k[0].By != "go-between" {
		t.Fatalf("%+v", k)
	}
	if a := ledger().Agreement(ref.Hash); a.Verdict == accord.Agreed {
		t.Fatalf("%+v", a)
	}
	w.desks["envoy"].hand(accord.Attestation{Party: "movement", Fingerprint: k[0].Fingerprint, With: "official", By: "by telephone"})
	if a := ledger().Agreement(ref.Hash); a.Verdict != accord.Agreed || a.Evidence[0].Strength != accord.BySignature {
		t.Fatalf("%+v", a)
	}
	// The go-between's desk carries none that does not fit, and writes none.
	bad := accord.Confirm(signKeyOfTest(t), "movement", ref)
	bad.Party = "power"
	_, err := Write(w.desks["go-between"].context(), record.Entry{SaidBy: "envoy", Body: bad})
	wantRefused(t, err, "convey.misfit")
	w.clock += 10
	id := keys.ID{0x77}
	e := record.Entry{ID: id, Critical: true, By: "envoy", At: w.clock, Body: bad}
	if _, err := w.desks["go-between"].r.Add(accord.Codec(), record.Item{Entry: e, Known: w.clock, Came: record.OverLine("envoy", 99)}); err != nil {
		t.Fatal(err)
	}
	_, err = w.carry(Order{Of: id, To: "official"})
	wantRefused(t, err, "convey.misfit")
}

func signKeyOfTest(t *testing.T) keys.SignKey {
	k, err := keys.NewSignKey(bytes.NewReader(bytes.Repeat([]byte{5}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestEchoOfAnotherTextIsRefused is [REC-42], where it is written.
func TestEchoOfAnotherTextIsRefused(t *testing.T) {
	w := newWorld(t)
	a := w.propose("envoy", "power", 1, 60)
	b := w.propose("official", "movement", 2, 70)
	echo := func(at, party record.Name, ref record.Ref, from record.Name) error {
		_, err := Write(w.desks[at].context(), record.Entry{SaidBy: from, HeardFrom: from, Body: accord.Act{Party: party, Echo: true, On: ref}})
		return err
	}
	g := w.desks["go-between"]
	g.hand(record.Role{Person: "go-between", Party: "power", As: record.Envoy})
	err := echo("go-between", "power", b, "")
	wantRefused(t, err, "accord.echo-other")
	if !strings.Contains(err.Error(), "ceasefire") || !strings.Contains(err.Error(), "power") || fault.HintOf(err) == "" {
		t.Errorf("%v", err)
	}
	wantRefused(t, echo("go-between", "power", a, ""), "accord.echo-other") // the movement means another
	if err := echo("go-between", "power", a, "envoy"); err != nil {         // as reported
		t.Error(err)
	}
	if err := echo("envoy", "power", a, ""); err != nil { // he knows of no other
		t.Error(err)
	}
}

// TestLaw3_NothingIsSignedWithoutConfirmations: all that two desks wrote in coming to an
// agreement holds no signature, and no key.
func TestLaw3_NothingIsSignedWithoutConfirmations(t *testing.T) {
	w, ref := signingWorld(t)
	w.act("official", "movement", accord.Accepted, ref)
	w.act("official", "movement", "", ref)
	w.act("envoy", "power", accord.Accepted, ref)
	w.act("envoy", "power", "", ref)
	for name, d := range w.desks {
		for _, it := range d.r.Known() {
			switch it.Body.(type) {
			case accord.Confirmation, accord.ChannelKey:
				t.Errorf("%s holds a %s", name, it.Body.Kind())
			}
			raw, err := accord.Codec().Encode(it.Entry)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(raw, []byte{0x58, 0x40}) { // a byte string of 64
				t.Errorf("%s: a %s holds something as long as a signature", name, it.Body.Kind())
			}
		}
	}
	if s := accord.Read(w.desks["official"].r.For("official", record.AsOf{}), w.clock).Stance("movement", ref.Hash); !s.Confirmed() || s.Echo.IsZero() {
		t.Fatalf("nothing was tried: %+v", s)
	}
}
