package exchange

import (
	"strings"
	"testing"

	"backchannel/internal/record"
)

const signal = `[
 {"type": "incoming", "sent_at": 1748250903000, "sourceServiceId": "0a1b", "body": "Hello", "conversationId": "c"},
 {"type": "keychange", "sent_at": 1748250904000},
 {"type": "outgoing", "timestamp": 1748250905000, "body": "Good day"},
 {"type": "incoming", "sent_at": 1748250906000, "source": "+000", "body": null, "attachments": [{"fileName": "a"}]},
 {"type": "incoming", "sent_at": 1748250907000, "author": "The Envoy", "body": "Changed", "editHistory": [{}]},
 {"type": "incoming", "sent_at": 1748250908000, "author": "The Envoy", "body": ""}
]`

func TestSignalReadsItsShapes(t *testing.T) {
	lines := strings.ReplaceAll(strings.Trim(signal, "[]\n"), "},\n", "}\n")
	for name, text := range map[string]string{"list": signal, "object": `{"version": 1, "messages": ` + signal + `, "more": {}}`, "lines": lines} {
		c, err := Signal(strings.NewReader(text), zone(t))
		if err != nil || len(c.Lines) != 4 || len(c.Left) != 2 {
			t.Fatalf("%s: %+v %v", name, c, err)
		}
		o := Order{Label: "signal", People: map[string]record.Name{"0a1b": "envoy", "+000": "envoy", "The Envoy": "envoy"}}
		r := record.New("go-between")
		i, err := c.Drafts(r, now, o)
		if err != nil || len(i.Drafts) != 4 {
			t.Fatalf("%s: %v", name, err)
		}
		put(t, r, now, i.Drafts...)
		if got := said(r); got[1] != "go-between>envoy: Good day" {
			t.Errorf("%s: %q", name, got)
		}
		if c.Lines[2].Mark != Media || c.Lines[3].Mark != Edited || c.Lines[0].Said.From != 1748250903000 {
			t.Errorf("%s: %+v", name, c.Lines)
		}
	}
	if c, err := Signal(strings.NewReader(signal), zone(t)); err != nil || c.Lines[1].N != 4 {
		t.Errorf("the third message stands on line %d", c.Lines[1].N)
	}
}

func TestSignalRefusals(t *testing.T) {
	good := `{"type":"incoming","sent_at":1748250903000,"author":"A","body":"x"}`
	for _, c := range []struct{ text, id, line string }{
		{"", "exchange.empty", ""},
		{"[]", "exchange.empty", ""},
		{"[" + good + ",\n{]", "exchange.json", "line 2"},
		{"[" + good + ",\n3]", "exchange.json-object", "line 2"},
		{"[" + good + "]\nx", "exchange.json-behind", "line 2"},
		{"7", "exchange.json-object", "line 1"},
		{good + "\n{", "exchange.json", "line 2"},
		{good + "\n\n" + `{"type":"incoming","sent_at":"soon","author":"A","body":"x"}`, "exchange.json-field", "line 3"},
		{good + "\n" + `{"type":"incoming","sent_at":1748250903,"author":"A","body":"x"}`, "exchange.signal-time", "line 2"},
		{good + "\n" + `{"type":"incoming","author":"A","body":"x"}`, "exchange.signal-time", "line 2"},
		{good + "\n" + `{"type":"incoming","sent_at":1748250903000,"body":"x"}`, "exchange.signal-author", "line 2"},
		{good + "\n" + `{"sent_at":1748250903000,"body":"x"}`, "exchange.signal-type", "line 2"},
		{good + "\n" + `{"type":"incoming","sent_at":1748250903000,"author":"A","body":["x"]}`, "exchange.json-field", "line 2"},
		{good + "\n" + strings.Replace(good, `"x"`, `"`+strings.Repeat("x", 10<<20)+`"`, 1), "exchange.text", "line 2"},
		{good + "\n\xff", "exchange.utf8", "line 2"},
		{`{"messages":[` + good + `],` + "\n" + `"messages":[]}`, "exchange.json-twice", "line 2"},
	} {
		_, err := Signal(strings.NewReader(c.text), zone(t))
		refused(t, err, c.id, c.line)
	}
}

