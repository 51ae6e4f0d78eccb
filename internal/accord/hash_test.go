package accord

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/wire"
)

var rewrite = flag.Bool("rewrite", false, "write the vectors anew")

const vectors = "../../spec/vectors/record"

// fullTerm has a value in every field.
func fullTerm() Term {
	return Term{
		Name: "guarantee", Version: 2, Sort: Guarantee, Debtor: "host", Creditor: "movement", Of: "power", Action: "hostilities do not resume",
		Effort: true, Quantity: []Range{{5, 10, "living captives"}, {19, 19, "bodies"}}, Period: Range{70, 90, "days"}, Persons: []record.Name{"captive"},
		When:    Condition{Op: "and", Of: []Condition{{Term: "release"}, {Op: "not", Of: []Condition{{Event: "talks end"}}}}},
		Against: []record.Name{"captives"}, By: 1747000000000, Place: "the crossing", Covers: []record.Name{"ceasefire"}, Trigger: "fire is opened",
		Response: "the host calls both", Monitor: "second-host", From: 1747000000000, Until: 1755000000000, Text: "Hostilities do not resume.",
		Lang: "en", Benefits: []record.Name{"movement"}, Needs: []record.Name{"ally"}, Replaces: keys.Hash{1}, Within: Range{5, 10, "days"}, Zone: "+03:00", Salt: salt(9),
	}
}

func fullPackage() Package {
	a, b, p := truce()
	p.Terms = append(p.Terms, fullTerm().Ref())
	p.Parts, p.Replaces, p.Lapses, p.ReceiptBy, p.Text, p.Lang = true, keys.Hash{2}, 1755000000000, "power", "The truce.", "en"
	_, _ = a, b
	return p
}

type hashVector struct {
	Comment string `json:"comment"`
	Kind    string `json:"kind"`
	Entry   string `json:"encoding"` // hexadecimal, deterministic CBOR
	Hash    string `json:"hash"`
}

