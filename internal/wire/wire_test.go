package wire

import (
	"bytes"
	"strings"
	"testing"

	"backchannel/internal/fault"
)

type pair struct {
	A int    `cbor:"1,keyasint"`
	B string `cbor:"2,keyasint,omitempty"`
}

func TestDecodeAcceptsOnlyTheOneEncoding(t *testing.T) {
	good := MustEncode(pair{A: 1, B: "x"})
	var p pair
	if err := Decode(good, 100, &p); err != nil || p.B != "x" {
		t.Fatalf("own encoding refused: %v %v", p, err)
	}
	for name, bad := range map[string][]byte{
		"empty":             {},
		"cut":               good[:len(good)-1],
		"trailing":          append(bytes.Clone(good), 0),
		"keys out of order": {0xa2, 0x02, 0x61, 'x', 0x01, 0x01},
		"long integer":      {0xa2, 0x01, 0x18, 0x01, 0x02, 0x61, 'x'},
		"duplicate key":     {0xa2, 0x01, 0x01, 0x01, 0x02},
		"unknown field":     {0xa1, 0x09, 0x01},
		"indefinite":        {0xbf, 0x01, 0x01, 0xff},
		"tag":               {0xc1, 0xa1, 0x01, 0x01},
		"bad utf-8":         {0xa2, 0x01, 0x01, 0x02, 0x61, 0xff},
	} {
		if err := Decode(bad, 100, &p); !fault.Is(err, fault.Malformed) {
			t.Errorf("%s: got %v, want malformed", name, err)
		}
	}
}

func TestBoundOnForeignBytes(t *testing.T) {
	b := MustEncode(pair{A: 1, B: strings.Repeat("x", 50)})
	var p pair
	if err := Decode(b, len(b), &p); err != nil {
		t.Errorf("at the bound: %v", err)
	}
	if err := Decode(b, len(b)-1, &p); !fault.Is(err, fault.Limit) {
		t.Errorf("above the bound: %v", err)
	}
}

func TestBoundOnDepth(t *testing.T) {
	nest := func(n int) []byte { return append(bytes.Repeat([]byte{0x81}, n), 0x01) }
	if err := CheckRaw(nest(MaxDepth)); err != nil {
		t.Errorf("at the bound: %v", err)
	}
	if err := CheckRaw(nest(MaxDepth + 1)); !fault.Is(err, fault.Malformed) {
		t.Errorf("above the bound: %v", err)
	}
}

func FuzzDecodeReencodes(f *testing.F) {
	f.Add(MustEncode(pair{A: 1, B: "x"}))
	f.Add([]byte{0xa1, 0x01, 0x18, 0x01})
	f.Fuzz(func(t *testing.T, b []byte) {
		var p pair
		if Decode(b, 1<<16, &p) == nil && !bytes.Equal(MustEncode(p), b) {
			t.Fatal("accepted bytes that encode otherwise")
		}
	})
}
