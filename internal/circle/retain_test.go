package circle

import (
	"slices"
	"testing"

	"backchannel/internal/keys"
	"backchannel/internal/record"
)

func (d *room) dooms(o Order) map[keys.ID]Doom {
	out := map[keys.ID]Doom{}
	for _, x := range d.circle().Dooms(d.ledger(), o) {
		out[x.Entry] = x
	}
	return out
}

// TestWhatIsDue is [CIR-61], [CIR-62] and [CIR-63].
func TestWhatIsDue(t *testing.T) {
	d := newRoom(t)
	m := d.hand(record.Entry{Audience: []record.Name{"official"}, Body: say("envoy", "official", record.Inform)})
	fix := d.hand(record.Entry{Corrects: m, Body: record.Correction{Now: say("envoy", "official", record.Ask)}})
	read := d.hand(record.Entry{Body: record.ReadBack{Of: m, By: "official", OK: true}})
	if len(d.dooms(Order{})) != 0 {
		t.Fatal("something is due, and nobody said so")
	}
	r := d.note(Retention{Of: m, Policy: DestroyOn, On: d.clock + 5})
	got := d.dooms(Order{})
	if x := got[m]; x.By != r || x.Stays != "" || !slices.Contains(x.Given, "official") || !slices.Equal(x.Refer, []keys.ID{read}) {
		t.Fatalf("%+v", x)
	}
	if x := got[fix]; x.With != m || len(got) != 2 {
		t.Fatalf("its correction does not go with it, or more goes: %+v", got)
	}
	hold := d.note(Retention{Of: fix, Policy: LegalHold})
	if x := d.dooms(Order{Named: []keys.ID{m}})[m]; x.Stays != StaysHeld {
		t.Fatalf("a hold on its correction does not hold it: %+v", x)
	}
	d.note(Retention{Of: fix, Policy: Keep})
	d.note(Retention{Of: m, Policy: Keep})
	d.note(Retention{Policy: DestroyOnClose})
	if len(d.dooms(Order{})) != 0 {
		t.Fatal("due before the channel was closed")
	}
	free := d.note(record.Note{Text: "free"})
	d.note(record.Close{Text: "over"})
	later := d.note(record.Note{Text: "later"})
	got = d.dooms(Order{})
	if _, goes := got[later]; goes || got[free].Stays != "" || got[read].Stays != "" {
		t.Fatalf("%+v", got)
	}
	if _, goes := got[m]; goes {
		t.Fatal("it was to be kept")
	}
	if _, due := got[hold]; due || d.dooms(Order{Named: []keys.ID{hold}})[hold].Stays != StaysRecord {
		t.Fatal("a word of retention goes")
	}
	d.note(record.Open{Text: "again"})
	if len(d.dooms(Order{})) != 0 {
		t.Fatal("due, although the channel was opened again")
	}
	if x := d.dooms(Order{Named: []keys.ID{free}, Waits: func(it record.Seen) bool { return it.ID == free }})[free]; x.Stays != StaysWaiting {
		t.Fatalf("%+v", x)
	}
}

// TestLaw5_WhatWasDestroyedForAnother is [CIR-63] and [CIR-67]: whoever was
// given an entry sees that it was destroyed here, and not why; nothing that
// comes from another desk destroys anything.
func TestLaw5_WhatWasDestroyedForAnother(t *testing.T) {
	d := newRoom(t)
	m := d.hand(record.Entry{Audience: []record.Name{"official"}, Body: say("envoy", "official", record.Inform)})
	it, _ := d.r.Get(m)
	left := record.New("envoy")
	for _, x := range d.r.Items() {
		if x.ID == m {
			x = record.Bury(x, record.Destroyed{On: 99, By: keys.ID{9}, Stood: []record.Name{"truce"}})
		}
		if _, err := left.Add(Codec(), x); err != nil {
			t.Fatal(err)
		}
	}
	if fresh, err := left.Add(Codec(), it); fresh || err != nil {
		t.Fatal("it came back", err)
	}
	seen, ok := left.For("official", record.AsOf{}).Get(m)
	if b, gone := seen.Body.(record.Destroyed); !ok || !gone || !b.By.IsZero() || b.Stood != nil {
		t.Fatalf("%+v", seen)
	}
	if _, ok := left.For("minister", record.AsOf{}).Get(m); ok {
		t.Fatal("somebody else sees that there was an entry")
	}
	if _, err := Codec().Encode(seen.Entry); err == nil {
		t.Fatal("what was destroyed is passed on")
	}
	if b, err := Codec().EncodeItem(seen.Item); err != nil {
		t.Fatal(err)
	} else if _, err := Codec().Decode(b); err == nil {
		t.Fatal("a line brings something destroyed")
	}
	d.over("official", record.Entry{Body: Retention{Of: m, Policy: DestroyOn, On: 1}})
	if len(d.dooms(Order{})) != 0 {
		t.Fatal("another desk's word destroys something here")
	}
}

