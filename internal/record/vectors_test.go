package record

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/wire"
)

var rewrite = flag.Bool("rewrite", false, "write the vectors anew")

const vectorsDir = "../../spec/vectors/record"

type entryVector struct {
	Rule    string `json:"rule"`
	Comment string `json:"comment"`
	Bytes   string `json:"bytes"` // hexadecimal
	Want    string `json:"want"`  // "ok", "malformed" or "limit"
	Kind    string `json:"kind,omitempty"`
}

// TestVectorsOfEntries is [REC-1], [REC-2], [REC-3], [REC-4], [REC-5], [REC-10] and [REC-50]:
// one vector, one failure.
func TestVectorsOfEntries(t *testing.T) {
	codec := NewCodec()
	var all []entryVector
	ok := func(rule, comment string, e Entry) {
		raw, err := codec.Encode(e)
		if err != nil {
			t.Fatal(comment, err)
		}
		all = append(all, entryVector{rule, comment, hex.EncodeToString(raw), "ok", string(e.Body.Kind())})
	}
	bad := func(rule, comment, want string, raw []byte) {
		all = append(all, entryVector{Rule: rule, Comment: comment, Bytes: hex.EncodeToString(raw), Want: want})
	}
	badEntry := func(rule, comment, want string, change func(*Entry)) {
		e := fullEntry()
		change(&e)
		raw, err := codec.Encode(e)
		if err != nil {
			t.Fatal(comment, err)
		}
		bad(rule, comment, want, raw)
	}
	ok("REC-4", "every field of the envelope and of a message", fullEntry())
	for _, b := range bodies()[1:] {
		ok("REC-7", "a body of the kind "+string(b.Kind()), Entry{ID: id(1), By: "envoy", At: 1, Body: b})
	}
	good, _ := codec.Encode(Entry{ID: id(1), By: "envoy", At: 1, Body: Rule{true}})
	bad("REC-1", "a trailing byte", "malformed", append(bytes.Clone(good), 0))
	bad("REC-1", "cut short", "malformed", good[:len(good)-1])
	bad("REC-1", "time in a longer integer than needed", "malformed", bytes.Replace(good, []byte{0x05, 0x01}, []byte{0x05, 0x18, 0x01}, 1))
	bad("REC-1", "an unknown key", "malformed", wire.MustEncode(map[int]any{1: id(1), 2: "rule", 5: 1, 16: map[int]any{1: true}, 17: 1}))
	badEntry("REC-2", "a name with a capital", "malformed", func(e *Entry) { e.SaidBy = "Envoy" })
	badEntry("REC-2", "a name of 65 bytes", "malformed", func(e *Entry) { e.SaidBy = Name(bytes.Repeat([]byte("x"), 65)) })
	badEntry("REC-2", "a name that begins with a hyphen", "malformed", func(e *Entry) { e.SaidBy = "-envoy" })
	badEntry("REC-3", "an empty reference", "malformed", func(e *Entry) { e.About = []Ref{{}} })
	badEntry("REC-4", "no id", "malformed", func(e *Entry) { e.ID = keys.ID{} })
	badEntry("REC-4", "no time", "malformed", func(e *Entry) { e.At = 0 })
	badEntry("REC-4", "an interval that ends before it begins", "malformed", func(e *Entry) { e.Said = Interval{From: 2, To: 1} })
	badEntry("REC-5", "65 names in an audience", "limit", func(e *Entry) {
		e.Audience = nil
		for range 65 {
			e.Audience = append(e.Audience, "a")
		}
	})
	bad("REC-7", "no kind", "malformed", wire.MustEncode(entryWire{ID: id(1), At: 1, Body: wire.MustEncode(1)}))
	inner := wire.MustEncode(correctionWire{Kind: KindCorrection, Now: wire.MustEncode(correctionWire{Kind: KindNote, Now: wire.MustEncode(Note{"x"})})})
	bad("REC-10", "a correction within a correction", "malformed", wire.MustEncode(entryWire{ID: id(1), Kind: KindCorrection, At: 1, Body: inner}))

	both := wire.MustEncode(correctionWire{Kind: KindNote, Now: wire.MustEncode(Note{"x"}), Withdrawn: true})
	bad("REC-50", "a correction that withdraws, and says what it should have said", "malformed", wire.MustEncode(entryWire{ID: id(1), Kind: KindCorrection, At: 1, Body: both}))
	again := wire.MustEncode(correctionWire{Kind: KindCorrection, Withdrawn: true})
	bad("REC-50", "a correction that withdraws a correction", "malformed", wire.MustEncode(entryWire{ID: id(1), Kind: KindCorrection, At: 1, Body: again}))

	path := filepath.Join(vectorsDir, "entries.json")
	if *rewrite {
		raw, err := json.MarshalIndent(all, "", "  ")
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
	var want []entryVector
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	if len(want) != len(all) || len(want) < 30 {
		t.Fatalf("%d vectors in the file, %d here", len(want), len(all))
	}
	for i, v := range want {
		if v != all[i] {
			t.Errorf("%s, %s: the file says otherwise", v.Rule, v.Comment)
		}
		check(t, codec, v)
	}
}

func check(t *testing.T, codec Codec, v entryVector) {
	t.Helper()
	raw, err := hex.DecodeString(v.Bytes)
	if err != nil {
		t.Fatal(v.Comment, err)
	}
	e, err := codec.Decode(raw)
	if err == nil {
		if e.By == "" {
			e.By = "peer"
		}
		err = e.Check()
	}
	got := "ok"
	if err != nil {
		got = string(fault.KindOf(err))
	}
	if got != v.Want {
		t.Errorf("%s, %s: %s (%v), want %s", v.Rule, v.Comment, got, err, v.Want)
	}
	if v.Want == "ok" {
		if again, err := codec.Encode(e); err != nil || !bytes.Equal(again, raw) || string(e.Body.Kind()) != v.Kind {
			t.Errorf("%s: does not encode to the same bytes", v.Comment)
		}
	}
}
