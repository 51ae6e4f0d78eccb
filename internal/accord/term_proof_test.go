package accord

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/wire"
)

// shownTerm gives the proof of the deal's first term, as it stands in a file.
func shownTerm(t testing.TB) (termProofWire, []byte) {
	_, s := signedDeal(t)
	p, err := s.Prove("ceasefire", "movement", "power")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	var w termProofWire
	if err := wire.Decode(raw, MaxSigned, &w); err != nil {
		t.Fatal(err)
	}
	return w, raw
}

// termAlterations are proofs of a term that were altered, one way each.
func termAlterations(t testing.TB) []fileVector {
	good, raw := shownTerm(t)
	_, s := signedDeal(t)
	var out []fileVector
	add := func(rule, comment, want string, b []byte) {
		out = append(out, fileVector{rule, comment, hex.EncodeToString(b), want})
	}
	bad := func(comment, want string, change func(w *termProofWire)) {
		w := good
		w.Slot, w.Path, w.Confirmations = bytes.Clone(w.Slot), bytes.Clone(w.Path), slices.Clone(w.Confirmations)
		change(&w)
		add("CONF-19", comment, want, wire.MustEncode(w))
	}
	add("CONF-19", "a term that two parties confirmed", "ok", raw)
	add("CONF-19", "a trailing byte", "malformed", append(bytes.Clone(raw), 0))
	add("CONF-19", "cut short", "malformed", raw[:len(raw)-1])
	add("CONF-19", "nothing", "malformed", nil)
	add("CONF-19", "an unknown key", "malformed", wire.MustEncode(map[int]any{1: good.Format, 2: good.Term, 3: good.Blind, 4: good.Slot, 5: good.Path, 6: good.Head, 7: good.Confirmations, 8: "power"}))
	bad("another form", "malformed", func(w *termProofWire) { w.Format = "backchannel-term/9" })
	bad("the words of the term", "unauthentic", func(w *termProofWire) { w.Term.Text = "Hostilities cease on one side." })
	bad("the debtor of the term", "unauthentic", func(w *termProofWire) { w.Term.Debtor = "host" })
	bad("another name", "unauthentic", func(w *termProofWire) { w.Term.Name = "truce" })
	bad("another version", "unauthentic", func(w *termProofWire) { w.Term.Version++ })
	bad("another term of the package on this path", "unauthentic", func(w *termProofWire) { w.Term = s.Terms[1] })
	bad("a term that is none", "malformed", func(w *termProofWire) { w.Term.Action = "" })
	bad("another salt of the term", "unauthentic", func(w *termProofWire) { w.Term.Salt[0]++ })
	bad("another blind", "unauthentic", func(w *termProofWire) { w.Blind[0]++ })
	bad("another header", "unauthentic", func(w *termProofWire) { w.Head[0]++ })
	bad("another slot", "unauthentic", func(w *termProofWire) { w.Slot[1] ^= 1 })
	bad("a slot that no tree has", "malformed", func(w *termProofWire) { w.Slot[0] |= 0x10 })
	bad("a slot of one byte", "malformed", func(w *termProofWire) { w.Slot = w.Slot[1:] })
	bad("a path cut at the leaf", "malformed", func(w *termProofWire) { w.Path = w.Path[32:] })
	bad("a path cut at the root", "malformed", func(w *termProofWire) { w.Path = w.Path[:len(w.Path)-32] })
	bad("a path extended", "malformed", func(w *termProofWire) { w.Path = append(w.Path, make([]byte, 32)...) })
	bad("no path", "malformed", func(w *termProofWire) { w.Path = nil })
	bad("two neighbours swapped", "unauthentic", func(w *termProofWire) {
		w.Path = slices.Concat(w.Path[32:64], w.Path[:32], w.Path[64:])
	})
	bad("the path of another term", "unauthentic", func(w *termProofWire) {
		p, err := s.Prove(s.Terms[1].Name, "movement", "power")
		if err != nil {
			t.Fatal(err)
		}
		w.Path = nil
		for _, h := range p.path {
			w.Path = append(w.Path, h[:]...)
		}
	})
	bad("nobody confirms it", "refused", func(w *termProofWire) { w.Confirmations = nil })
	bad("signatures swapped", "unauthentic", func(w *termProofWire) {
		a, b := w.Confirmations[0].Signature, w.Confirmations[1].Signature
		w.Confirmations[0].Signature, w.Confirmations[1].Signature = b, a
	})
	bad("out of order", "unauthentic", func(w *termProofWire) { slices.Reverse(w.Confirmations) })
	bad("one confirmation twice", "unauthentic", func(w *termProofWire) { w.Confirmations[1] = w.Confirmations[0] })
	bad("a party under another's signature", "unauthentic", func(w *termProofWire) { w.Confirmations[0].Party = "host" })
	bad("no party", "malformed", func(w *termProofWire) { w.Confirmations[0].Party = "" })
	bad("a signature of another package", "unauthentic", func(w *termProofWire) {
		c := Confirm(signKeyOf(t, 1), "movement", record.Ref{Hash: keys.Hash{1}})
		w.Confirmations[0] = signerWire{c.Party, c.Suite, c.Key, c.Signature}
	})
	bad("another key", "unauthentic", func(w *termProofWire) { w.Confirmations[0].Key = signKeyOf(t, 9).Public().Key })
	bad("a key that fits anything", "malformed", func(w *termProofWire) {
		w.Confirmations[0].Key = append([]byte{1}, make([]byte, 31)...)
		w.Confirmations[0].Signature = append(append([]byte{1}, make([]byte, 31)...), make([]byte, 32)...)
	})
	w := good
	w.Confirmations = w.Confirmations[:1]
	add("CONF-18", "one confirmation is shown, and the other is not", "ok", wire.MustEncode(w))
	return out
}

