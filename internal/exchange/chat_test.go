package exchange

import (
	"slices"
	"strings"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/record"
)

const chat = `26/05/2025, 12:15 - The Envoy: We accept
26/05/2025, 12:15 - Me: Say it again
26/05/2025, 12:15 - The Envoy: We accept
26/05/2025, 12:16 - The Envoy: All of it
`

func TestImportIsAHandEntryOfTheKeepers(t *testing.T) {
	r := record.New("go-between")
	i, err := readWhatsApp(t, chat, AnyDates).Drafts(r, now, order())
	if err != nil {
		t.Fatal(err)
	}
	put(t, r, now, i.Drafts...)
	want := []string{"envoy>go-between: We accept", "go-between>envoy: Say it again", "envoy>go-between: We accept", "envoy>go-between: All of it"}
	if got := said(r); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	for _, it := range r.Known() {
		m := it.Body.(record.Message)
		if it.By != "go-between" || it.Came.Over() != "" || len(it.Audience) != 0 || it.Said.Zone != "+03:00" || m.Fidelity != record.Verbatim || m.Form != record.Text {
			t.Errorf("%+v", it)
		}
		if m.From == "envoy" && (it.SaidBy != "envoy" || it.HeardFrom != "envoy" || it.FirstHand()) {
			t.Errorf("the envoy's message stands as %+v", it.Entry)
		}
		if ev := it.Evidence; len(ev) != 1 || ev[0].What != record.Recording || !strings.HasPrefix(ev[0].Note, "chat export, import chat, line ") {
			t.Errorf("%+v", ev)
		}
	}
}

// TestLaw1_NoImportMovesAStance: "we accept" in a chat is a message, whatever
// it says, and the record has no act by it.
func TestLaw1_NoImportMovesAStance(t *testing.T) {
	r := record.New("go-between")
	term := accord.Term{Name: "truce", Version: 1, Sort: accord.Obligation, Debtor: "north", Action: "hostilities cease", Salt: [16]byte{1}}
	pack := accord.Package{Name: "deal", Version: 1, Terms: []accord.TermRef{term.Ref()}, Needs: []record.Name{"north"}, Salt: [16]byte{2}}
	put(t, r, now, record.Entry{Body: record.Role{Person: "envoy", Party: "north", As: record.Principal}}, record.Entry{Body: term}, record.Entry{Body: pack})
	i, err := readWhatsApp(t, chat, AnyDates).Drafts(r, now, order())
	if err != nil {
		t.Fatal(err)
	}
	for n := range i.Drafts {
		i.Drafts[n].ID[15] = byte(n) // apart from those of the kit
	}
	put(t, r, now, i.Drafts...)
	for _, it := range r.Items()[3:] {
		if it.Body.Kind() != record.KindMessage {
			t.Errorf("an import wrote a %s", it.Body.Kind())
		}
		if m := it.Body.(record.Message); m.SpeechAct != record.Inform {
			t.Errorf("an import wrote that somebody would %s", m.SpeechAct)
		}
	}
	l := accord.Read(r.For("go-between", record.AsOf{}), now)
	if s := l.Stance("north", pack.Hash()); s.Position != accord.Silent {
		t.Errorf("the north stands at %s", s.Position)
	}
}

func TestTheSameFileTwiceAddsNothing(t *testing.T) {
	r := record.New("go-between")
	c := readWhatsApp(t, chat, AnyDates)
	i, err := c.Drafts(r, now, order())
	if err != nil {
		t.Fatal(err)
	}
	put(t, r, now, i.Drafts...)
	again, err := c.Drafts(r, now+1, order())
	if err != nil || len(again.Drafts) != 0 || again.There != 4 {
		t.Errorf("%d new, %d there, %v", len(again.Drafts), again.There, err)
	}
	longer := readWhatsApp(t, "26/05/2025, 12:14 - Me: Well?\n"+chat+"26/05/2025, 12:15 - The Envoy: We accept\n", AnyDates)
	more, err := longer.Drafts(r, now+1, order())
	if err != nil || len(more.Drafts) != 2 || more.There != 4 {
		t.Errorf("%d new, %d there, %v", len(more.Drafts), more.There, err)
	}
	// Nobody else's desk and no other import has the same ids.
	other := order()
	other.Label = "other"
	j, err := c.Drafts(record.New("go-between"), now, other)
	if err != nil || j.Drafts[0].ID == i.Drafts[0].ID {
		t.Error("two imports share ids", err)
	}
	other.Label, other.People = "chat", map[string]record.Name{"The Envoy": "envoy", "Me": "colonel"}
	j, err = c.Drafts(record.New("colonel"), now, other)
	if err != nil || j.Drafts[0].ID == i.Drafts[0].ID {
		t.Error("two desks share ids", err)
	}
}

