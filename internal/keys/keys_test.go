package keys

import (
	"bytes"
	"strings"
	"testing"
)

func TestWordsAreDistinctAndOrdered(t *testing.T) {
	seen := map[string]bool{}
	for v := range 1 << BitsPerWord {
		b := []byte{byte(v >> 3), byte(v << 5)}
		w := Words(b, 1)[0]
		if len(w) != 4 || seen[w] {
			t.Fatalf("word %d: %q is not new", v, w)
		}
		seen[w] = true
	}
}

// The bits are 00000000000, 11111111111 = 2047 = ((14·3+0)·16+10)·3+1, 11100000000.
func TestWordsKnown(t *testing.T) {
	got := strings.Join(Words([]byte{0x00, 0x1f, 0xff, 0x80}, 3), " ")
	if got != "baba yari tiji" {
		t.Fatalf("got %q", got)
	}
}

func TestIDText(t *testing.T) {
	id, err := NewID(bytes.NewReader(bytes.Repeat([]byte{0xab}, 16)))
	if err != nil {
		t.Fatal(err)
	}
	b, _ := id.MarshalText()
	var back ID
	if err := back.UnmarshalText(b); err != nil || back != id {
		t.Fatalf("%v %v", back, err)
	}
	if back.UnmarshalText([]byte("zz")) == nil {
		t.Fatal("accepted a short, foreign id")
	}
	if _, err := NewID(bytes.NewReader(nil)); err == nil {
		t.Fatal("an id without randomness")
	}
}
