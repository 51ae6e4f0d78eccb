package exchange

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// filled is a go-between's record: one entry of each kind, some given to the
// envoy, some to the colonel, some to nobody.
func filled(t testing.TB) *record.Record {
	t.Helper()
	r := record.New("go-between")
	names := []record.Name{"envoy", "colonel"}
	put(t, r, 1e12,
		record.Entry{ID: keys.ID{1}, Audience: names, Body: record.Person{Name: "envoy", Title: "The envoy", Of: "north"}},
		record.Entry{ID: keys.ID{2}, Audience: names, Body: record.Party{Name: "north", Title: "The north", Side: "north"}},
		record.Entry{ID: keys.ID{3}, Body: record.Role{Person: "envoy", Party: "north", As: record.Envoy}},
		record.Entry{ID: keys.ID{4}, Body: record.Note{Text: "secret: he looked tired"}},
		record.Entry{ID: keys.ID{5}, Body: record.Rule{}},
		record.Entry{ID: keys.ID{6}, Body: record.Instruction{Holder: "envoy", Text: "secret: no more than ninety"}},
		record.Entry{ID: keys.ID{7}, Audience: names[:1], Body: record.Credential{Holder: "envoy", Party: "north", Issuer: "north", May: []record.Mandate{record.MayOffer}}},
	)
	message := func(text string) record.Message {
		return record.Message{From: "go-between", To: "envoy", Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Ask, Text: text}
	}
	term := accord.Term{Name: "truce", Version: 1, Sort: accord.Obligation, Debtor: "north", Action: "hostilities cease", By: 2e12, From: 1_900_000_000_000, Until: 2_100_000_000_000,
		Salt: [16]byte{1}, Period: accord.Range{Min: 70, Max: 90, Unit: "days"}, When: accord.Condition{Event: "the road is open"}}
	pack := accord.Package{Name: "deal", Version: 1, Terms: []accord.TermRef{term.Ref()}, Needs: []record.Name{"north"}, Lapses: 1_800_000_000_000, Salt: [16]byte{2}}
	put(t, r, 1e12+1,
		record.Entry{ID: keys.ID{10}, Audience: names[:1], Said: record.Interval{From: 9e11, To: 9e11 + 5, Zone: "+03:00"}, Body: message("Would they hear it?")},
		record.Entry{ID: keys.ID{11}, Audience: names[1:], Together: []keys.ID{{10}}, Body: message("only for the colonel")},
		record.Entry{ID: keys.ID{12}, Audience: names, Answers: keys.ID{11}, About: []record.Ref{{Entry: keys.ID{11}}, {Entry: keys.ID{10}}}, Body: message("for both"),
			Carrying: record.Carrying{Pass: record.PassVerbatim, NotBefore: 1_700_000_000_000}},
		record.Entry{ID: keys.ID{13}, Audience: names, Body: term}, record.Entry{ID: keys.ID{14}, Audience: names, Body: pack},
		record.Entry{ID: keys.ID{15}, Audience: names[:1], HeardFrom: "colonel", SaidBy: "colonel", Body: accord.Act{Party: "south", Position: accord.Accepted, On: pack.Ref()}},
		record.Entry{ID: keys.ID{16}, Body: record.Conveyance{Of: keys.ID{10}, To: "colonel", Step: record.Conveyed}},
		record.Entry{ID: keys.ID{17}, Audience: names, Body: record.Approach{Asker: "envoy", To: "colonel", Text: "May we talk?"}},
		record.Entry{ID: keys.ID{18}, Audience: names[:1], Corrects: keys.ID{10}, Body: record.Correction{Now: message("Would they hear an offer?"), Reason: "misheard"}},
		record.Entry{ID: keys.ID{19}, Audience: names[:1], Body: record.ReadBack{Of: keys.ID{10}, By: "envoy", OK: true}},
		record.Entry{ID: keys.ID{20}, Body: record.Unknown{Of: "sighting", Raw: []byte{0xa0}}},
	)
	return r
}

