package line

import (
	"bytes"
	"reflect"
	"testing"

	"backchannel/internal/fault"
	"backchannel/internal/wire"
)

// fillState sets every field of a value to something, and every number and byte to
// another than the one before it.
func fillState(v reflect.Value, n *uint64) {
	*n++
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fillState(v.Field(i), n)
		}
	case reflect.Array:
		for i := range v.Len() {
			fillState(v.Index(i), n)
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(*n % (1<<v.Type().Bits() - 1))
	default:
		panic("a field of a kind that the state has no place for: " + v.Type().String())
	}
}

// Every field of a state is stored and comes back, and all of them have room.
func TestStateKeepsEveryField(t *testing.T) {
	var st state
	n := uint64(0)
	fillState(reflect.ValueOf(&st).Elem(), &n)
	st.Version = stateVersion
	c := coder{b: make([]byte, StateSize), put: true}
	st.code(&c)
	got, err := decodeState(c.b)
	must(t, err)
	if !reflect.DeepEqual(*got, st) {
		t.Fatal("a field does not come back: is it missing in code?")
	}
	t.Logf("%d of %d bytes are used", c.at, StateSize)
	if c.at < StateSize-16<<10 {
		t.Fatalf("StateSize wastes %d bytes", StateSize-c.at)
	}
	filler := 1 + 32 + 8*3 + 4 + 32 + len(st.Dummy.Ek) + len(st.Dummy.Ct) + 40
	for name, at := range map[string]int{"no bool": filler, "behind the end": StateSize - 1, "version": 0} {
		b := bytes.Clone(c.b)
		b[at] = 7
		if _, err := decodeState(b); !fault.Is(err, fault.Corrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A state of version 1 is read, and written again as it is written now.
func TestStateOfVersionOne(t *testing.T) {
	w := newWorld(t, "ann", "bob")
	a, b := w.desks[0], w.desks[1]
	la, lb := w.open(a, b)
	st := a.d.stored()
	st.Version = 1
	old := make([]byte, StateSize)
	enc := wire.MustEncode(&st)
	copy(old, be32(uint32(len(enc))))
	copy(old[4:], enc)
	a.disk.state = old
	a.reopen()
	a.say(la, Text, []byte("still here"))
	w.until(40, "the text", func() bool { return len(b.received(lb, Text)) == 1 })
}