func TestImportRefusals(t *testing.T) {
	r := record.New("go-between")
	c := readWhatsApp(t, chat, AnyDates)
	i, err := c.Drafts(r, now, order())
	if err != nil {
		t.Fatal(err)
	}
	put(t, r, now, i.Drafts...)
	for name, v := range map[string]struct {
		change   func(*Order)
		id, line string
	}{
		"nobody mapped":  {func(o *Order) { o.People = nil }, "exchange.people", `"The Envoy" (line 1), "Me" (line 2)`},
		"no label":       {func(o *Order) { o.Label = "" }, "exchange.label", ""},
		"bad name":       {func(o *Order) { o.People["Me"] = "Not a name" }, "record.name", ""},
		"nobody is me":   {func(o *Order) { o.People["Me"] = "colonel" }, "exchange.whose", ""},
		"from myself":    {func(o *Order) { o.HeardFrom = "go-between" }, "exchange.heard-self", ""},
		"other people":   {func(o *Order) { o.People["The Envoy"] = "colonel" }, "exchange.changed", "line 1"},
		"to himself":     {func(o *Order) { o.People["The Envoy"] = "go-between" }, "exchange.to", "line 1"},
		"to myself":      {func(o *Order) { o.People["The Envoy"], o.People["Me"], o.HeardFrom, o.To = "a", "a", "b", "a" }, "exchange.to", "line 1"},
		"for whom is it": {func(o *Order) { o.Skip = []string{"The Envoy"} }, "exchange.to", "line 2"},
	} {
		o := order()
		v.change(&o)
		_, err := c.Drafts(r, now, o)
		t.Run(name, func(t *testing.T) { refused(t, err, v.id, v.line) })
	}
	_, err = c.Drafts(record.New("go-between"), c.Lines[3].Said.From-1, order())
	refused(t, err, "exchange.future", "line 4")
	z, err := WhatsApp(strings.NewReader(chat), now.Time().Location(), AnyDates)
	if err != nil {
		t.Fatal(err)
	}
	_, err = z.Drafts(r, now, order())
	refused(t, err, "exchange.changed", "line 1")
}

func TestAChatThatSomebodyHandedOver(t *testing.T) {
	o := Order{Label: "theirs", People: map[string]record.Name{"The Envoy": "envoy", "Me": "aide"}, HeardFrom: "aide"}
	i, err := readWhatsApp(t, chat, AnyDates).Drafts(record.New("go-between"), now, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range i.Drafts {
		m := e.Body.(record.Message)
		if e.HeardFrom != "aide" || m.From == m.To || m.To == "go-between" {
			t.Errorf("%+v", e)
		}
	}
}

func TestUndoRewritesNothing(t *testing.T) {
	r := record.New("go-between")
	c := readWhatsApp(t, chat, AnyDates)
	i, err := c.Drafts(r, now, order())
	if err != nil {
		t.Fatal(err)
	}
	put(t, r, now, i.Drafts...)
	put(t, r, now, record.Entry{Body: record.Conveyance{Of: i.Drafts[0].ID, To: "colonel", Step: record.Conveyed, Form: record.Call}},
		record.Entry{HeardFrom: "envoy", Body: record.Message{From: "envoy", To: "go-between", Form: record.Call, Fidelity: record.Paraphrase, SpeechAct: record.Inform, Text: "by hand"}})
	u, err := Undo(r, "chat", "the wrong chat")
	if err != nil || len(u.Drafts) != 4 || len(u.Passed) != 1 || u.Already != 0 {
		t.Fatalf("%+v %v", u, err)
	}
	put(t, r, now+1000, u.Drafts...)
	got := said(r)
	if len(got) != 1 || got[0] != "envoy>go-between: by hand" {
		t.Errorf("%q", got)
	}
	before := 0
	for _, it := range r.For("go-between", record.AsOf{Knew: now}).Items() {
		if _, ok := it.Body.(record.Message); ok {
			before++
		}
	}
	if before != 5 {
		t.Errorf("what was logged later changed what we knew: %d messages", before)
	}
	u, err = Undo(r, "chat", "again")
	if err != nil || len(u.Drafts) != 0 || u.Already != 4 {
		t.Errorf("%+v %v", u, err)
	}
	_, err = c.Drafts(r, now+2000, order())
	refused(t, err, "exchange.undone", "line 1")
	_, err = Undo(r, "none", "y")
	refused(t, err, "exchange.no-import", "")
}
