package exchange

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/internal/accord"
	"backchannel/internal/accord/accordtest"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// readers read a text in each of the forms and draft what it would add.
var readers = map[string]func(t *testing.T, r *record.Record, text string) (Import, error){
	"whatsapp": func(t *testing.T, r *record.Record, text string) (Import, error) {
		return drafts(t, r, func() (Chat, error) { return WhatsApp(strings.NewReader(text), zone(t), AnyDates) })
	},
	"signal": func(t *testing.T, r *record.Record, text string) (Import, error) {
		return drafts(t, r, func() (Chat, error) { return Signal(strings.NewReader(text), zone(t)) })
	},
	"csv": func(t *testing.T, r *record.Record, text string) (Import, error) {
		return drafts(t, r, func() (Chat, error) { return CSV(strings.NewReader(text), zone(t)) })
	},
	"json": func(t *testing.T, r *record.Record, text string) (Import, error) {
		f, err := ReadRecord(strings.NewReader(text))
		if err != nil {
			return Import{}, err
		}
		return f.Drafts(r, now, Take{Order: Order{Label: "chat", HeardFrom: "envoy", People: map[string]record.Name{"envoy": "envoy", "go-between": "go-between"}}, Texts: true})
	},
}

func drafts(t *testing.T, r *record.Record, read func() (Chat, error)) (Import, error) {
	t.Helper()
	c, err := read()
	if err != nil {
		return Import{}, err
	}
	return c.Drafts(r, now, order())
}

// one is a message in each form, said at a time and with a text.
func one(form, when, text string) string {
	switch form {
	case "whatsapp":
		return "[" + when + ", 12:15:03] The Envoy: " + text + "\n"
	case "signal":
		return `{"type":"incoming","source":"The Envoy","sent_at":` + when + `,"body":` + quoted(text) + "}\n"
	case "csv":
		return when + ",The Envoy,Me," + quoted(text) + "\n"
	}
	return jsonEntry(keys.ID{1}, when, text, "")
}

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func jsonEntry(id keys.ID, at, text, more string) string {
	return fmt.Sprintf(`{"id":%q,"kind":"message","by":"envoy","at":%q%s,"body":{"from":"envoy","to":"go-between","form":"text","fidelity":"verbatim","speechAct":"inform","text":%s}}`, id, at, more, quoted(text))
}

// file puts lines into a file of each form, behind what it begins with.
func file(form string, lines ...string) string {
	switch form {
	case "csv":
		return "when,from,to,text\n" + strings.Join(lines, "")
	case "json":
		return `{"format":"backchannel-record/1","keeper":"envoy","reader":"go-between","made":"2026-01-01T00:00:00.000Z","entries":[` + "\n" + strings.Join(lines, ",\n") + "\n]}"
	}
	return strings.Join(lines, "")
}

// good is a time that each form reads.
var good = map[string]string{"whatsapp": "26/05/2025", "signal": "1748250903000", "csv": "2025-05-26 12:15", "json": "2025-05-26T12:15:03.000Z"}