// TestWhatAWordWouldDestroy is [CIR-69]: before a word of retention or a
// closing is entered, what it makes due can be seen, and nothing is changed.
func TestWhatAWordWouldDestroy(t *testing.T) {
	d := newRoom(t)
	m := d.hand(record.Entry{Body: say("envoy", "official", record.Inform)})
	other := d.note(record.Note{Text: "other"})
	if len(d.dooms(Order{Closed: true})) != 0 {
		t.Fatal("closing destroys what nobody said is to be destroyed")
	}
	if got := d.dooms(Order{If: &Retention{Of: m, Policy: DestroyOn, On: d.clock}}); len(got) != 1 || got[m].Stays != "" || !got[m].By.IsZero() {
		t.Fatalf("%+v", got)
	}
	if got := d.dooms(Order{If: &Retention{Of: m, Policy: DestroyOn, On: d.clock + 1e9}}); len(got) != 0 {
		t.Fatalf("due before its date: %+v", got)
	}
	got := d.dooms(Order{If: &Retention{Policy: DestroyOnClose}, Closed: true})
	if _, goes := got[other]; !goes || got[m].Stays != "" {
		t.Fatalf("%+v", got)
	}
	hold := d.note(Retention{Policy: LegalHold})
	if got := d.dooms(Order{If: &Retention{Of: m, Policy: DestroyOnClose}, Closed: true}); got[m].Stays != StaysHeld || hold.IsZero() {
		t.Fatalf("a hold does not hold: %+v", got)
	}
	if len(d.dooms(Order{})) != 0 {
		t.Fatal("something was entered")
	}
}

// TestWhatWasInAPouchGoesWithIt is [CIR-63]: the words and the pouch that they
// were taken from, which the desk could open again.
func TestWhatWasInAPouchGoesWithIt(t *testing.T) {
	d := newRoom(t)
	sealed := say("official", "envoy", record.Inform)
	sealed.Fidelity = record.Sealed
	pouch := d.over("official", record.Entry{Body: sealed})
	plain := say("official", "envoy", record.Inform)
	plain.Fidelity = record.Sealed
	opened := d.hand(record.Entry{SaidBy: "official", About: []record.Ref{{Entry: pouch}}, Body: plain})
	other := say("official", "envoy", record.Inform)
	free := d.hand(record.Entry{About: []record.Ref{{Entry: pouch}}, Body: other})
	for _, named := range []keys.ID{pouch, opened} {
		got := d.dooms(Order{Named: []keys.ID{named}, Only: true})
		if len(got) != 2 || got[pouch].Stays != "" || got[opened].Stays != "" || !slices.Contains(got[pouch].Refer, free) {
			t.Fatalf("%+v", got)
		}
	}
	fix := d.hand(record.Entry{Corrects: opened, Body: record.Correction{Now: plain, Reason: "misread"}})
	if got := d.dooms(Order{Named: []keys.ID{fix}, Only: true}); len(got) != 3 {
		t.Fatalf("%+v", got)
	}
	if got := d.dooms(Order{Named: []keys.ID{free}, Only: true}); len(got) != 1 {
		t.Fatalf("%+v", got)
	}
}

// TestWhoWasReadItOutHasItToo is [CIR-64]: a copy names who was given its words.
func TestWhoWasReadItOutHasItToo(t *testing.T) {
	d := newRoom(t)
	m := d.over("go-between", record.Entry{Body: say("go-between", "envoy", record.Inform)})
	for to, fidelity := range map[record.Name]record.Fidelity{"minister": record.Verbatim, "family": record.OwnView} {
		copied := say("go-between", to, record.Inform)
		copied.Fidelity = fidelity
		as := d.hand(record.Entry{Body: copied})
		d.hand(record.Entry{Body: record.Conveyance{Of: m, As: as, To: to, Step: record.Conveyed, Fidelity: fidelity, Form: record.Call}})
	}
	got := d.dooms(Order{Named: []keys.ID{m}})[m].Given
	if !slices.Contains(got, "minister") || slices.Contains(got, "family") {
		t.Fatalf("%v have it", got)
	}
}