// TestVectorsOfTermProofs is [CONF-19] and [CONF-18]: one file, one alteration.
func TestVectorsOfTermProofs(t *testing.T) {
	all := termAlterations(t)
	vectorsIn(t, "terms.json", all)
	seen := map[string]bool{}
	for _, v := range all {
		if seen[v.Bytes] {
			t.Errorf("%s: alters nothing", v.Comment)
		}
		seen[v.Bytes] = true
		raw, err := hex.DecodeString(v.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		p, err := ReadTermProof(raw)
		got := "ok"
		if err != nil {
			got = string(fault.KindOf(err))
		}
		if got != v.Want {
			t.Errorf("%s: %s (%v), want %s", v.Comment, got, err, v.Want)
		}
		if err == nil {
			if again, err := p.Encode(); err != nil || !bytes.Equal(again, raw) {
				t.Errorf("%s: encodes to other bytes: %v", v.Comment, err)
			}
		}
	}
}

// Whatever single bit is turned, the file is refused.
func TestEveryBitOfATermProofCounts(t *testing.T) {
	_, raw := shownTerm(t)
	for i := range raw {
		for bit := range 8 {
			b := bytes.Clone(raw)
			b[i] ^= 1 << bit
			if _, err := ReadTermProof(b); err == nil {
				t.Fatalf("bit %d of byte %d was turned, and the file is taken", bit, i)
			}
		}
	}
}

// dealOf is a package with the term given and n others, all of whose parties
// confirmed it. Header and other terms are drawn from seed.
func dealOf(t testing.TB, shown Term, n int, seed uint64) SignedAgreement {
	rng := rand.New(rand.NewPCG(seed, 0))
	id := func() (out keys.ID) {
		for i := range out {
			out[i] = byte(rng.Uint32())
		}
		return out
	}
	terms := []Term{shown}
	for i := range n {
		terms = append(terms, Term{Name: record.Name(fmt.Sprintf("hidden-%d", i)), Version: 1 + rng.IntN(9), Sort: Obligation, Debtor: record.Name(fmt.Sprintf("third-%d", rng.IntN(3))),
			Action: fmt.Sprintf("hidden deed %d", rng.Uint64()), Text: "Hidden words.", Salt: id()})
	}
	rng.Shuffle(len(terms), func(i, j int) { terms[i], terms[j] = terms[j], terms[i] })
	p := Package{Name: record.Name(fmt.Sprintf("hidden-package-%d", rng.IntN(99))), Version: 1 + rng.IntN(99), Needs: []record.Name{"power", "movement"}, Text: "Hidden heading.", Salt: id()}
	if rng.IntN(2) == 0 {
		p.Needs = append(p.Needs, "hidden-party")
	}
	for _, x := range terms {
		p.Terms = append(p.Terms, x.Ref())
	}
	s := SignedAgreement{Package: p, Terms: terms}
	on := p.Ref()
	for _, party := range s.Needed() {
		s.Confirmations = append(s.Confirmations, Confirm(signKeyOf(t, party[0]), party, on))
	}
	return s
}

func proofOf(t testing.TB, s SignedAgreement, term record.Name) (TermProof, []byte) {
	t.Helper()
	p, err := s.Prove(term)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return p, raw
}

// TestLaw5_ATermProofHoldsNothingOfTheRest is [CONF-17] and [CONF-18]: no byte
// of the header, of the salt, of another term, of its hash or its leaf, nor of a
// party that the term does not name, stands in the file.
func TestLaw5_ATermProofHoldsNothingOfTheRest(t *testing.T) {
	a, _, _ := truce()
	for seed := range uint64(20) {
		n := int(seed) * 5
		s := dealOf(t, a, n, seed)
		p, raw := proofOf(t, s, a.Name)
		if p.Package() != s.Package.Hash() {
			t.Fatalf("seed %d: the hash of another package", seed)
		}
		hidden := map[string][]byte{
			"the salt": s.Package.Salt[:], "the name": []byte(s.Package.Name), "the text": []byte(s.Package.Text), "hidden": []byte("idden"), "a third party": []byte("third-"),
		}
		for i, x := range s.Terms {
			if x.Name == a.Name {
				continue
			}
			ref, slot := x.Ref(), s.Package.slots()[i]
			bare, blind := sum(labelLeaf, wire.MustEncode(ref)), s.Package.blind(slot)
			hidden["a hash of "+string(x.Name)] = ref.Hash[:]
			hidden["a leaf without blind of "+string(x.Name)] = bare[:]
			hidden["a blind of "+string(x.Name)] = blind[:]
			hidden["a salt of "+string(x.Name)] = x.Salt[:]
		}
		for what, b := range hidden {
			if bytes.Contains(raw, b) {
				t.Errorf("seed %d: %s stands in the file", seed, what)
			}
		}
		for _, c := range p.Confirmations {
			if c.Party != a.Debtor || c.On.Name != "" || c.On.Version != 0 {
				t.Errorf("seed %d: %s, %v", seed, c.Party, c.On)
			}
		}
	}
}

// TestLaw5_TermProofsOfDifferentPackagesLookAlike is [CONF-17]: packages that
// differ in all but the term, and in how many terms they have, give files of
// one length, alike but for hashes, slot and signature.
func TestLaw5_TermProofsOfDifferentPackagesLookAlike(t *testing.T) {
	a, _, _ := truce()
	var want []byte
	for seed, n := range []int{0, 1, 2, 14, 15, 16, 17, 100, 255} {
		_, raw := proofOf(t, dealOf(t, a, n, uint64(seed)), a.Name)
		var w termProofWire
		if err := wire.Decode(raw, MaxSigned, &w); err != nil {
			t.Fatal(err)
		}
		w.Blind, w.Head = keys.Hash{1}, keys.Hash{2}
		clear(w.Slot)
		clear(w.Path)
		clear(w.Confirmations[0].Signature)
		got := wire.MustEncode(w)
		if want == nil {
			want = got
		}
		if !bytes.Equal(got, want) || len(got) != len(raw) {
			t.Errorf("%d other terms: another form, of %d bytes for %d", n, len(raw), len(want))
		}
	}
}

// TestLaw5_TheSlotTellsNoPlaceAndNoNumber is [CONF-17]: over many salts the
// slot of a term is spread evenly, the same for the only term of a package and
// for the last of many.
func TestLaw5_TheSlotTellsNoPlaceAndNoNumber(t *testing.T) {
	const runs, bins = 4096, 16
	for _, c := range []struct{ terms, at int }{{1, 0}, {16, 0}, {16, 15}, {256, 255}} {
		p, count := Package{Terms: make([]TermRef, c.terms)}, [bins]int{}
		for run := range runs {
			p.Salt = keys.ID{1, byte(run), byte(run >> 8), byte(c.terms)}
			slots := p.slots()
			count[slots[c.at]*bins/treeSlots]++
			if run == 0 {
				slices.Sort(slots)
				if len(slices.Compact(slots)) != c.terms || slots[0] < 0 || slots[len(slots)-1] >= treeSlots {
					t.Fatalf("%d terms: slots %v", c.terms, slots)
				}
			}
		}
		chi := 0.0
		for _, n := range count {
			d := float64(n) - runs/bins
			chi += d * d / (runs / bins)
		}
		if chi > 44.3 { // fifteen degrees of freedom; one in ten thousand is more (the salts are fixed: it does not flicker)
			t.Errorf("term %d of %d: not spread evenly: %v", c.at, c.terms, count)
		}
	}
}

// TestLaw5_AKnownTermIsNotFoundInAnothersProof is [CONF-17]: the same two terms
// stand side by side in two packages, and no hash of the two proofs is the same.
// So the neighbour is not known by what it was elsewhere.
func TestLaw5_AKnownTermIsNotFoundInAnothersProof(t *testing.T) {
	a, b, p := truce()
	seen := map[keys.Hash]bool{}
	found := 0
	for n := 0; found < 3; n++ {
		if n == 1<<18 { // side by side is one salt in four thousand
			t.Fatal("the slots do not depend on the salt")
		}
		p.Salt = keys.ID{1, byte(n), byte(n >> 8), byte(n >> 16)}
		if blind := p.blind(7); n < 3 && seen[blind] {
			t.Error("a blind that does not depend on the salt")
		} else if n < 3 {
			seen[blind] = true
		}
		slots := p.slots()
		if slots[0]^1 != slots[1] {
			continue
		}
		found++
		path := p.path(slots[0])
		if path[0] != leafHash(p.blind(slots[1]), b.Ref()) {
			t.Fatalf("%s does not stand beside %s", b.Name, a.Name)
		}
		for _, h := range append(path[:], p.headHash(), p.blind(slots[0])) {
			if seen[h] {
				t.Errorf("%s stands in two proofs", h)
			}
			seen[h] = true
		}
	}
}

// TestWhatIsNotConfirmedIsNotProved is [CONF-18].
func TestWhatIsNotConfirmedIsNotProved(t *testing.T) {
	_, s := signedDeal(t)
	refused := func(want string, s SignedAgreement, term record.Name, by ...record.Name) {
		t.Helper()
		_, err := s.Prove(term, by...)
		var f *fault.Error
		if err == nil || !asFault(err, &f) || f.ID != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	refused("accord.term-proof-term", s, "ghost")
	refused("accord.term-proof-party", s, "ceasefire", "host")
	refused("accord.term-proof-by", s, "gift") // its debtor needs to confirm nothing
	if _, err := s.Prove("gift", "power"); err != nil {
		t.Error(err)
	}
	half := s
	half.Confirmations = s.Confirmations[:1]
	refused("accord.term-proof-unconfirmed", half, "ceasefire")
	altered := s
	altered.Terms = slices.Clone(s.Terms)
	altered.Terms[0].Text = "Other words."
	refused("accord.signed-altered", altered, "ceasefire")
}

// [CONF-20]: what the term itself names is known before it is shown.
func TestATermNamesOthers(t *testing.T) {
	p := TermProof{Term: fullTerm()}
	if got := p.Named(); !slices.Equal(got, []record.Name{"captives", "ceasefire", "release"}) {
		t.Errorf("%v", got)
	}
	if got := (TermProof{Term: obligation("alone", "power")}).Named(); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

func FuzzReadTermProof(f *testing.F) {
	for _, v := range termAlterations(f) {
		raw, _ := hex.DecodeString(v.Bytes)
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ReadTermProof(b)
		if err != nil {
			if k := fault.KindOf(err); k == fault.Internal || k == "" {
				t.Fatal(err)
			}
			return
		}
		again, err := p.Encode()
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("read, and not the same again: %v", err)
		}
	})
}

// What a proof of one term costs beside a plain signature over the whole text,
// which shows everything. Past maxTerms there are no packages yet.
func BenchmarkTermProof(b *testing.B) {
	a, _, _ := truce()
	for _, n := range []int{10, 100, 1000} {
		s := dealOf(b, a, n-1, 1)
		slot := s.Package.slots()[slices.IndexFunc(s.Terms, func(t Term) bool { return t.Name == a.Name })]
		confirmed := s.Confirmations[slices.IndexFunc(s.Confirmations, func(c Confirmation) bool { return c.Party == a.Debtor })]
		prove := func() TermProof {
			return TermProof{Term: a, Confirmations: []Confirmation{confirmed}, slot: slot, blind: s.Package.blind(slot), path: s.Package.path(slot), head: s.Package.headHash()}
		}
		raw, err := prove().Encode()
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("make/%d", n), func(b *testing.B) {
			for b.Loop() {
				prove()
			}
		})
		b.Run(fmt.Sprintf("verify/%d", n), func(b *testing.B) {
			for b.Loop() {
				if _, err := ReadTermProof(raw); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(raw)), "bytes")
		})
		whole := wire.MustEncode(signedWire{Package: s.Package, Terms: s.Terms})
		secret := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32))
		signature := ed25519.Sign(secret, whole)
		b.Run(fmt.Sprintf("plain-sign/%d", n), func(b *testing.B) {
			for b.Loop() {
				ed25519.Sign(secret, whole)
			}
		})
		b.Run(fmt.Sprintf("plain-verify/%d", n), func(b *testing.B) {
			pub, _ := secret.Public().(ed25519.PublicKey)
			for b.Loop() {
				if !ed25519.Verify(pub, whole, signature) {
					b.Fatal("it does not fit")
				}
			}
			b.ReportMetric(float64(len(whole)+len(signature)), "bytes")
		})
	}
}