// Whatever is wrong is told with its line and what to do about it, and nothing
// is half taken in: what comes before a bad line is not drafted either.
func TestWhatIsWrongWithAFileIsToldWithItsLine(t *testing.T) {
	long := strings.Repeat("x", 10<<20)
	first := map[string]int{"whatsapp": 1, "signal": 1, "csv": 2, "json": 2}
	for _, c := range []struct {
		form, what string
		bad        []string // lines, behind a good one
		id         string
	}{
		{"whatsapp", "a line of 10 MB", []string{one("whatsapp", good["whatsapp"], long)}, "exchange.long"},
		{"signal", "a line of 10 MB", []string{one("signal", good["signal"], long)}, "exchange.text"},
		{"csv", "a line of 10 MB", []string{one("csv", good["csv"], long)}, "exchange.text"},
		{"json", "a line of 10 MB", []string{jsonEntry(keys.ID{2}, good["json"], long, "")}, "exchange.text"},
		{"whatsapp", "month and day the other way", []string{one("whatsapp", "05/26/2025", "x")}, "exchange.dates-mixed"},
		{"whatsapp", "a year of another calendar", []string{one("whatsapp", "26/05/1404", "x")}, "exchange.year"},
		{"signal", "seconds for milliseconds", []string{one("signal", "1748250903", "x")}, "exchange.signal-time"},
		{"signal", "a date in words", []string{one("signal", `"26 May"`, "x")}, "exchange.json-field"},
		{"csv", "day before month", []string{one("csv", "26/05/2025 12:15", "x")}, "exchange.csv-time"},
		{"csv", "month before day", []string{one("csv", "05/26/2025 12:15", "x")}, "exchange.csv-time"},
		{"csv", "a day that is none", []string{one("csv", "2025-02-30 12:15", "x")}, "exchange.csv-time"},
		{"csv", "a year of another calendar", []string{one("csv", "1404-03-05 12:15", "x")}, "exchange.year"},
		{"json", "a date in words", []string{jsonEntry(keys.ID{2}, "26 May 2025", "x", "")}, "exchange.entry-time"},
		{"json", "a year of another calendar", []string{jsonEntry(keys.ID{2}, "1404-03-05T12:15:03.000Z", "x", "")}, "exchange.entry-time"},
		{"json", "a number given twice", []string{jsonEntry(keys.ID{1}, good["json"], "x", "")}, "exchange.entry-id"},
		{"json", "an entry that ends before it begins", []string{jsonEntry(keys.ID{2}, good["json"], "x", `,"said":{"from":"2025-05-26T12:15:03.000Z","to":"2025-05-25T12:15:03.000Z"}`)}, "exchange.line"},
		{"csv", "a form that is none", []string{strings.Replace(one("csv", good["csv"], "x"), "The Envoy", "The Envoy,\"", 1)}, "exchange.csv"},
		{"whatsapp", "a time to come", []string{one("whatsapp", "26/05/2031", "x")}, "exchange.future"},
		{"signal", "a time to come", []string{one("signal", "1948250903000", "x")}, "exchange.future"},
		{"csv", "a time to come", []string{one("csv", "2031-05-26 12:15", "x")}, "exchange.future"},
		{"json", "a time to come", []string{jsonEntry(keys.ID{2}, "2031-05-26T12:15:03.000Z", "x", "")}, "exchange.future"},
		{"signal", "not text", []string{"{\"body\":\"\xff\"}\n"}, "exchange.utf8"},
		{"csv", "not text", []string{"\xff\n"}, "exchange.utf8"},
		{"whatsapp", "not text", []string{"\xff\n"}, "exchange.utf8"},
		{"json", "not text", []string{"\xff\n"}, "exchange.utf8"},
		{"json", "no JSON", []string{"{"}, "exchange.json"},
		{"signal", "no JSON", []string{"{\n"}, "exchange.json"},
	} {
		t.Run(c.form+": "+c.what, func(t *testing.T) {
			r := record.New("go-between")
			in, err := readers[c.form](t, r, file(c.form, append([]string{one(c.form, good[c.form], "fine")}, c.bad...)...))
			refused(t, err, c.id, fmt.Sprintf("line %d", first[c.form]+1))
			if err == nil && len(in.Drafts) > 0 {
				t.Errorf("%d entries of it would have come in", len(in.Drafts))
			}
		})
	}
}

// Where a whole file leaves it open which is the day and which the month, it is
// asked, and not guessed.
func TestDayAndMonthAreAskedFor(t *testing.T) {
	_, err := WhatsApp(strings.NewReader(one("whatsapp", "05/06/2025", "x")+one("whatsapp", "06/07/2025", "y")), zone(t), AnyDates)
	refused(t, err, "exchange.dates-unclear", "line 1")
	for order, month := range map[DateOrder]time.Month{DayMonth: time.June, MonthDay: time.May} {
		c, err := WhatsApp(strings.NewReader(one("whatsapp", "05/06/2025", "x")), zone(t), order)
		if err != nil || c.Lines[0].Said.From.Time().Month() != month {
			t.Errorf("%s: %v %v", order, c.Lines, err)
		}
	}
}

// The same message twice, an unknown kind, an entry that answers and corrects
// itself: none is refused, none is lost, and each comes in once.
func TestWhatIsOddIsTakenInOnce(t *testing.T) {
	for _, form := range []string{"whatsapp", "signal", "csv"} {
		r := record.New("go-between")
		line := one(form, good[form], "again")
		text := file(form, line, line)
		in, err := readers[form](t, r, text)
		if err != nil || len(in.Drafts) != 2 || in.Drafts[0].ID == in.Drafts[1].ID {
			t.Fatalf("%s: a message that stands there twice: %v, %v", form, in.Drafts, err)
		}
		put(t, r, now, in.Drafts...)
		if in, err = readers[form](t, r, text); err != nil || len(in.Drafts) != 0 || in.There != 2 {
			t.Errorf("%s: the second time %+v, %v", form, in, err)
		}
	}
	self := fmt.Sprintf(`,"answers":%q,"corrects":%q,"correctedBy":%q,"together":[%q]`, keys.ID{3}, keys.ID{3}, keys.ID{3}, keys.ID{3})
	oath := `{"id":"` + keys.ID{4}.String() + `","kind":"oath","critical":true,"by":"envoy","at":"2025-05-26T12:15:03.000Z","body":{"raw":"AQ=="}}`
	in, err := readers["json"](t, record.New("go-between"), file("json", jsonEntry(keys.ID{3}, good["json"], "round", self), oath))
	if err != nil || len(in.Drafts) != 1 || !slices.Equal(in.Left, []Left{{3, "oath"}}) {
		t.Errorf("%+v, %v", in, err)
	}
}

