package words

import (
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/record"
)

// TestConditionsInWords: a denied "any of" is told part by part.
func TestConditionsInWords(t *testing.T) {
	term := func(s string) accord.Condition { return accord.Condition{Term: "t-" + record.Name(s)} }
	event := func(s string) accord.Condition { return accord.Condition{Event: s} }
	op := func(s string, of ...accord.Condition) accord.Condition { return accord.Condition{Op: s, Of: of} }
	for _, c := range []struct {
		lang string
		when accord.Condition
		want string
	}{
		{"en", term("a"), "once t-a is carried out"},
		{"en", op("not", term("a")), "as long as t-a is not carried out"},
		{"en", op("and", term("a"), op("or", event("x y"), op("not", event("z")))), "once t-a is carried out, and (if this happens: “x y”, or unless this happens: “z”)"},
		{"en", op("not", op("or", term("a"), event("z"))), "as long as t-a is not carried out, and unless this happens: “z”"},
		{"en", op("not", op("and", term("a"), op("not", term("b")))), "as long as t-a is not carried out, or once t-b is carried out"},
		{"ru", op("or", term("a"), event("z")), "после исполнения t-a, или если произойдёт: «z»"},
		{"ar", op("not", event("z")), "ما لم يحدث هذا: «z»"},
	} {
		if got := isolates.Replace(Open(c.lang).Condition(c.when)); got != c.want {
			t.Errorf("%s: %q, want %q", c.lang, got, c.want)
		}
	}
}