func FuzzSignal(f *testing.F) {
	f.Add(signal)
	f.Add(`{"messages":[{"type":"outgoing","sent_at":1748250903000,"body":"x"}]}`)
	f.Add("{\"type\":\"incoming\",\"sent_at\":1748250903000,\"author\":\"A\",\"body\":\"x\"}\n{")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Signal(strings.NewReader(text), zone(t))
		checkChat(t, c, err)
	})
}

const table = `when,from,to,text,form,fidelity,evidence,lang
2025-05-26 14:00,The Envoy,Me,"Hello, you",call,,,en
2025-05-26T15:00:00+02:00,Me,The Envoy,"two
lines",text,verbatim,recording,
2025-05-27,The Envoy,Me,"He said ""no""",meeting,hearsay,signed-paper,
`

func TestCSVReadsATable(t *testing.T) {
	for _, text := range []string{table, strings.ReplaceAll(strings.ReplaceAll(table, "Hello, you", "Hello you"), ",", ";")} {
		c, err := CSV(strings.NewReader(text), zone(t))
		if err != nil || len(c.Lines) != 3 {
			t.Fatal(c, err)
		}
		a, b, d := c.Lines[0], c.Lines[1], c.Lines[2]
		if a.Said.From.String() != "2025-05-26T11:00:00Z" || a.Fidelity != record.Paraphrase || a.Evidence != record.Recollected || a.Lang != "en" {
			t.Errorf("%+v", a)
		}
		if b.N != 3 || b.Said.From.String() != "2025-05-26T13:00:00Z" || b.Text != "two\nlines" || b.Fidelity != record.Verbatim || b.Said.Zone != "+02:00" {
			t.Errorf("%+v", b)
		}
		if d.N != 5 || d.Said.To-d.Said.From != 24*3600_000-1 || d.Text != `He said "no"` || d.Fidelity != record.Hearsay {
			t.Errorf("%+v", d)
		}
		if i, err := c.Drafts(record.New("go-between"), now, order()); err != nil || len(i.Drafts) != 3 {
			t.Error(err)
		}
	}
}

func TestCSVRefusals(t *testing.T) {
	head := "when,from,to,text\n"
	for _, c := range []struct{ text, id, line string }{
		{"", "exchange.empty", ""},
		{head, "exchange.empty", ""},
		{"when,from,to\n", "exchange.csv-column", "no column text"},
		{"when,from,to,text,mood\n", "exchange.csv-column", "mood"},
		{"when,from,to,text,text\n", "exchange.csv-column", "twice"},
		{head + "26/05/2025,A,B,x\n", "exchange.csv-time", "line 2"},
		{head + "2025-05-26,A,B,x\n2025-02-30,A,B,x", "exchange.csv-time", "line 3"},
		{head + "2025-05-26,A,B\n", "exchange.csv", "line 2"},
		{head + "2025-05-26,A,B,\"x\n", "exchange.csv", "line 2"},
		{head + "2025-05-26,A,B,\n", "exchange.csv-cell", "line 2"},
		{head + "2025-05-26,A,B," + strings.Repeat("x", 10<<20) + "\n", "exchange.text", "line 2"},
		{"when,from,to,text,evidence\n2025-05-26,A,B,x,rumour\n", "exchange.csv-evidence", "line 2"},
		{"when,from,to,text,lang\n2025-05-26,A,B,x," + strings.Repeat("e", 100) + "\n", "exchange.csv-lang", "line 2"},
	} {
		_, err := CSV(strings.NewReader(c.text), zone(t))
		refused(t, err, c.id, c.line)
	}
	c, err := CSV(strings.NewReader("when,from,to,text,form\n2025-05-26,The Envoy,Me,x,fax\n"), zone(t))
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Drafts(record.New("go-between"), now, order())
	refused(t, err, "exchange.line", "line 2")
	c, err = CSV(strings.NewReader("when,from,to,text\n2025-05-26,The Envoy,The Envoy,x\n"), zone(t))
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Drafts(record.New("go-between"), now, order())
	refused(t, err, "exchange.self", "line 2")
}

func FuzzCSV(f *testing.F) {
	f.Add(table)
	f.Add("when;from;to;text\n2025-05-26 14:00;A;B;x\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := CSV(strings.NewReader(text), zone(t))
		checkChat(t, c, err)
	})
}
