package view

import (
	"bytes"
	"slices"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// TestAlarmsAboutKeys is [CONF-11].
func TestAlarmsAboutKeys(t *testing.T) {
	key := func(b byte) keys.SignKey {
		k, err := keys.NewSignKey(bytes.NewReader(bytes.Repeat([]byte{b}, 32)))
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	r, at := record.New("envoy"), record.Instant(1000)
	n := byte(0)
	add := func(came record.Came, by record.Name, b record.Body) keys.ID {
		t.Helper()
		n, at = n+1, at+10
		e := record.Entry{ID: keys.ID{n}, By: by, At: at, Body: b}
		if _, err := r.Add(accord.Codec(), record.Item{Entry: e, Known: at, Came: came}); err != nil {
			t.Fatal(err)
		}
		return e.ID
	}
	hand := func(b record.Body) keys.ID { return add(record.ByHand(), "envoy", b) }
	brought := func(b record.Body) keys.ID {
		return add(record.OverLine("go-between", uint64(n)+1), "go-between", b)
	}
	want := func(kinds ...AlarmKind) []Alarm {
		t.Helper()
		var got []AlarmKind
		var out []Alarm
		for _, a := range Of(r.For("envoy", record.AsOf{}), at+1).Alarms() {
			if a.Kind == TwoKeys || a.Kind == BadSignature {
				got, out = append(got, a.Kind), append(out, a)
			}
		}
		if !slices.Equal(got, kinds) {
			t.Fatalf("%q, want %q", got, kinds)
		}
		return out
	}
	term := accord.Term{Name: "ceasefire", Version: 1, Sort: accord.Obligation, Debtor: "movement", Action: "hostilities cease", Salt: keys.ID{1}}
	pack := accord.Package{Name: "truce", Version: 1, Terms: []accord.TermRef{term.Ref()}, Needs: []record.Name{"movement"}, Salt: keys.ID{2}}
	hand(term)
	hand(pack)
	a, b := key(1), key(2)
	show := func(k keys.SignKey) accord.ChannelKey {
		return accord.ChannelKey{Party: "movement", Holder: "official", Suite: k.Public().Suite, Key: k.Public().Key}
	}
	first := brought(show(a))
	brought(accord.Confirm(a, "movement", pack.Ref()))
	want()
	second := brought(show(b))
	if got := want(TwoKeys); !slices.Equal(got[0].Entries, []keys.ID{first, second}) || got[0].By != "go-between" || got[0].Since != 1050 {
		t.Errorf("%+v", got)
	}
	hand(accord.Attestation{Party: "movement", Fingerprint: a.Public().Fingerprint(), With: "official", By: "by telephone"})
	want(TwoKeys) // the other key is still about
	hand(accord.Attestation{Party: "movement", Fingerprint: b.Public().Fingerprint(), With: "official", By: "by telephone", Differs: true})
	want()
	bad := accord.Confirm(a, "movement", pack.Ref())
	bad.Signature = bytes.Repeat([]byte{7}, 64)
	id := brought(bad)
	if got := want(BadSignature); got[0].Party != "movement" || got[0].By != "go-between" || got[0].On != pack.Ref() || got[0].Entries[0] != id {
		t.Errorf("%+v", got)
	}
	v := Of(r.For("envoy", record.AsOf{}), at+1)
	list := v.Keys()
	if len(list) != 2 || !list[0].Compared || list[0].Differs || list[0].How != "by telephone" || !list[1].Differs || list[0].Holder != "official" {
		t.Errorf("%+v", list)
	}
	if p, ok := v.Package(pack.Hash()); !ok || len(p.Cells) != 1 || len(p.Cells[0].Proofs) != 2 || p.Cells[0].Proofs[1].State != accord.ProofMisfit {
		t.Errorf("%+v", p)
	}
}