// TestVectorsOfHashes is [REC-20], [REC-21], [REC-22] and [REC-23]: the hashes of spec/record.md, as
// files that another program can check itself against.
func TestVectorsOfHashes(t *testing.T) {
	a, b, p := truce()
	many := p
	many.Terms = nil
	for i := range 17 {
		x := obligation(record.Name("term-"+string(rune('a'+i))), "power")
		many.Terms = append(many.Terms, x.Ref())
	}
	all := []hashVector{
		vectorOf("the least that a term can have", a, a.Hash()),
		vectorOf("another debtor", b, b.Hash()),
		vectorOf("a term with every field", fullTerm(), fullTerm().Hash()),
		vectorOf("two terms", p, p.Hash()),
		vectorOf("a package with every field", fullPackage(), fullPackage().Hash()),
		vectorOf("seventeen terms", many, many.Hash()),
	}
	path := filepath.Join(vectors, "hashes.json")
	if *rewrite {
		raw, err := json.MarshalIndent(all, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(vectors, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(raw, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var want []hashVector
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(all, want) {
		t.Fatal("the hashes differ from spec/vectors/record/hashes.json: a hash that people have accepted must not change")
	}
}

func vectorOf(comment string, b record.Body, h keys.Hash) hashVector {
	raw := wire.MustEncode(b)
	return hashVector{comment, string(b.Kind()), hexOf(raw), h.String()}
}

func hexOf(b []byte) string {
	const digits = "0123456789abcdef"
	out := make([]byte, 0, 2*len(b))
	for _, c := range b {
		out = append(out, digits[c>>4], digits[c&15])
	}
	return string(out)
}

// TestEveryFieldIsHashed changes each field of a term and of a package in turn,
// those that will be added later included.
//
// It is [REC-24].
func TestEveryFieldIsHashed(t *testing.T) {
	each := func(name string, base reflect.Value, hash func(reflect.Value) keys.Hash) {
		was := hash(base)
		seen := map[keys.Hash]string{was: "nothing"}
		for i := range base.NumField() {
			for _, change := range changes(base.Field(i)) {
				v := reflect.New(base.Type()).Elem()
				v.Set(base)
				v.Field(i).Set(change)
				h := hash(v)
				field := base.Type().Field(i).Name
				if other, taken := seen[h]; taken && other != field {
					t.Errorf("%s: changing %s hashes like changing %s", name, field, other)
				}
				seen[h] = field
			}
		}
	}
	each("term", reflect.ValueOf(fullTerm()), func(v reflect.Value) keys.Hash { return v.Interface().(Term).Hash() })
	each("package", reflect.ValueOf(fullPackage()), func(v reflect.Value) keys.Hash { return v.Interface().(Package).Hash() })
}

// changes gives other values for a field: empty, altered, and for lists also
// shortened, and with their first element altered.
func changes(v reflect.Value) []reflect.Value {
	out := []reflect.Value{reflect.Zero(v.Type()), altered(v)}
	if v.Kind() == reflect.Slice && v.Len() > 0 {
		first := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(first, v)
		first.Index(0).Set(altered(v.Index(0)))
		out = append(out, first)
	}
	return out
}

func altered(v reflect.Value) reflect.Value {
	n := reflect.New(v.Type()).Elem()
	n.Set(v)
	switch v.Kind() {
	case reflect.String:
		n.SetString(v.String() + "x")
	case reflect.Int, reflect.Int64:
		n.SetInt(v.Int() + 1)
	case reflect.Bool:
		n.SetBool(!v.Bool())
	case reflect.Slice:
		n = reflect.AppendSlice(reflect.MakeSlice(v.Type(), 0, v.Len()+1), v)
		last := reflect.New(v.Type().Elem()).Elem()
		if v.Len() > 0 {
			last = altered(v.Index(v.Len() - 1))
		}
		n = reflect.Append(n, last)
	case reflect.Array:
		n.Index(0).SetUint(n.Index(0).Uint() ^ 0xff)
	case reflect.Struct:
		n.Field(0).Set(altered(v.Field(0)))
	}
	return n
}

// Somebody who knows the salt must not be able to pass a pad for a term.
func TestPadIsNoTerm(t *testing.T) {
	_, _, p := truce()
	was := p.Hash()
	pad := p.node(nil, 0, 2)
	p.Terms = append(p.Terms, TermRef{"ghost", 1, pad})
	if p.Hash() == was {
		t.Fatal("a package with one more term has the same hash")
	}
	_, _, q := truce()
	q.Terms[0].Name = "aid"
	if q.Hash() == was {
		t.Fatal("a package whose term is called otherwise has the same hash")
	}
}

// TestHashOfThePackageFromTheSpec follows section 4 of spec/record.md by hand,
// with nothing of hash.go but the encoding.
func TestHashOfThePackageFromTheSpec(t *testing.T) {
	h := func(parts ...[]byte) []byte {
		var in []byte
		for _, p := range parts {
			in = append(in, 0, 0, 0, 0, 0, 0, byte(len(p)>>8), byte(len(p)))
			in = append(in, p...)
		}
		sum := sha256.Sum256(in)
		return sum[:]
	}
	a, b, p := truce()
	salt, level, draw := p.Salt[:], make([][]byte, 4096), byte(0)
	for i, x := range []Term{a, b} {
		term := h([]byte("backchannel term v1"), wire.MustEncode(x))
		if got := p.Terms[i].Hash; !bytes.Equal(got[:], term) {
			t.Fatalf("term %s: %x", x.Name, term)
		}
		slot := -1
		for slot < 0 || level[slot] != nil {
			d := h([]byte("backchannel slot v2"), salt, []byte{0, 0, 0, draw})
			slot, draw = int(d[0]&0x0f)<<8|int(d[1]), draw+1
		}
		blind := h([]byte("backchannel blind v2"), salt, []byte{byte(slot >> 8), byte(slot)})
		level[slot] = h([]byte("backchannel leaf v2"), blind, wire.MustEncode(map[int]any{1: string(x.Name), 2: x.Version, 3: term}))
	}
	for height := byte(0); ; height++ {
		empty := make([]bool, len(level))
		for i := range level {
			if empty[i] = level[i] == nil; empty[i] {
				level[i] = h([]byte("backchannel pad v2"), salt, []byte{height}, []byte{byte(i >> 8), byte(i)})
			}
		}
		if len(level) == 1 {
			break
		}
		up := make([][]byte, len(level)/2)
		for i := range up {
			if !empty[2*i] || !empty[2*i+1] {
				up[i] = h([]byte("backchannel node v2"), level[2*i], level[2*i+1])
			}
		}
		level = up
	}
	head := h([]byte("backchannel head v2"), wire.MustEncode(map[int]any{1: "truce", 2: 1, 3: nil, 4: []string{"movement", "power"}, 11: salt}))
	want := h([]byte("backchannel package v2"), head, level[0])
	if got := p.Hash(); !bytes.Equal(got[:], want) {
		t.Fatalf("got %x, want %x", got, want)
	}
}
