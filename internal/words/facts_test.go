package words

import (
	"testing"

	"backchannel/internal/view"
)

// One value means different things under different keys, and each is said in
// its own words: to say of a captive who is held that a telling is held would
// be no slip of the pen.
func TestAValueIsSaidByItsKey(t *testing.T) {
	b, v := Open("en"), new(view.View)
	for _, c := range []struct{ key, value, group string }{
		{"status", "held", "status"}, {"status-before", "held", "status"}, {"sounding", "open", "sounding-state"},
		{"performance", "open", "state"}, {"performance-reported", "open", "state"}, {"would", "yes", "would"}, {"would", "no", "would"},
	} {
		want, ok := b.text(c.group+"."+c.value, nil)
		if !ok {
			t.Fatalf("%s.%s is not in the catalogue", c.group, c.value)
		}
		if got := b.value(v, view.Fact{Key: c.key, Value: c.value}); got != want {
			t.Errorf("%s %s: %q, want %q", c.key, c.value, got, want)
		}
	}
	if got := b.value(v, view.Fact{Key: "notification", Value: "held"}); got != b.T("value.held") {
		t.Errorf("a telling that is held: %q", got)
	}
}