func exported(t testing.TB, r *record.Record, reader record.Name) []byte {
	t.Helper()
	f, err := Export(r.For(reader, record.AsOf{}), now)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestLaw5_AnExportHoldsNothingThatWasNotGiven looks for what the reader was
// not given in the bytes of his export: words, ids, names, counts.
func TestLaw5_AnExportHoldsNothingThatWasNotGiven(t *testing.T) {
	r := filled(t)
	raw := string(exported(t, r, "envoy"))
	for _, s := range []string{"only for the colonel", "secret", keys.ID{11}.String(), keys.ID{16}.String(), keys.ID{4}.String(), "sighting", "audience", "known", "number"} {
		if strings.Contains(raw, s) {
			t.Errorf("the envoy's export has %q", s)
		}
	}
	for _, s := range []string{"Would they hear it?", "Would they hear an offer?", "for both", keys.ID{18}.String()} {
		if !strings.Contains(raw, s) {
			t.Errorf("the envoy's export lacks %q", s)
		}
	}
	// It is the same as if the rest had never been.
	alone := record.New("go-between")
	for _, it := range r.Known() {
		if r.GivenTo(it, "envoy") {
			if _, err := alone.Add(accord.Codec(), it); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := string(exported(t, alone, "envoy")); got != raw {
		t.Error("what the envoy was not given changes a byte of his export")
	}
	for _, reader := range []record.Name{"nobody", "north"} {
		_, err := Export(r.For(reader, record.AsOf{}), now)
		refused(t, err, "exchange.nothing-given", "")
	}
}

// TestLaw5_ACorrectionNamesNothingWithheld: what an entry should have said may
// refer to an entry that its reader was not given.
func TestLaw5_ACorrectionNamesNothingWithheld(t *testing.T) {
	r := record.New("go-between")
	m := record.Message{From: "go-between", To: "envoy", Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Deny, Text: "never said"}
	now := m
	now.Denies = keys.ID{9}
	put(t, r, 1e12, record.Entry{ID: keys.ID{9}, Body: record.Note{Text: "withheld"}},
		record.Entry{ID: keys.ID{1}, Audience: []record.Name{"envoy"}, Body: m},
		record.Entry{ID: keys.ID{2}, Audience: []record.Name{"envoy"}, Corrects: keys.ID{1}, Body: record.Correction{Now: now}})
	if raw := string(exported(t, r, "envoy")); strings.Contains(raw, keys.ID{9}.String()) || !strings.Contains(raw, keys.ID{2}.String()) {
		t.Error(raw)
	}
}

func TestLaw5_AnExportIsTheSameWhateverOthersAreGiven(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		all, alone := record.New("go-between"), record.New("go-between")
		ids := []keys.ID{}
		for i := range rapid.IntRange(1, 12).Draw(rt, "entries") {
			id := keys.ID{0xaa, byte(i)}
			e := record.Entry{ID: id, By: "go-between", At: record.Instant(1000 + i), Body: record.Message{
				From: "go-between", To: "envoy", Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Ask, Text: fmt.Sprint("words ", i),
			}}
			if rapid.Bool().Draw(rt, "envoy") {
				e.Audience = append(e.Audience, "envoy")
			}
			if rapid.Bool().Draw(rt, "colonel") {
				e.Audience = append(e.Audience, "colonel")
			}
			if len(ids) > 0 {
				e.Answers = rapid.SampledFrom(ids).Draw(rt, "answers")
				e.Together = []keys.ID{rapid.SampledFrom(ids).Draw(rt, "together")}
			}
			ids = append(ids, id)
			it := record.Item{Entry: e, Known: e.At, Came: record.ByHand()}
			if _, err := all.Add(accord.Codec(), it); err != nil {
				rt.Fatal(err)
			}
			if slices.Contains(e.Audience, "envoy") {
				if _, err := alone.Add(accord.Codec(), it); err != nil {
					rt.Fatal(err)
				}
			}
		}
		a, errA := Export(all.For("envoy", record.AsOf{}), now)
		b, errB := Export(alone.For("envoy", record.AsOf{}), now)
		x, _ := json.Marshal(a)
		y, _ := json.Marshal(b)
		if !bytes.Equal(x, y) || (errA == nil) != (errB == nil) {
			rt.Fatalf("%s\n%s", x, y)
		}
	})
}

func take() Take {
	return Take{Order: Order{Label: "from-envoy", HeardFrom: "envoy", People: map[string]record.Name{"go-between": "host", "colonel": "colonel", "envoy": "envoy"}}}
}

func TestAnExportGoesInAtAnotherDesk(t *testing.T) {
	f, err := ReadRecord(bytes.NewReader(exported(t, filled(t), "envoy")))
	if err != nil {
		t.Fatal(err)
	}
	r := record.New("minister")
	o := take()
	i, err := f.Drafts(r, now, o)
	if err != nil {
		t.Fatal(err)
	}
	put(t, r, now, i.Drafts...)
	want := []string{"host>envoy: Would they hear an offer?", "host>envoy: for both"}
	if got := said(r); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	for _, it := range r.Known() {
		if it.By != "minister" || it.HeardFrom != "envoy" || it.FirstHand() || it.Evidence[0].What != record.UnsignedDoc || len(it.Audience) > 0 {
			t.Errorf("%+v", it.Entry)
		}
		if m, ok := it.Body.(record.Message); ok && m.Text == "for both" {
			if it.Carrying.Pass != record.PassVerbatim || len(it.About) != 1 || it.About[0].Entry != i.Drafts[0].ID || !it.Answers.IsZero() {
				t.Errorf("%+v", it.Entry)
			}
		}
	}
	left := map[string]int{}
	for _, l := range i.Left {
		left[l.Why]++
	}
	for _, k := range []string{"person", "party", "credential", "act", "read-back", "correction", "term", "package"} {
		if left[k] == 0 {
			t.Errorf("a %s was not left out: %v", k, left)
		}
	}
	again, err := f.Drafts(r, now+1, o)
	if err != nil || len(again.Drafts) != 0 || again.There != 3 {
		t.Errorf("%+v %v", again, err)
	}
	u, err := Undo(r, "from-envoy", "why")
	if err != nil || len(u.Drafts) != 3 {
		t.Errorf("%+v %v", u, err)
	}
	o.Texts, o.Label = true, "with-texts"
	if i, err = f.Drafts(r, now, o); err != nil || len(i.Drafts) != 5 {
		t.Errorf("with texts %d, %v", len(i.Drafts), err)
	}
	put(t, r, now+1000, i.Drafts...)
	if l := accord.Read(r.For("minister", record.AsOf{}), now+1000); len(l.Terms()) != 1 || len(l.Packages()) != 1 {
		t.Fatal("the texts did not come in")
	}
	if u, err = Undo(r, "with-texts", "why"); err != nil || len(u.Drafts) != 5 || len(u.Kept) != 0 {
		t.Fatalf("%+v %v", u, err)
	}
	put(t, r, now+2000, u.Drafts...)
	if l := accord.Read(r.For("minister", record.AsOf{}), now+2000); len(l.Terms()) != 0 || len(l.Packages()) != 0 {
		t.Error("texts that were taken back are counted")
	}
	if l := accord.Read(r.For("minister", record.AsOf{Knew: now + 1000}), now+2000); len(l.Packages()) != 1 {
		t.Error("what was logged later changed what we knew")
	}
}

func TestWhatIsHereAlreadyStaysAsItCame(t *testing.T) {
	r := filled(t)
	f, err := ReadRecord(bytes.NewReader(exported(t, r, "envoy")))
	if err != nil {
		t.Fatal(err)
	}
	i, err := f.Drafts(r, now, take())
	if err != nil || len(i.Drafts) != 0 || i.There != len(f.entries) {
		t.Errorf("%d new, %d there, %v", len(i.Drafts), i.There, err)
	}
}

func TestRecordRefusals(t *testing.T) {
	raw := string(exported(t, filled(t), "envoy"))
	for _, c := range []struct{ from, to, id string }{
		{"backchannel-record/1", "backchannel-record/9", "exchange.format"},
		{`"kind":"message"`, `"kind":"message","mood":1`, "exchange.json-field"},
		{`"text":"for both"`, `"text":7`, "exchange.json-field"},
		{keys.ID{12}.String(), keys.ID{10}.String(), "exchange.entry-id"},
		{`"at":"2001`, `"at":"20x1`, "exchange.entry-time"},
		{`"fidelity":"verbatim"`, `"fidelity":"roughly"`, "exchange.line"},
		{"hostilities cease", "hostilities go on", "exchange.entry-hash"},
		{raw, "", "exchange.empty"},
		{raw, "[]", "exchange.format"},
		{raw, `{"format":"backchannel-record/1","entries":[{]}`, "exchange.json"},
	} {
		bad := strings.Replace(raw, c.from, c.to, 1)
		if c.id == "exchange.entry-time" || c.id == "exchange.line" {
			bad = strings.ReplaceAll(raw, c.from, c.to)
		}
		o := take()
		o.Texts = true
		f, err := ReadRecord(strings.NewReader(bad))
		if err == nil {
			_, err = f.Drafts(record.New("minister"), now, o)
		}
		line := "line 1"
		if c.id == "exchange.empty" {
			line = ""
		}
		refused(t, err, c.id, line)
	}
	f, err := ReadRecord(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	o := take()
	o.People = nil
	_, err = f.Drafts(record.New("minister"), now, o)
	refused(t, err, "exchange.people", "line 1")
	o.HeardFrom = ""
	_, err = f.Drafts(record.New("minister"), now, o)
	refused(t, err, "exchange.handed", "")
}

func FuzzRecord(f *testing.F) {
	f.Add(string(exported(f, filled(f), "envoy")))
	f.Add(`{"format":"backchannel-record/1","entries":[]}`)
	f.Fuzz(func(t *testing.T, text string) {
		in, err := ReadRecord(strings.NewReader(text))
		if err != nil {
			return
		}
		r := record.New("minister")
		o := take()
		o.Texts = true
		i, err := in.Drafts(r, now, o)
		if err != nil {
			return
		}
		for _, e := range i.Drafts {
			if k := e.Body.Kind(); k != record.KindMessage && k != record.KindApproach && k != accord.KindTerm && k != accord.KindPackage {
				t.Fatalf("a file wrote a %s", k)
			}
		}
		put(t, r, now, i.Drafts...)
		if again, err := in.Drafts(r, now, o); err != nil || len(again.Drafts) > 0 {
			t.Fatalf("the second time %d are new, %v", len(again.Drafts), err)
		}
	})
}

func TestCalendar(t *testing.T) {
	r := filled(t)
	dates := Dates(r.For("go-between", record.AsOf{}), now)
	var kinds []string
	for _, d := range dates {
		kinds = append(kinds, string(d.What))
	}
	if want := []string{"due", "begins", "ends", "lapses", "not-before"}; !slices.Equal(kinds, want) {
		t.Errorf("%v", kinds)
	}
	if got := Dates(r.For("envoy", record.AsOf{}), now); len(got) != 4 {
		t.Errorf("%v", got)
	}
	long := strings.Repeat("äö, ", 40) + "end;\\\nsecond \x07line"
	ics := string(Calendar(dates, now, func(d Date) string { return long }))
	var unfolded strings.Builder
	for line := range strings.Lines(ics) {
		if !strings.HasSuffix(line, "\r\n") || len(line) > 77 || strings.ContainsRune(line, '\ufffd') {
			t.Fatalf("%q", line)
		}
		if rest, ok := strings.CutPrefix(line, " "); ok {
			unfolded.WriteString(strings.TrimSuffix(rest, "\r\n"))
			continue
		}
		unfolded.WriteString("\n" + strings.TrimSuffix(line, "\r\n"))
	}
	flat := unfolded.String()
	if want := "\nSUMMARY:" + strings.Repeat(`äö\, `, 40) + `end\;\\\nsecond line` + "\n"; strings.Count(flat, want) != 5 {
		t.Errorf("%s", flat)
	}
	if !strings.HasPrefix(flat, "\nBEGIN:VCALENDAR\nVERSION:2.0\nPRODID:") || !strings.HasSuffix(flat, "\nEND:VCALENDAR") || strings.Count(flat, "\nBEGIN:VEVENT\n") != 5 {
		t.Errorf("%s", flat)
	}
	for _, s := range []string{"DTSTART:20330518T033320Z", "CLASS:PRIVATE", "DTSTAMP:20260601T120000Z"} {
		if !strings.Contains(flat, s) {
			t.Errorf("no %s", s)
		}
	}
	if strings.Contains(flat, "truce") || strings.Contains(flat, keys.ID{13}.Short()) {
		t.Error("the calendar names what the summary does not")
	}
	if string(Calendar(dates, now, func(Date) string { return long })) != ics {
		t.Error("the same calendar is written in two ways")
	}
}
