package viewtest

import (
	"fmt"
	"reflect"
	"strings"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/wire"
)

// MarkWord stands in every text and name that Mark marked, and MarkNumber
// begins every number.
const (
	MarkWord   = "zqx"
	MarkNumber = "6006613"
	number     = 6_006_613_000_000 // a moment in 2160
)

// Hidden is what must not be in what a reader is shown: marks, and the ids of
// entries.
type Hidden struct{ ids map[string]bool }

// Add adds the id of an entry.
func (h *Hidden) Add(id keys.ID) {
	if h.ids == nil {
		h.ids = map[string]bool{}
	}
	h.ids[id.Short()] = true
}

// In gives something hidden that text contains, or "". An id is found by its
// first eight digits, which is the least that is ever shown of one.
func (h *Hidden) In(text string) string {
	for _, s := range []string{MarkWord, MarkNumber, "2160-"} {
		if strings.Contains(text, s) {
			return s
		}
	}
	run := 0
	for i := range len(text) {
		c := text[i]
		if c < '0' || c > '9' && c < 'a' || c > 'f' {
			run = 0
			continue
		}
		if run++; run >= 8 && h.ids[text[i-7:i+1]] {
			return text[i-7 : i+1]
		}
	}
	return ""
}

// Mark puts a mark into every text, name and number of an entry, wherever its
// type has one. Who wrote it, who is given it and what it refers to stay.
func Mark(e record.Entry, n int) record.Entry {
	by, audience, id := e.By, e.Audience, e.ID
	body := reflect.New(reflect.TypeOf(e.Body)).Elem()
	body.Set(reflect.ValueOf(e.Body))
	if c, ok := e.Body.(record.Correction); ok {
		now := reflect.New(reflect.TypeOf(c.Now)).Elem()
		now.Set(reflect.ValueOf(c.Now))
		marked(now, n)
		body.Set(reflect.ValueOf(record.Correction{Now: now.Interface().(record.Body), Reason: MarkWord}))
	} else {
		marked(body, n)
	}
	env := reflect.ValueOf(&e).Elem()
	for i := range env.NumField() {
		if env.Type().Field(i).Name != "Body" {
			marked(env.Field(i), n)
		}
	}
	e.By, e.Audience, e.ID, e.Body = by, audience, id, body.Interface().(record.Body)
	return e
}

func marked(v reflect.Value, n int) {
	if v.IsZero() {
		return // what is empty stays empty: some kinds may not have it
	}
	switch v.Type() {
	case reflect.TypeFor[wire.Raw]():
		v.Set(reflect.ValueOf(wire.MustEncode(MarkWord)))
		return
	case reflect.TypeFor[keys.ID](), reflect.TypeFor[keys.Hash]():
		return
	case reflect.TypeFor[[]byte](): // a key or a signature keeps its length
		v.SetBytes([]byte(strings.Repeat(MarkWord, v.Len()))[:v.Len()])
		return
	case reflect.TypeFor[record.Interval]():
		v.Set(reflect.ValueOf(record.Moment(record.Instant(number + n))))
		return
	case reflect.TypeFor[accord.Range]():
		v.Set(reflect.ValueOf(accord.Range{Min: number, Max: number + int64(n), Unit: MarkWord}))
		return
	case reflect.TypeFor[accord.Condition]():
		v.Set(reflect.ValueOf(accord.Condition{Event: MarkWord}))
		return
	}
	switch v.Kind() {
	case reflect.String:
		closed := v.Type() != reflect.TypeFor[string]() && v.Type() != reflect.TypeFor[record.Name]()
		if !closed { // a word of a fixed list says nothing that could be marked
			v.SetString(fmt.Sprintf("%s-%d", MarkWord, n))
		}
	case reflect.Int, reflect.Int64:
		v.SetInt(number + int64(n))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				marked(v.Field(i), n)
			}
		}
	case reflect.Slice:
		list := reflect.MakeSlice(v.Type(), min(v.Len(), 1), min(v.Len(), 1))
		reflect.Copy(list, v)
		v.Set(list)
		for i := range v.Len() {
			marked(v.Index(i), n)
		}
	}
}
