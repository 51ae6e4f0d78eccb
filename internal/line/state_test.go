package line

import (
	"reflect"
	"testing"

	"backchannel/internal/wire"
)

// fillMax sets every number to its largest and every byte to 0xff.
func fillMax(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fillMax(v.Field(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			fillMax(v.Index(i))
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(1<<v.Type().Bits() - 1)
	default:
		panic("a field of a kind whose bound is not known: " + v.Type().String())
	}
}

// No content of a deck can make its state larger than StateSize.
func TestStateBound(t *testing.T) {
	var st state
	fillMax(reflect.ValueOf(&st).Elem())
	n := len(wire.MustEncode(&st)) + 4
	t.Logf("largest state: %d of %d bytes", n, StateSize)
	if n > StateSize {
		t.Fatalf("%d bytes where StateSize is %d", n, StateSize)
	}
	if n < StateSize-8<<10 {
		t.Fatalf("StateSize wastes %d bytes", StateSize-n)
	}
}
