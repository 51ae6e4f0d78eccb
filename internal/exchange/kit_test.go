package exchange

import (
	"strings"
	"testing"
	"time"

	"backchannel/internal/accord"
	"backchannel/internal/convey"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// now is when the tests import: 1 June 2026.
var now = record.At(time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC))

func zone(t testing.TB) *time.Location {
	t.Helper()
	return time.FixedZone("+03:00", 3*3600)
}

// order is the import of a chat of the go-between's with the envoy.
func order() Order {
	return Order{Label: "chat", People: map[string]record.Name{"The Envoy": "envoy", "Me": "go-between"}}
}

// newID gives ids for one test.
func newID() func() keys.ID {
	n := byte(0)
	return func() keys.ID { n++; return keys.ID{0xfe, n} }
}

// put writes drafts by hand, as a desk would.
func put(t testing.TB, r *record.Record, at record.Instant, drafts ...record.Entry) []record.Entry {
	t.Helper()
	p, err := convey.Write(convey.Context{Record: r, Now: at, NewID: newID()}, drafts...)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range p.Entries {
		if _, err := r.Add(accord.Codec(), record.Item{Entry: e, Known: at, Came: record.ByHand()}); err != nil {
			t.Fatal(err)
		}
	}
	return p.Entries
}

// said gives the messages that the keeper sees, in their order.
func said(r *record.Record) (out []string) {
	for _, it := range r.For(r.Keeper(), record.AsOf{}).Items() {
		if m, ok := it.Body.(record.Message); ok {
			out = append(out, string(m.From)+">"+string(m.To)+": "+m.Text)
		}
	}
	return out
}

// refused checks that an error is of that id, names that line if there is one,
// and says what to do.
func refused(t *testing.T, err error, id, line string) {
	t.Helper()
	f, ok := err.(*fault.Error)
	switch {
	case !ok || f.ID != id:
		t.Errorf("%v, want %s", err, id)
	case !strings.Contains(err.Error(), line):
		t.Errorf("%q does not name %q", err, line)
	case fault.HintOf(err) == "":
		t.Errorf("%q does not say what to do", err)
	}
}
