package bonafides

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/pouch"
)

var update = flag.Bool("update", false, "write spec/vectors/bonafides")

const vectorDir = "../../spec/vectors/bonafides"

func print(name string) keys.Hash { return sha256.Sum256([]byte(name + " print")) }

func fresh48() (b [48]byte) { rand.Read(b[:]); return b }
func fresh32() (b [32]byte) { rand.Read(b[:]); return b }

func matter(p Purpose, who, secret string) Matter {
	return Matter{Purpose: p, Print: print(who), Secret: []byte(secret)}
}

func read(t testing.TB, text string) Text {
	t.Helper()
	x, err := Read(text)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// talk is a whole run; between may put other texts in place of what is sent.
func talk(t *testing.T, a, b Matter, between func(kind Kind, text string) string) (atA, atB Outcome, errA, errB error) {
	t.Helper()
	ra, ask, err := Begin(a, "truce@1", fresh48())
	if err != nil {
		t.Fatal(err)
	}
	rb, answer, err := Reply(read(t, between(Ask, ask)), b, fresh32())
	if err != nil {
		return atA, atB, nil, err
	}
	atA, end, err := ra.Finish(read(t, between(Answer, answer)))
	if err != nil {
		return atA, atB, err, nil
	}
	atB, errB = rb.Close(read(t, between(End, end)))
	return atA, atB, nil, errB
}

func asIs(_ Kind, text string) string { return text }

func TestEqualSecretsShow(t *testing.T) {
	for _, p := range []Purpose{Secret, SealedYes} {
		a, b, errA, errB := talk(t, matter(p, "a", "the sea at dusk"), matter(p, "b", "the sea at dusk"), asIs)
		if errA != nil || errB != nil || a != (Outcome{true, true, print("b")}) || b != (Outcome{true, true, print("a")}) {
			t.Error(p, a, b, errA, errB)
		}
		a, b, errA, errB = talk(t, matter(p, "a", "the sea at dusk"), matter(p, "b", "the sea at dawn"), asIs)
		if errA != nil || errB != nil || a != (Outcome{Learnt: true}) || b != (Outcome{Learnt: true}) {
			t.Error(p, a, b, errA, errB)
		}
	}
}

// Who says no learns nothing, whatever the other said, and his texts are as
// long as any. [BONA-13] [BONA-7]
func TestWhoSaysNoLearnsNothing(t *testing.T) {
	hash, pair := print("package"), [32]byte{1}
	yes := func(who string) Matter {
		return Matter{Purpose: SealedYes, Print: print(who), Secret: Yes(pair, hash)}
	}
	no := func(who string) Matter {
		r := fresh32()
		return Matter{Purpose: SealedYes, Print: print(who), Secret: r[:], Blind: true}
	}
	lengths := map[Kind]map[int]bool{Ask: {}, Answer: {}, End: {}}
	count := func(k Kind, text string) string { lengths[k][len(text)] = true; return text }
	for _, c := range []struct{ a, b, atA, atB string }{
		{"yes", "yes", "both", "both"}, {"yes", "no", "not both", ""}, {"no", "yes", "", "not both"}, {"no", "no", "", ""},
	} {
		side := map[string]func(string) Matter{"yes": yes, "no": no}
		a, b, errA, errB := talk(t, side[c.a]("a"), side[c.b]("b"), count)
		said := func(o Outcome) string {
			switch {
			case !o.Learnt && o == (Outcome{}):
				return ""
			case o.Same:
				return "both"
			}
			return "not both"
		}
		if errA != nil || errB != nil || said(a) != c.atA || said(b) != c.atB {
			t.Errorf("%s, %s: %q and %q, %v %v", c.a, c.b, said(a), said(b), errA, errB)
		}
	}
	for k, l := range lengths {
		if len(l) != 1 {
			t.Errorf("text %d comes in %d lengths", k, len(l))
		}
	}
	if bytes.Equal(Yes(pair, hash), Yes([32]byte{2}, hash)) || bytes.Equal(Yes(pair, hash), Yes(pair, print("rival"))) {
		t.Error("a yes is the same for another pair or another text")
	}
}

// What somebody between alters in any text ends in no outcome that says the
// same; the fingerprints and the words are bound in too. [BONA-3]
func TestAlteredTextsShowNothing(t *testing.T) {
	a, b := matter(Secret, "a", "the sea at dusk"), matter(Secret, "b", "the sea at dusk")
	for _, kind := range []Kind{Ask, Answer, End} {
		for at := headSize; at < headSize+pointSize+printSize+7; at += 5 {
			o, p, _, _ := talk(t, a, b, func(k Kind, text string) string {
				if k != kind {
					return text
				}
				raw, err := pouch.Dearmour(Prefix, text)
				if err != nil {
					t.Fatal(err)
				}
				raw[min(at, len(raw)-1)] ^= 1
				return pouch.Armour(Prefix, raw)
			})
			// Where the answer's tag alone was spoilt, who asked has shown what he
			// knows all the same: the other side rightly learns it.
			spoilt := kind == Answer && at >= headSize+pointSize+printSize
			if kind != End && o.Same || p.Same && !spoilt {
				t.Errorf("text %d, byte %d: %v, %v", kind, at, o, p)
			}
		}
	}
}

// Somebody who has no secret, and sends back to each what he sent. [BONA-4]
func TestMirror(t *testing.T) {
	a := matter(Secret, "a", "the sea at dusk")
	_, ask, err := Begin(a, "", fresh48())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Reply(read(t, ask), a, fresh32()); !fault.Is(err, fault.Unauthentic) {
		t.Error("answered itself:", err)
	}
	// Under another fingerprint it gets an answer that fits nobody.
	raw, _ := pouch.Dearmour(Prefix, ask)
	other := print("somebody")
	copy(raw[headSize+pointSize:], other[:])
	run, _, _ := Begin(a, "", fresh48())
	back := read(t, pouch.Armour(Prefix, raw))
	_, answer, err := Reply(back, a, fresh32())
	if err != nil {
		t.Fatal(err)
	}
	x := read(t, answer)
	x.SID = run.SID
	if o, _, err := run.Finish(x); !fault.Is(err, fault.Unauthentic) || o.Same {
		t.Error("its own answer:", o, err)
	}
}

// Texts of other runs, purposes and steps; points that no honest program sends.
// [BONA-2] [BONA-3]
func TestWhatDoesNotBelongEndsNothingWell(t *testing.T) {
	a, b := matter(Secret, "a", "the sea at dusk"), matter(Secret, "b", "the sea at dusk")
	ra, ask, _ := Begin(a, "", fresh48())
	rb, answer, err := Reply(read(t, ask), b, fresh32())
	if err != nil {
		t.Fatal(err)
	}
	other, _, _ := Begin(a, "", fresh48())
	for name, err := range map[string]error{
		"another run":     second(other.Finish(read(t, answer))),
		"ask as answer":   second(ra.Finish(read(t, ask))),
		"answer as end":   first2(rb.Close(read(t, answer))),
		"answered asks":   second(rb.Finish(read(t, answer))),
		"asker closes":    first2(ra.Close(read(t, answer))),
		"another purpose": third(Reply(read(t, ask), matter(SealedYes, "b", "x"), fresh32())),
		"answer replied":  third(Reply(read(t, answer), a, fresh32())),
	} {
		if !fault.Is(err, fault.Refused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	weak := read(t, ask)
	weak.point = [pointSize]byte{1}
	if err := third(Reply(weak, b, fresh32())); !fault.Is(err, fault.Unauthentic) {
		t.Error("a weak ask:", err)
	}
	weak = read(t, answer)
	weak.point = [pointSize]byte{}
	if err := second(ra.Finish(weak)); !fault.Is(err, fault.Unauthentic) {
		t.Error("a weak answer:", err)
	}
	if _, _, err := Begin(a, strings.Repeat("x", MaxAbout), fresh48()); err != nil {
		t.Error("at the bound:", err)
	}
	if _, _, err := Begin(a, strings.Repeat("x", MaxAbout+1), fresh48()); !fault.Is(err, fault.Limit) {
		t.Error("above the bound:", err)
	}
}

func second(_ Outcome, _ string, err error) error { return err }
func first2(_ Outcome, err error) error           { return err }
func third(_ *Run, _ string, err error) error     { return err }

// What a desk keeps between two texts has no secret in it. [BONA-5]
func TestNoSecretIsKept(t *testing.T) {
	a, b := matter(Secret, "a", "the sea at dusk"), matter(Secret, "b", "the sea at dusk")
	ra, ask, _ := Begin(a, "", fresh48())
	rb, _, _ := Reply(read(t, ask), b, fresh32())
	for _, r := range []*Run{ra, rb} {
		if j, err := json.Marshal(r); err != nil || strings.Contains(string(j), "dusk") || len(j) > 2000 {
			t.Error(len(j), err)
		}
	}
	if rb.Scalar != [pointSize]byte{} {
		t.Error("who answered keeps his scalar")
	}
}

func TestSigns(t *testing.T) {
	s := Sign{Words: "On Sunday the anchor wears green.", Print: print("a"), Nonce: fresh32()}
	before, after, err := s.Texts()
	if err != nil {
		t.Fatal(err)
	}
	c, err := ReadCommitment(before)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadSign(after)
	if err != nil || got != s || !got.Opens(c) {
		t.Fatal(got, err)
	}
	// [BONA-10]: other words, another's key, another nonce.
	for _, x := range []Sign{{"On Sunday the anchor wears red.", s.Print, s.Nonce}, {s.Words, print("between"), s.Nonce}, {s.Words, s.Print, fresh32()}} {
		if x.Opens(c) {
			t.Error("opened by another sign", x)
		}
	}
	if strings.Contains(before, "green") {
		t.Error("it shows what it foretells")
	}
	for _, w := range []string{"", strings.Repeat("x", MaxSign+1), "\xff"} {
		if _, _, err := (Sign{Words: w}).Texts(); !fault.Is(err, fault.Limit) {
			t.Errorf("%d bytes: %v", len(w), err)
		}
	}
	if _, after, err = (Sign{Words: strings.Repeat("x", MaxSign)}).Texts(); err != nil {
		t.Error(err)
	}
	if _, err := ReadSign(after); err != nil {
		t.Error(err)
	}
	if _, err := ReadSign(pouch.Armour(OpenPrefix, append([]byte{version}, make([]byte, 64+MaxSign+1)...))); !fault.Is(err, fault.Malformed) {
		t.Error("above the bound:", err)
	}
	if _, err := ReadCommitment(pouch.Armour(SignPrefix, make([]byte, 33))); !fault.Is(err, fault.Refused) {
		t.Error("another version:", err)
	}
}

func FuzzRead(f *testing.F) {
	_, ask, _ := Begin(matter(Secret, "a", "the sea at dusk"), "about", [48]byte{1})
	f.Add(ask)
	t0, _ := Read(ask)
	_, answer, _ := Reply(t0, matter(Secret, "b", "the sea at dusk"), [32]byte{2})
	f.Add(answer)
	before, after, _ := Sign{Words: "w"}.Texts()
	f.Add(before)
	f.Add(after)
	f.Fuzz(func(t *testing.T, text string) {
		ReadCommitment(text)
		if s, err := ReadSign(text); err == nil {
			s.Opens(Commitment{})
		}
		x, err := Read(text)
		if err != nil {
			return
		}
		if y, err := Read(x.text()); err != nil || y != x {
			t.Fatal("a text that was read is written otherwise", err)
		}
		Reply(x, matter(Secret, "b", "the sea at dusk"), [32]byte{3})
	})
}

// vector is one file: a whole run, one sign, or one text that is refused.
type vector struct {
	Name   string   `json:"name"`
	Must   []string `json:"must,omitempty"`
	Expect string   `json:"expect"` // same, other, or the word of refusal

	Purpose  Purpose   `json:"purpose,omitempty"`
	About    string    `json:"about,omitempty"`
	Secrets  [2]string `json:"secrets,omitempty"` // PRS of A and B, or the package hashes where there is a pair
	Pair     string    `json:"pair,omitempty"`
	Prints   [2]string `json:"fingerprints,omitempty"`
	Random   [2]string `json:"random,omitempty"` // sid and scalar of A; scalar of B
	Texts    []string  `json:"texts,omitempty"`  // of a run; before and after of a sign; one that is refused
	Nonce    string    `json:"nonce,omitempty"`
	SignSays string    `json:"sign,omitempty"`
}

func (v *vector) matter(i int) Matter {
	m := Matter{Purpose: v.Purpose, Print: keys.Hash(unhex(v.Prints[i])), Secret: unhex(v.Secrets[i])}
	if v.Pair != "" {
		m.Secret = Yes([32]byte(unhex(v.Pair)), keys.Hash(m.Secret))
	}
	return m
}

// run plays a vector and gives what comes of it, and its texts.
func (v *vector) run() (string, []string) {
	switch {
	case v.SignSays != "":
		before, after, err := Sign{v.SignSays, keys.Hash(unhex(v.Prints[0])), [32]byte(unhex(v.Nonce))}.Texts()
		if err != nil {
			return string(fault.KindOf(err)), nil
		}
		return "same", []string{before, after}
	case v.Purpose == 0:
		_, err := Read(v.Texts[0])
		if strings.HasPrefix(v.Texts[0], OpenPrefix) {
			_, err = ReadSign(v.Texts[0])
		}
		if err == nil {
			return "read", v.Texts
		}
		return string(fault.KindOf(err)), v.Texts
	}
	ra, ask, err := Begin(v.matter(0), v.About, [48]byte(unhex(v.Random[0])))
	if err != nil {
		return string(fault.KindOf(err)), nil
	}
	x, err := Read(ask)
	if err != nil {
		return string(fault.KindOf(err)), nil
	}
	_, answer, err := Reply(x, v.matter(1), [32]byte(unhex(v.Random[1])))
	if err != nil {
		return string(fault.KindOf(err)), []string{ask}
	}
	if x, err = Read(answer); err != nil {
		return string(fault.KindOf(err)), nil
	}
	o, end, err := ra.Finish(x)
	if err != nil {
		return string(fault.KindOf(err)), []string{ask, answer}
	}
	if o.Same {
		return "same", []string{ask, answer, end}
	}
	return "other", []string{ask, answer, end}
}

func TestVectors(t *testing.T) {
	if *update {
		write(t)
	}
	files, err := filepath.Glob(filepath.Join(vectorDir, "*.json"))
	if err != nil || len(files) != 12 {
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
		if got, texts := v.run(); got != v.Expect || strings.Join(texts, " ") != strings.Join(v.Texts, " ") {
			t.Errorf("%s %v: got %q, want %q, or other texts", v.Name, v.Must, got, v.Expect)
		}
	}
}

func write(t *testing.T) {
	t.Helper()
	if err := os.MkdirAll(vectorDir, 0o755); err != nil {
		t.Fatal(err)
	}
	put := func(name, expect string, v vector, must ...string) vector {
		v.Name, v.Expect, v.Must = name, expect, must
		got, texts := v.run()
		if got != expect {
			t.Errorf("%s: the code says %q, the case %q", name, got, expect)
		}
		v.Texts = texts
		b, err := json.MarshalIndent(v, "", " ")
		if err == nil {
			err = os.WriteFile(filepath.Join(vectorDir, name+".json"), append(b, '\n'), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	h := func(s string) string { x := sha256.Sum256([]byte(s)); return hex.EncodeToString(x[:]) }
	dusk, dawn := hex.EncodeToString([]byte("the sea at dusk")), hex.EncodeToString([]byte("the sea at dawn"))
	base := vector{Purpose: Secret, About: "Where we met", Secrets: [2]string{dusk, dusk}, Prints: [2]string{h("a"), h("b")},
		Random: [2]string{h("ra") + h("rb")[:32], h("rc")}}
	good := put("same-secret", "same", base, "BONA-1")
	other := base
	other.Secrets[1] = dawn
	put("other-secret", "other", other)
	mirror := base
	mirror.Prints[1] = mirror.Prints[0]
	put("mirror", "unauthentic", mirror, "BONA-4")
	yes := base
	yes.Purpose, yes.About, yes.Secrets, yes.Pair = SealedYes, "truce@1", [2]string{h("truce"), h("truce")}, h("pair")
	put("both-yes", "same", yes)
	yes.Secrets[1] = h("a rival text of that name")
	put("rival-texts", "other", yes)
	long := base
	long.Secrets = [2]string{strings.Repeat("61", 300), strings.Repeat("61", 300)}
	put("long-secret", "same", long, "BONA-1")
	put("sign", "same", vector{SignSays: "On Sunday the anchor wears green.", Prints: [2]string{h("a"), h("b")}, Nonce: h("n")})
	text := func(change func(b []byte) []byte) vector {
		raw, err := pouch.Dearmour(Prefix, good.Texts[1])
		if err != nil {
			t.Fatal(err)
		}
		return vector{Texts: []string{pouch.Armour(Prefix, change(raw))}}
	}
	put("other-version", "refused", text(func(b []byte) []byte { b[0] = 2; return b }), "BONA-3")
	put("other-purpose", "refused", text(func(b []byte) []byte { b[2] = 3; return b }), "BONA-3")
	put("other-kind", "malformed", text(func(b []byte) []byte { b[1] = 4; return b }), "BONA-3")
	put("short", "malformed", text(func(b []byte) []byte { return b[:len(b)-1] }), "BONA-3")
	put("cut", "malformed", vector{Texts: []string{good.Texts[1][:80]}}, "BONA-3")
}
