package accord

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/wire"
)

// signedDeal is a package of three terms with the confirmations of its two parties.
func signedDeal(t testing.TB) (signedWire, SignedAgreement) {
	a, b, p := truce()
	a.Text, a.Lang = "Hostilities cease on both sides.", "en"
	c := Term{Name: "gift", Version: 1, Sort: Gesture, Debtor: "host", Action: "a convoy is sent", Salt: salt(3)}
	p.Terms = []TermRef{a.Ref(), b.Ref(), c.Ref()}
	s := SignedAgreement{Package: p, Terms: []Term{a, b, c}}
	for i, party := range s.Needed() {
		k, err := keys.NewSignKey(bytes.NewReader(bytes.Repeat([]byte{byte(i + 1)}, 32)))
		if err != nil {
			t.Fatal(err)
		}
		s.Confirmations = append(s.Confirmations, Confirm(k, party, p.Ref()))
	}
	w := signedWire{Format: signedFormat, Package: s.Package, Terms: slices.Clone(s.Terms)}
	for _, c := range s.Confirmations {
		w.Confirmations = append(w.Confirmations, signerWire{c.Party, c.Suite, c.Key, c.Signature})
	}
	return w, s
}

// TestLaw3_TheSignatureIsOverThePackageAlone is [CONF-3]: the bytes that are signed are these,
// and what differs between two records does not come into them.
func TestLaw3_TheSignatureIsOverThePackageAlone(t *testing.T) {
	k := signKey(t, 1)
	var h keys.Hash
	for i := range h {
		h[i] = byte(i)
	}
	want := "000000000000001b" + hex.EncodeToString([]byte("backchannel confirmation v1")) + "00000000000000020001" +
		"0000000000000020" + hex.EncodeToString(k.Public().Key) + "0000000000000005" + hex.EncodeToString([]byte("power")) + "0000000000000020" + hex.EncodeToString(h[:])
	if got := hex.EncodeToString(Signed(k.Public(), "power", h)); got != want {
		t.Errorf("%s", got)
	}
	x := Confirm(k, "power", record.Ref{Name: "truce", Version: 1, Hash: h})
	y := Confirm(k, "power", record.Ref{Name: "other", Version: 9, Hash: h})
	if !bytes.Equal(x.Signature, y.Signature) || !x.Fits() || !y.Fits() {
		t.Error("something besides the text is signed")
	}
	for name, other := range map[string]Confirmation{
		"another party":   {Party: "movement", On: x.On, Suite: x.Suite, Key: x.Key, Signature: x.Signature},
		"another text":    {Party: x.Party, On: record.Ref{Hash: keys.Hash{1}}, Suite: x.Suite, Key: x.Key, Signature: x.Signature},
		"another key":     {Party: x.Party, On: x.On, Suite: x.Suite, Key: signKey(t, 2).Public().Key, Signature: x.Signature},
		"another suite":   {Party: x.Party, On: x.On, Suite: 2, Key: x.Key, Signature: x.Signature},
		"the framed hash": {Party: x.Party, On: x.On, Suite: x.Suite, Key: x.Key, Signature: k.Sign(h[:])},
	} {
		if other.Fits() {
			t.Error(name)
		}
	}
}