// TestATermProofAsText is [CONF-22]: pasted, it says the same; cut, extended or
// altered, it is refused.
func TestATermProofAsText(t *testing.T) {
	_, raw := shownTerm(t)
	p, err := ReadTermProof(raw)
	if err != nil {
		t.Fatal(err)
	}
	text, err := p.Text()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{text, strings.TrimSpace(text), strings.ReplaceAll(text, "\n", "\r\n"), "\n  " + strings.ReplaceAll(text, "\n", "\n\n ")} {
		if got, err := ReadTermProof([]byte(s)); err != nil || got.Package() != p.Package() || got.Term.Hash() != p.Term.Hash() {
			t.Errorf("%q: %v", s, err)
		}
	}
	body := strings.TrimSpace(text)
	for i := len(termProofText) + 1; i < len(body); i++ {
		if body[i] == '\n' {
			continue
		}
		for _, s := range []string{body[:i], body[:i] + "A" + body[i:], body[:i] + "=" + body[i:], body[:i] + string(body[i]^1) + body[i+1:], body[:i] + body[i+1:]} {
			if _, err := ReadTermProof([]byte(s)); err == nil {
				t.Fatalf("altered at %d, and taken", i)
			}
		}
	}
	for _, s := range []string{termProofText, body + "A", body + "AAAA", body + "===="} {
		if _, err := ReadTermProof([]byte(s)); !fault.Is(err, fault.Malformed) {
			t.Errorf("%v", err)
		}
	}
}