// What is from before the approach comes in, and its lines are told.
func TestATimeBeforeTheApproachIsTold(t *testing.T) {
	for _, form := range []string{"whatsapp", "signal", "csv", "json"} {
		r := record.New("go-between")
		text := file(form, one(form, good[form], "early"))
		for _, c := range []struct {
			approach record.Instant
			early    int
		}{{0, 0}, {1748250000000, 0}, {1748340000000, 1}} {
			if c.approach != 0 {
				r = record.New("go-between")
				put(t, r, now, record.Entry{Said: record.Moment(c.approach), Body: record.Approach{Asker: "envoy", To: "official"}})
			}
			in, err := readers[form](t, r, text)
			if err != nil || len(in.Drafts) != 1 || len(in.Early) != c.early {
				t.Errorf("%s, approach at %s: %+v %v", form, c.approach, in, err)
			}
		}
	}
}

// An export of anything goes in at another desk: it is as the published schema
// says, what comes in is the importer's word, heard from whoever handed it over,
// and every entry that does not come in is listed. A second time adds nothing.
func TestLaw1_AnExportOfAnythingGoesInAsHearsay(t *testing.T) {
	for seed := uint64(1); seed <= 4; seed++ {
		g := accordtest.New(seed, accordtest.Options{})
		items := g.Items(400)
		f, err := Export(mustRecord(t, g.Keeper(), items).For("envoy", record.AsOf{}), g.Now())
		if err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(t, raw); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		in, err := ReadRecord(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		o := Take{Order: Order{Label: "theirs", HeardFrom: "envoy", People: everybody(items)}, Texts: true}
		r := record.New("minister")
		later := g.Now() + 1000
		i, err := in.Drafts(r, later, o)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(i.Drafts) + len(i.Left) + i.There; n != len(f.Entries) {
			t.Fatalf("seed %d: %d entries went out, %d are accounted for", seed, len(f.Entries), n)
		}
		put(t, r, later, i.Drafts...)
		l := accord.Read(r.For("minister", record.AsOf{}), later)
		for _, it := range r.Known() {
			if it.By != "minister" || it.Came != record.ByHand() || it.HeardFrom != "envoy" || it.FirstHand() || len(it.Audience) > 0 || len(it.Evidence) == 0 {
				t.Fatalf("seed %d: %+v", seed, it)
			}
		}
		if len(l.Acts()) > 0 || len(l.Terms()) == 0 || len(said(r)) == 0 {
			t.Fatalf("seed %d: %d acts, %d terms, %d messages", seed, len(l.Acts()), len(l.Terms()), len(said(r)))
		}
		if again, err := in.Drafts(r, later, o); err != nil || len(again.Drafts) > 0 {
			t.Fatalf("seed %d: a second time adds %d, %v", seed, len(again.Drafts), err)
		}
	}
}

// everybody says of every name in items that it is the same here.
func everybody(items []record.Item) map[string]record.Name {
	out := map[string]record.Name{}
	add := func(list ...record.Name) {
		for _, n := range list {
			if n != "" {
				out[string(n)] = n
			}
		}
	}
	for _, it := range items {
		add(it.By, it.SaidBy, it.HeardFrom)
		add(it.Audience...)
		bodies := []record.Body{it.Body}
		if c, ok := it.Body.(record.Correction); ok {
			bodies = append(bodies, c.Now)
		}
		for _, b := range bodies {
			switch b := b.(type) {
			case record.Person:
				add(b.Name)
			case record.Message:
				add(append([]record.Name{b.From, b.To, b.Translator}, b.Via...)...)
			case record.Approach:
				add(append([]record.Name{b.Asker, b.To}, b.Through...)...)
			}
		}
	}
	return out
}
