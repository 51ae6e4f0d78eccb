package casefile

import (
	"reflect"
	"strings"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/fault"
	"backchannel/internal/wire"
)

// TestConditionsAsTheyAreTyped: what is written reads back as the same.
func TestConditionsAsTheyAreTyped(t *testing.T) {
	for _, s := range []string{
		"", "release", `event "the ice is gone"`, "not release", `release and captives and event "a \"storm\""`,
		`release and (event "the ice is gone" or not event "a storm")`, "not (release or captives)",
	} {
		c, err := ReadCondition(s)
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		if got := WriteCondition(c); got != s {
			t.Errorf("%q, want %q", got, s)
		}
	}
	c, err := ReadCondition("release\nor  captives")
	if want := (accord.Condition{Op: "or", Of: []accord.Condition{{Term: "release"}, {Term: "captives"}}}); err != nil || !reflect.DeepEqual(c, want) {
		t.Error(c, err)
	}
	for s, want := range map[string]string{
		"release and": "is not a condition", "release captives": "stands behind", "a and b or c": "side by side", "(a": "bracket", "Release": "name",
		"a # b": "prose", "event": "text in quotes", strings.Repeat("(", 20) + "a": "nested", `"a`: "end on its line",
	} {
		if _, err := ReadCondition(s); !fault.Is(err, fault.Malformed) && !fault.Is(err, fault.Limit) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", s, err, want)
		}
	}
	long := "a" + strings.Repeat(" ", wire.MaxLine-1)
	if _, err := ReadCondition(long); err != nil {
		t.Error(err)
	}
	if _, err := ReadCondition(long + " "); !fault.Is(err, fault.Limit) {
		t.Error(err)
	}
}
