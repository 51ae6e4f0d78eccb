package viewtest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"backchannel/internal/accord"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// Dump writes every value in v, of unexported fields as well, in a fixed order.
func Dump(v any) string {
	var b strings.Builder
	dump(&b, reflect.ValueOf(v), 0)
	return b.String()
}

// whole are types that are written down by what their methods say.
var whole = []reflect.Type{reflect.TypeFor[view.View](), reflect.TypeFor[accord.Ledger](), reflect.TypeFor[record.Projection]()}

func dump(b *strings.Builder, v reflect.Value, depth int) {
	switch {
	case !v.IsValid():
		b.WriteString("nothing")
		return
	case depth > 40:
		b.WriteString("too deep")
		return
	case slices.Contains(whole, v.Type()):
		b.WriteString(v.Type().String())
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.Kind() == reflect.Interface && !v.IsNil() {
			b.WriteString(v.Elem().Type().String())
		}
		dump(b, v.Elem(), depth+1)
	case reflect.String:
		fmt.Fprintf(b, "%q", v.String())
	case reflect.Struct:
		b.WriteByte('{')
		for i := range v.NumField() {
			if !v.Field(i).IsZero() {
				fmt.Fprintf(b, "%s:", v.Type().Field(i).Name)
				dump(b, v.Field(i), depth+1)
				b.WriteByte(' ')
			}
		}
		b.WriteByte('}')
	case reflect.Map:
		var all []string
		for i := v.MapRange(); i.Next(); {
			var one strings.Builder
			dump(&one, i.Key(), depth+1)
			one.WriteByte(':')
			dump(&one, i.Value(), depth+1)
			all = append(all, one.String())
		}
		slices.Sort(all)
		fmt.Fprintf(b, "map%v", all)
	case reflect.Slice, reflect.Array:
		list(b, v, depth)
	case reflect.Func, reflect.Chan:
		b.WriteString(v.Type().String())
	default:
		fmt.Fprintf(b, "%v", v)
	}
}

// list writes bytes as digits, so that an id is found by how it is shown.
func list(b *strings.Builder, v reflect.Value, depth int) {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		for i := range v.Len() {
			fmt.Fprintf(b, "%02x", v.Index(i).Uint())
		}
		return
	}
	b.WriteByte('[')
	for i := range v.Len() {
		dump(b, v.Index(i), depth+1)
		b.WriteByte(' ')
	}
	b.WriteByte(']')
}
