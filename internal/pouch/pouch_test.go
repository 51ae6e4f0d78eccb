package pouch

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
)

var update = flag.Bool("update", false, "write spec/vectors/pouch")

const vectorDir = "../../spec/vectors/pouch"

func secret(name string) *Secret {
	return &Secret{KEM: sha256.Sum256([]byte(name + " kem")), DH: sha256.Sum256([]byte(name + " dh"))}
}

func public(t testing.TB, s *Secret) Key {
	t.Helper()
	k, err := s.Public(keys.XWing())
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func seal(t testing.TB, from, to *Secret, c Content) string {
	t.Helper()
	s, err := Seal(keys.XWing(), from, public(t, to), c, [16]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func open(own *Secret, from Key, text string) (Content, error) {
	p, err := Parse(text)
	if err != nil {
		return Content{}, err
	}
	return p.Open(keys.XWing(), own, from)
}

func TestAPouchOpensForItsRecipientAlone(t *testing.T) {
	north, south, between := secret("north"), secret("south"), secret("go-between")
	for _, text := range []string{"x", strings.Repeat("y", 244), strings.Repeat("y", 245), strings.Repeat("ж", MaxText/2)} {
		p := seal(t, north, south, Content{7, text})
		got, err := open(south, public(t, north), "  "+p[:100]+"\n"+p[100:])
		if err != nil || got.Text != text || got.Number != 7 {
			t.Fatal(len(text), err)
		}
		if _, err := open(between, public(t, north), p); !fault.Is(err, fault.Unauthentic) { // [POUCH-3]
			t.Error("opened by who carries it:", err)
		}
		if _, err := open(south, public(t, between), p); !fault.Is(err, fault.Unauthentic) {
			t.Error("taken for another sender's:", err)
		}
	}
	a, b := seal(t, north, south, Content{1, "yes"}), seal(t, north, south, Content{1, strings.Repeat("no ", 60)})
	if len(a) != len(b) || a == b {
		t.Error("the length tells a yes from a no, or two pouches are one")
	}
	for _, text := range []string{"", strings.Repeat("x", MaxText+1), "\xff"} {
		if _, err := Seal(keys.XWing(), north, public(t, south), Content{1, text}, [16]byte{}); !fault.Is(err, fault.Limit) {
			t.Errorf("%d bytes: %v", len(text), err)
		}
	}
}

// Whoever carries a pouch can make nothing else of it: every part altered, and
// the sender's key put under another's name. [POUCH-3]
func TestAnAlteredPouchIsRefused(t *testing.T) {
	north, south := secret("north"), secret("south")
	p := seal(t, north, south, Content{1, "as agreed"})
	raw, err := Dearmour(Prefix, p)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{1, 8, 9, 16, 17, 32, 33, 700, headSize + keys.KEMCiphertext - 1, headSize + keys.KEMCiphertext, len(raw) - 1} {
		b := bytes.Clone(raw)
		b[at] ^= 1
		if _, err := open(south, public(t, north), Armour(Prefix, b)); !fault.Is(err, fault.Unauthentic) {
			t.Errorf("byte %d: %v", at, err)
		}
	}
	// A go-between who knows both public keys, and all of the format, seals one of
	// his own in north's name.
	plain := make([]byte, smallest)
	plain[7], plain[11], plain[plainHead] = 1, 1, 'x'
	if _, err := open(south, public(t, north), sealRaw(t, public(t, north), secret("go-between"), south, plain)); !fault.Is(err, fault.Unauthentic) {
		t.Error("forged with all care:", err)
	}
	if c, err := open(south, public(t, north), sealRaw(t, public(t, north), north, south, plain)); err != nil || c.Text != "x" {
		t.Error("by north itself:", err)
	}
	forged := seal(t, secret("go-between"), south, Content{1, "we accept"})
	b, _ := Dearmour(Prefix, forged)
	f := public(t, north).Fingerprint()
	copy(b[1:9], f[:8])
	if _, err := open(south, public(t, north), Armour(Prefix, b)); !fault.Is(err, fault.Unauthentic) {
		t.Error("forged:", err)
	}
}

// With one go-between who gave each side a key of his own, everything opens:
// that is why the state says so. [POUCH-7]
func TestASwapByOneGoBetweenCannotBeSeen(t *testing.T) {
	north, south, between := secret("north"), secret("south"), secret("go-between")
	atSouth, err := Peer{}.Learn(public(t, between).Text(), "go-between")
	if err != nil || atSouth.State() != OneWay {
		t.Fatal(atSouth.State(), err)
	}
	key, err := atSouth.Key()
	if err != nil {
		t.Fatal(err)
	}
	stolen := seal(t, north, between, Content{1, "we offer ten"})
	read, err := open(between, public(t, north), stolen)
	if err != nil || read.Text != "we offer ten" {
		t.Fatal(err)
	}
	if got, err := open(south, key, seal(t, between, south, Content{1, "we offer five"})); err != nil || got.Text != "we offer five" {
		t.Fatal("the swap showed, and the spec says that it cannot:", err)
	}
}

// Two ways, a comparison, and keys that differ. [POUCH-6] [POUCH-8]
func TestWhoseKeyIsComputed(t *testing.T) {
	right, wrong := public(t, secret("north")), public(t, secret("go-between"))
	p := Peer{Name: "north"}
	if _, err := p.Key(); p.State() != None || !fault.Is(err, fault.NotFound) {
		t.Fatal(p.State())
	}
	learn := func(k Key, by ...string) {
		t.Helper()
		var err error
		if p, err = p.Learn(k.Text(), by...); err != nil {
			t.Fatal(err)
		}
	}
	learn(right, "first")
	learn(right, "first")
	if p.State() != OneWay {
		t.Error("the same go-between twice is", p.State())
	}
	learn(right, "third", "first")
	learn(right, "fourth", "third")
	if p.State() != TwoWays {
		t.Error("first, and the third and fourth without him:", p.State())
	}
	p.Keys[0].By = p.Keys[0].By[:2]
	if p.State() != OneWay {
		t.Error("two ways with the first in both are", p.State())
	}
	learn(right, "second")
	if p.State() != TwoWays {
		t.Error(p.State())
	}
	if _, err := p.Compare(wrong.Fingerprint(), ByVoice); !fault.Is(err, fault.NotFound) {
		t.Error("other words:", err)
	}
	if _, err := p.Compare(right.Fingerprint(), "hearsay"); !fault.Is(err, fault.Malformed) {
		t.Error("no way:", err)
	}
	p, err := p.Compare(right.Fingerprint(), ByVoice)
	if err != nil || p.State() != Compared {
		t.Error(p.State(), err)
	}
	was := p
	learn(wrong, "second")
	if _, err := p.Key(); p.State() != Conflict || !fault.Is(err, fault.Unauthentic) {
		t.Error("two keys are", p.State(), err)
	}
	if p.Keys[1].Compared != "" || was.State() != Compared {
		t.Error("another key inherited the comparison, or a value was changed")
	}
	if p = p.Drop(wrong.Fingerprint()); p.State() != Compared {
		t.Error("after the swapped one was dropped:", p.State())
	}
	for i := range maxKeys + 1 {
		var err error
		if p, err = p.Learn(public(t, secret(strings.Repeat("x", i+1))).Text(), "flood"); (err != nil) != (i >= maxKeys-1) {
			t.Errorf("key %d: %v", i, err)
		}
	}
}

// What a run or a sign showed counts for that key alone, whether it came before
// or after. [POUCH-8]
func TestWhatWasProvenCountsForOneKey(t *testing.T) {
	right, wrong := public(t, secret("north")), public(t, secret("go-between"))
	for _, first := range []bool{true, false} {
		p := Peer{Name: "north"}
		if first {
			p = p.Prove(right.Fingerprint(), BySecret)
		}
		p, err := p.Learn(right.Text(), "go-between")
		if err != nil {
			t.Fatal(err)
		}
		if !first {
			p = p.Prove(right.Fingerprint(), BySecret)
		}
		if p.State() != Compared {
			t.Error("the right key is", p.State())
		}
		if p, err = p.Learn(wrong.Text(), "go-between"); err != nil || p.State() != Conflict || p.Keys[1].Compared != "" {
			t.Error("the wrong key beside it is", p.State(), err)
		}
	}
	p, err := Peer{}.Prove(right.Fingerprint(), BySign).Learn(wrong.Text(), "go-between")
	if _, bad := p.Key(); err != nil || p.State() != Conflict || bad == nil {
		t.Error("a key other than the proven one is", p.State())
	}
	if p = p.Drop(right.Fingerprint()); p.State() != OneWay {
		t.Error("after what was proven was dropped:", p.State())
	}
}

// Both ends have one secret in common; a third key gives another.
func TestPair(t *testing.T) {
	north, south, between := secret("north"), secret("south"), secret("go-between")
	pair := func(a, b *Secret) [32]byte {
		s, err := a.Pair(keys.XWing(), public(t, b))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if pair(north, south) != pair(south, north) || pair(north, south) == pair(north, between) || pair(north, south) == [32]byte{} {
		t.Error("the pair's secret is not theirs")
	}
}

// Numbers that come again, late, or never. [POUCH-5]
func TestNumbersOfPouches(t *testing.T) {
	var p Peer
	for _, c := range []struct {
		n      uint64
		again  bool
		missed int
	}{{1, false, 0}, {1, true, 0}, {4, false, 2}, {2, false, 1}, {2, true, 1}, {4, true, 1}, {3, false, 0}, {3, true, 0}, {500, false, maxMissed}, {maxNumber + 1, true, maxMissed}, {499, false, maxMissed - 1}} {
		var again bool
		if p, again = p.Opened(c.n); again != c.again || len(p.Missed) != c.missed {
			t.Errorf("%d: again %v, %d missed; want %v, %d", c.n, again, len(p.Missed), c.again, c.missed)
		}
	}
}

// vector is one file: one pouch, or one text of a key.
type vector struct {
	Name      string    `json:"name"`
	Must      []string  `json:"must,omitempty"`
	Expect    string    `json:"expect"`
	Recipient [2]string `json:"recipient_secret"` // KEM seed, X25519
	Sender    string    `json:"sender_key"`       // as introduced
	Pouch     string    `json:"pouch"`
	Number    uint64    `json:"number,omitempty"`
	Text      string    `json:"text,omitempty"`
	Print     string    `json:"sender_fingerprint,omitempty"`
}

func (v *vector) run() (string, Content, string) {
	var s Secret
	for i, b := range [][]byte{s.KEM[:], s.DH[:]} {
		if _, err := hex.Decode(b, []byte(v.Recipient[i])); err != nil {
			return "bad vector", Content{}, ""
		}
	}
	k, err := ParseKey(v.Sender)
	if err != nil {
		return string(fault.KindOf(err)), Content{}, ""
	}
	c, err := open(&s, k, v.Pouch)
	if err != nil {
		return string(fault.KindOf(err)), Content{}, ""
	}
	return "ok", c, k.Fingerprint().String()
}

func TestVectors(t *testing.T) {
	if *update {
		write(t)
	}
	files, err := filepath.Glob(filepath.Join(vectorDir, "*.json"))
	if err != nil || len(files) != 15 {
		t.Fatal(len(files), "vectors", err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var v vector
		if err := json.Unmarshal(raw, &v); err != nil {
			t.Fatal(f, err)
		}
		if got, c, print := v.run(); got != v.Expect || c.Text != v.Text || c.Number != v.Number || print != v.Print {
			t.Errorf("%s %v: got %q, want %q", v.Name, v.Must, got, v.Expect)
		}
	}
}

func write(t *testing.T) {
	north, south := secret("north"), secret("south")
	key := public(t, north).Text()
	put := func(name, expect, key, pouch string, must ...string) {
		t.Helper()
		v := vector{Name: name, Must: must, Expect: expect, Sender: key, Pouch: pouch,
			Recipient: [2]string{hex.EncodeToString(south.KEM[:]), hex.EncodeToString(south.DH[:])}}
		got, c, print := v.run()
		if got != expect {
			t.Errorf("%s: the code says %q, the case %q", name, got, expect)
		}
		v.Number, v.Text, v.Print = c.Number, c.Text, print
		b, err := json.MarshalIndent(v, "", " ")
		if err == nil {
			err = os.MkdirAll(vectorDir, 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(vectorDir, name+".json"), append(b, '\n'), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	good := seal(t, north, south, Content{3, "Ten living captives, not eleven."})
	raw, _ := Dearmour(Prefix, good)
	flip := func(at int) string { b := bytes.Clone(raw); b[at] ^= 1; return Armour(Prefix, b) }
	rawKey, _ := Dearmour(KeyPrefix, key)
	keyWith := func(f func([]byte) []byte) string { return Armour(KeyPrefix, f(bytes.Clone(rawKey))) }
	put("good", "ok", key, good)
	put("long", "ok", key, seal(t, north, south, Content{4, strings.Repeat("long ", 100)}))
	put("altered-box", "unauthentic", key, flip(len(raw)-1), "POUCH-3")
	put("altered-encapsulation", "unauthentic", key, flip(headSize+5), "POUCH-3")
	put("other-sender", "unauthentic", public(t, secret("go-between")).Text(), good, "POUCH-3")
	put("other-recipient", "unauthentic", key, seal(t, north, secret("go-between"), Content{3, "x"}), "POUCH-3")
	put("cut", "malformed", key, good[:len(good)-5], "POUCH-1")
	put("foreign", "unauthentic", key, "https://example.org", "POUCH-1")
	put("other-version", "refused", key, Armour(Prefix, append([]byte{2}, raw[1:]...)), "POUCH-1")
	put("not-a-power", "malformed", key, Armour(Prefix, raw[:len(raw)-1]), "POUCH-1")
	plain := make([]byte, smallest)
	plain[7], plain[11], plain[plainHead], plain[smallest-1] = 1, 1, 'x', 1
	put("padding-not-zero", "malformed", key, sealRaw(t, public(t, north), north, south, plain), "POUCH-4")
	plain[7], plain[smallest-1] = 0, 0
	put("no-number", "malformed", key, sealRaw(t, public(t, north), north, south, plain), "POUCH-4")
	put("key-other-suite", "refused", keyWith(func(b []byte) []byte { b[1] = 2; return b }), good, "POUCH-1")
	put("key-weak", "malformed", keyWith(func(b []byte) []byte { clear(b[len(b)-32:]); return b }), good, "POUCH-2")
	put("key-cut", "malformed", "backchannel-pouch-key:"+base64.RawURLEncoding.EncodeToString([]byte("abc")), good, "POUCH-1")
}

// sealRaw seals what no honest program packs, in the name of me.
func sealRaw(t *testing.T, me Key, from, to *Secret, plain []byte) string {
	t.Helper()
	them := public(t, to)
	ct, ss, err := keys.XWing().Encapsulate(them.kem)
	if err != nil {
		t.Fatal(err)
	}
	head := headOf(me, them, [16]byte{})
	g, err := box(from, them.dh, ss, head, ct, me, them)
	if err != nil {
		t.Fatal(err)
	}
	return Armour(Prefix, g.Seal(append(bytes.Clone(head), ct...), make([]byte, 12), plain, append(bytes.Clone(head), ct...)))
}

// [POUCH-4]: what the right key sealed, and no honest program packs.
func TestPaddingIsChecked(t *testing.T) {
	north, south := secret("north"), secret("south")
	for name, change := range map[string]func([]byte) []byte{
		"a byte behind the text": func(b []byte) []byte { b[len(b)-1] = 1; return b },
		"no number":              func(b []byte) []byte { clear(b[:8]); return b },
		"too long":               func(b []byte) []byte { b[8] = 1; return b },
		"empty":                  func(b []byte) []byte { clear(b[8:]); return b },
		"more padding than due":  func(b []byte) []byte { return append(b, make([]byte, len(b))...) },
		"not text":               func(b []byte) []byte { b[plainHead] = 0xff; return b },
		"as it should be":        func(b []byte) []byte { return b },
	} {
		plain := make([]byte, smallest)
		plain[7], plain[11] = 1, 2
		copy(plain[plainHead:], "ok")
		plain = change(plain)
		_, err := open(south, public(t, north), sealRaw(t, public(t, north), north, south, plain))
		if good := name == "as it should be"; good != (err == nil) || !good && !fault.Is(err, fault.Malformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(seal(f, secret("a"), secret("b"), Content{1, "x"}))
	f.Add(public(f, secret("a")).Text())
	f.Fuzz(func(t *testing.T, text string) {
		ParseKey(text)
		if p, err := Parse(text); err == nil {
			p.To(Key{})
		}
	})
}