// TestBodiesOfConfirmations is [CONF-4].
func TestBodiesOfConfirmations(t *testing.T) {
	ref := record.Ref{Name: "truce", Version: 1, Hash: keys.Hash{1}}
	good := Confirm(signKey(t, 1), "power", ref)
	att := Attestation{Party: "power", Fingerprint: keys.Hash{1}, With: "envoy", By: "in person"}
	key := ChannelKey{Party: "power", Holder: "envoy", Suite: good.Suite, Key: good.Key}
	for _, b := range []record.Body{good, att, key} {
		if err := b.Check(); err != nil {
			t.Error(err)
		}
	}
	with := func(change func(c *Confirmation)) Confirmation { c := good; change(&c); return c }
	said := func(change func(a *Attestation)) Attestation { a := att; change(&a); return a }
	for name, b := range map[string]record.Body{
		"an entry":          with(func(c *Confirmation) { c.On.Entry = keys.ID{1} }),
		"no hash":           with(func(c *Confirmation) { c.On.Hash = keys.Hash{} }),
		"no party":          with(func(c *Confirmation) { c.Party = "" }),
		"a strange party":   with(func(c *Confirmation) { c.Party = "The Power" }),
		"another suite":     with(func(c *Confirmation) { c.Suite = 2 }),
		"a short key":       with(func(c *Confirmation) { c.Key = c.Key[1:] }),
		"a long signature":  with(func(c *Confirmation) { c.Signature = append(slices.Clone(c.Signature), 0) }),
		"with nobody":       said(func(a *Attestation) { a.With = "" }),
		"in no way":         said(func(a *Attestation) { a.By = "" }),
		"at length":         said(func(a *Attestation) { a.By = strings.Repeat("x", maxHow+1) }),
		"of nothing":        said(func(a *Attestation) { a.Fingerprint = keys.Hash{} }),
		"of no party":       said(func(a *Attestation) { a.Party = "" }),
		"a key of nobody":   ChannelKey{Party: "power", Suite: good.Suite, Key: good.Key},
		"a key of no party": ChannelKey{Holder: "envoy", Suite: good.Suite, Key: good.Key},
		"a weak key":        ChannelKey{Party: "power", Holder: "envoy", Suite: good.Suite, Key: make([]byte, 32)},
		"a key of no suite": ChannelKey{Party: "power", Holder: "envoy", Key: good.Key},
	} {
		if err := b.Check(); !fault.Is(err, fault.Malformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if b := said(func(a *Attestation) { a.By = strings.Repeat("x", maxHow) }); b.Check() != nil {
		t.Error("at the bound")
	}
}

type fileVector struct {
	Rule    string `json:"rule"`
	Comment string `json:"comment"`
	Bytes   string `json:"bytes"` // hexadecimal
	Want    string `json:"want"`  // "ok" or the kind of the refusal
}

type keyVector struct {
	Secret      string `json:"secret"`
	Public      string `json:"public"`
	Fingerprint string `json:"fingerprint"`
	Words       string `json:"words"`
	Party       string `json:"party"`
	Package     string `json:"package"`
	Signed      string `json:"signed"`
	Signature   string `json:"signature"`
}

// alterations are files that were altered, one way each.
func alterations(t testing.TB) []fileVector {
	good, s := signedDeal(t)
	raw := wire.MustEncode(good)
	_, _, other := truce()
	other.Version = 2
	var out []fileVector
	add := func(rule, comment, want string, b []byte) {
		out = append(out, fileVector{rule, comment, hex.EncodeToString(b), want})
	}
	bad := func(comment, want string, change func(w *signedWire)) {
		w := good
		w.Terms, w.Confirmations = slices.Clone(good.Terms), slices.Clone(good.Confirmations)
		w.Package.Terms = slices.Clone(good.Package.Terms)
		change(&w)
		add("CONF-13", comment, want, wire.MustEncode(w))
	}
	add("CONF-13", "an agreement of two parties", "ok", raw)
	add("CONF-13", "a trailing byte", "malformed", append(bytes.Clone(raw), 0))
	add("CONF-13", "cut short", "malformed", raw[:len(raw)-1])
	add("CONF-13", "nothing", "malformed", nil)
	add("CONF-13", "an unknown key", "malformed", wire.MustEncode(map[int]any{1: signedFormat, 2: good.Package, 3: good.Terms, 4: good.Confirmations, 5: "go-between"}))
	add("CONF-13", "an integer longer than needed", "malformed", bytes.Replace(raw, []byte{0x04, 0x82, 0xa4}, []byte{0x18, 0x04, 0x82, 0xa4}, 1))
	bad("another form", "malformed", func(w *signedWire) { w.Format = "backchannel-agreement/1" })
	bad("the words of a term", "unauthentic", func(w *signedWire) { w.Terms[0].Text = "Hostilities cease on one side." })
	bad("the debtor of a term", "unauthentic", func(w *signedWire) { w.Terms[1].Debtor = "host" })
	bad("terms swapped", "unauthentic", func(w *signedWire) { w.Terms[0], w.Terms[1] = w.Terms[1], w.Terms[0] })
	bad("terms swapped here and in the package", "unauthentic", func(w *signedWire) {
		w.Terms[0], w.Terms[1] = w.Terms[1], w.Terms[0]
		w.Package.Terms[0], w.Package.Terms[1] = w.Package.Terms[1], w.Package.Terms[0]
	})
	bad("a term left out", "unauthentic", func(w *signedWire) { w.Terms = w.Terms[:2] })
	bad("a term left out here and in the package", "unauthentic", func(w *signedWire) { w.Terms, w.Package.Terms = w.Terms[:2], w.Package.Terms[:2] })
	bad("a term added", "unauthentic", func(w *signedWire) { w.Terms = append(w.Terms, w.Terms[2]) })
	bad("a package without terms", "malformed", func(w *signedWire) { w.Terms, w.Package.Terms = nil, nil })
	bad("another version of the package", "unauthentic", func(w *signedWire) { w.Package.Version = 2 })
	bad("another text of the package", "unauthentic", func(w *signedWire) { w.Package.Text = "The truce." })
	bad("another deadline", "unauthentic", func(w *signedWire) { w.Package.Lapses = 1755000000000 })
	bad("another salt", "unauthentic", func(w *signedWire) { w.Package.Salt[3]++ })
	bad("another package under the same signatures", "unauthentic", func(w *signedWire) { w.Package, w.Terms = other, w.Terms[:2] })
	bad("signatures swapped", "unauthentic", func(w *signedWire) {
		a, b := w.Confirmations[0].Signature, w.Confirmations[1].Signature
		w.Confirmations[0].Signature, w.Confirmations[1].Signature = b, a
	})
	bad("parties swapped", "unauthentic", func(w *signedWire) {
		w.Confirmations[0].Party, w.Confirmations[1].Party = "power", "movement"
	})
	bad("parties and order swapped", "unauthentic", func(w *signedWire) {
		w.Confirmations[0], w.Confirmations[1] = w.Confirmations[1], w.Confirmations[0]
		w.Confirmations[0].Party, w.Confirmations[1].Party = "movement", "power"
	})
	bad("out of order", "unauthentic", func(w *signedWire) { slices.Reverse(w.Confirmations) })
	bad("one confirmation twice", "unauthentic", func(w *signedWire) { w.Confirmations[1] = w.Confirmations[0] })
	bad("a party that it does not need", "unauthentic", func(w *signedWire) {
		c := Confirm(signKeyOf(t, 9), "third-state", s.Package.Ref())
		w.Confirmations = append(w.Confirmations, signerWire{c.Party, c.Suite, c.Key, c.Signature})
	})
	bad("another key", "unauthentic", func(w *signedWire) { w.Confirmations[0].Key = signKeyOf(t, 9).Public().Key })
	bad("an unknown suite", "malformed", func(w *signedWire) { w.Confirmations[0].Suite = 2 })
	bad("a key that fits anything", "malformed", func(w *signedWire) {
		w.Confirmations[0].Key = append([]byte{1}, make([]byte, 31)...)
		w.Confirmations[0].Signature = append(append([]byte{1}, make([]byte, 31)...), make([]byte, 32)...)
	})
	bad("a signature of 65 bytes", "malformed", func(w *signedWire) {
		w.Confirmations[0].Signature = append(slices.Clone(w.Confirmations[0].Signature), 0)
	})
	l, _ := hex.DecodeString("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
	bad("a signature whose second half is not reduced", "unauthentic", func(w *signedWire) {
		sig, carry := slices.Clone(w.Confirmations[0].Signature), 0
		for i := range 32 { // s + the order of the group: the same point, other bytes
			carry += int(sig[32+i]) + int(l[i])
			sig[32+i], carry = byte(carry), carry>>8
		}
		w.Confirmations[0].Signature = sig
	})
	w := good
	w.Confirmations = w.Confirmations[:1]
	add("CONF-14", "one party did not confirm", "ok", wire.MustEncode(w))
	return out
}

func signKeyOf(t testing.TB, b byte) keys.SignKey {
	k, err := keys.NewSignKey(bytes.NewReader(bytes.Repeat([]byte{b}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

const confirmationVectors = "../../spec/vectors/confirmation"

func vectorsIn[T comparable](t *testing.T, name string, all []T) {
	t.Helper()
	path := filepath.Join(confirmationVectors, name)
	if *rewrite {
		raw, err := json.MarshalIndent(all, "", "  ")
		if err == nil {
			err = os.MkdirAll(confirmationVectors, 0o755)
		}
		if err == nil {
			err = os.WriteFile(path, append(raw, '\n'), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var want []T
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(want, all) {
		t.Errorf("%s says otherwise; if that is meant: go test ./internal/accord -rewrite", path)
	}
}

// TestVectorsOfAgreementFiles is [CONF-13] and [CONF-14]: one file, one alteration.
func TestVectorsOfAgreementFiles(t *testing.T) {
	all := alterations(t)
	vectorsIn(t, "files.json", all)
	if len(all) < 30 {
		t.Fatalf("only %d", len(all))
	}
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
		s, err := ReadSigned(raw)
		got := "ok"
		if err != nil {
			got = string(fault.KindOf(err))
		}
		if got != v.Want {
			t.Errorf("%s: %s (%v), want %s", v.Comment, got, err, v.Want)
		}
		if err == nil {
			if again, err := s.Encode(); err != nil || !bytes.Equal(again, raw) {
				t.Errorf("%s: encodes to other bytes: %v", v.Comment, err)
			}
		}
		if missing := s.Missing(); v.Rule == "CONF-14" && !slices.Equal(missing, []record.Name{"power"}) {
			t.Errorf("%s: missing %v", v.Comment, missing)
		}
	}
}

// Keys, fingerprints and signatures for other programs to check themselves
// against: [CONF-2], [CONF-3].
func TestVectorsOfConfirmations(t *testing.T) {
	_, s := signedDeal(t)
	var all []keyVector
	for i, c := range s.Confirmations {
		k := signKeyOf(t, byte(i+1))
		f := k.Public().Fingerprint()
		all = append(all, keyVector{
			hex.EncodeToString(k.Secret()), hex.EncodeToString(c.Key), f.String(), strings.Join(f.Words(keys.FingerprintWords), " "),
			string(c.Party), c.On.Hash.String(), hex.EncodeToString(Signed(c.Public(), c.Party, c.On.Hash)), hex.EncodeToString(c.Signature),
		})
	}
	vectorsIn(t, "signatures.json", all)
}

// Whatever single bit is turned, the file is refused.
func TestEveryBitOfAnAgreementFileCounts(t *testing.T) {
	_, s := signedDeal(t)
	raw, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		for bit := range 8 {
			b := bytes.Clone(raw)
			b[i] ^= 1 << bit
			if _, err := ReadSigned(b); err == nil {
				t.Fatalf("bit %d of byte %d was turned, and the file is taken", bit, i)
			}
		}
	}
	if _, err := ReadSigned(make([]byte, MaxSigned+1)); !fault.Is(err, fault.Limit) {
		t.Error(err)
	}
	if _, err := ReadSigned(make([]byte, MaxSigned)); !fault.Is(err, fault.Malformed) {
		t.Error(err)
	}
}

// What is read was written by this program or is what this program would write,
// and nothing that fits is read from what nobody signed.
func FuzzReadSigned(f *testing.F) {
	for _, v := range alterations(f) {
		raw, _ := hex.DecodeString(v.Bytes)
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ReadSigned(b)
		if err != nil {
			if k := fault.KindOf(err); k == fault.Internal || k == "" {
				t.Fatal(err)
			}
			return
		}
		again, err := s.Encode()
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("read, and not the same again: %v", err)
		}
		for _, c := range s.Confirmations {
			if !c.Fits() || c.On != s.Package.Ref() {
				t.Fatalf("%+v", c)
			}
		}
	})
}

// The file that a desk makes: the confirmations of all whom it needs, the
// attested key before another, and nothing that tells who carried what.
func TestLaw5_TheAgreementFileHoldsNothingElse(t *testing.T) {
	d, ref := goBetween(t)
	signed := func(want string) []byte {
		t.Helper()
		s, err := d.ledger().SignedAgreement(ref.Hash)
		if want != "" {
			var f *fault.Error
			if err == nil || !asFault(err, &f) || f.ID != want {
				t.Fatalf("%v, want %s", err, want)
			}
			return nil
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := s.Encode()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	k, m, swapped := signKey(t, 1), signKey(t, 2), signKey(t, 3)
	signed("accord.unsigned")
	d.overEntry("envoy", record.Entry{Evidence: []record.Evidence{{What: record.Recording, Note: "secret-note"}}, Body: Confirm(k, "power", ref)})
	signed("accord.unsigned")
	bad := Confirm(m, "movement", ref)
	bad.Signature = bytes.Repeat([]byte{1}, 64)
	d.over("official", bad)
	signed("accord.unsigned")
	d.over("official", Confirm(swapped, "movement", ref))
	signed("")
	d.over("official", Confirm(m, "movement", ref))
	signed("accord.two-keys")
	d.attest(m, "movement", "official")
	file := signed("")
	if !bytes.Contains(file, m.Public().Key) || bytes.Contains(file, swapped.Public().Key) {
		t.Error("not under the key that was compared")
	}
	for _, word := range []string{"go-between", "envoy", "official", "secret-note", "telephone"} {
		if bytes.Contains(file, []byte(word)) {
			t.Errorf("the file says %s", word)
		}
	}
	for _, it := range d.r.For("go-between", record.AsOf{}).Items() {
		if bytes.Contains(file, it.ID[:]) {
			t.Errorf("the file holds the id of a %s", it.Body.Kind())
		}
	}
	d.attest(m, "movement", "official")
	d.hand(Attestation{Party: "movement", Fingerprint: m.Public().Fingerprint(), With: "official", By: "in person", Differs: true})
	if !bytes.Contains(signed(""), swapped.Public().Key) { // the only one left that nobody disowned
		t.Error("a key that differs was taken")
	}
}

func asFault(err error, f **fault.Error) bool {
	e, ok := err.(*fault.Error)
	*f = e
	return ok
}

// TestEchoOfAnotherText is [REC-42].
func TestEchoOfAnotherText(t *testing.T) {
	d, ref := goBetween(t)
	a, b, p := truce()
	a.Version, a.Salt, a.Text = 2, salt(7), "Hostilities cease, for good."
	p.Version, p.Terms = 2, []TermRef{a.Ref(), b.Ref()}
	d.over("official", a)
	d.over("official", p)
	other := p.Ref()
	refused := func(party record.Name, on record.Ref, whose record.Name) {
		t.Helper()
		err := d.ledger().CheckEcho(party, on.Hash)
		if whose == "" {
			if err != nil {
				t.Fatal(err)
			}
			return
		}
		var f *fault.Error
		if err == nil || !asFault(err, &f) || f.ID != "accord.echo-other" || f.Says.Args[0] != whose || !strings.Contains(f.Text, "ceasefire") || strings.Contains(f.Text, "return") {
			t.Fatalf("%v", err)
		}
	}
	refused("power", ref, "")
	d.over("envoy", act("power", Proposed, ref))
	refused("power", ref, "")
	d.over("official", act("movement", Accepted, other))
	refused("power", ref, "movement") // the other side stands behind another text
	refused("power", other, "power")  // this is not one's own
	refused("movement", other, "power")
	would := d.ledger().WouldEcho("truce")
	if len(would) != 2 || would[0].Party != "movement" || would[0].On.Hash != other.Hash || would[1].On.Hash != ref.Hash {
		t.Fatalf("%+v", would)
	}
	d.over("official", act("movement", Withdrawn, other))
	d.over("official", act("movement", Accepted, ref))
	refused("power", ref, "")
	refused("movement", ref, "")
	if would := d.ledger().WouldEcho("truce"); len(would) != 2 || would[0].On.Hash != ref.Hash {
		t.Fatalf("%+v", would)
	}
	if got := d.ledger().Differing(ref.Hash, other.Hash); !slices.Contains(got, "ceasefire") {
		t.Errorf("%v", got)
	}
}

// Each rule of spec/confirmation.md has a test that names it.
func TestEveryRuleOfConfirmationsHasItsTest(t *testing.T) {
	rule := regexp.MustCompile(`\[CONF-\d+\]`)
	raw, err := os.ReadFile("../../spec/confirmation.md")
	if err != nil {
		t.Fatal(err)
	}
	stated, named := map[string]bool{}, map[string]bool{}
	for _, r := range rule.FindAllString(string(raw), -1) {
		stated[r] = true
	}
	files, err := filepath.Glob("../*/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rule.FindAllString(string(text), -1) {
			named[r] = true
		}
	}
	for r := range stated {
		if !named[r] {
			t.Errorf("no test names %s", r)
		}
	}
	for r := range named {
		if !stated[r] {
			t.Errorf("a test names %s, which the spec does not have", r)
		}
	}
}
