package exchange

import (
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/internal/record"
)

func readWhatsApp(t *testing.T, text string, dates DateOrder) Chat {
	t.Helper()
	c, err := WhatsApp(strings.NewReader(text), zone(t), dates)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWhatsAppReadsTheFormsItWrites(t *testing.T) {
	want := record.At(time.Date(2025, 5, 26, 9, 15, 0, 0, time.UTC))
	for _, text := range []string{
		"[26/05/2025, 12:15:00] The Envoy: Hello",
		"\u200e[26/05/2025, 12:15:00] The Envoy: Hello",
		"[26.05.25, 12:15:00] The Envoy: Hello",
		"[2025-05-26, 12:15:00] The Envoy: Hello",
		"[5/26/25, 12:15:00\u202fPM] The Envoy: Hello",
		"[26/05/25, 12:15:00 pm] The Envoy: Hello",
		"26/05/2025, 12:15 - The Envoy: Hello",
		"26.05.25, 12:15 - The Envoy: Hello",
		"5/26/25, 12:15 PM - The Envoy: Hello",
		"26/05/2025, 12:15 p. m. - The Envoy: Hello",
		"2025/05/26 12:15 - The Envoy: Hello",
		"\ufeff26/05/2025, 12:15 - The Envoy: Hello",
		"\u200f26\u200f/5\u200f/2025، 12:15 م - The Envoy: Hello",
		"٢٦/٠٥/٢٠٢٥، ١٢:١٥ - The Envoy: Hello",
		"26/05/2025, 12:15 - \u202aThe Envoy\u202c: Hello",
		"[26/05/2025, 12:15:00] ~\u202fThe Envoy: Hello",
		"26/05/2025, 12:15 - The Envoy: Hello\r\n",
	} {
		c := readWhatsApp(t, text, AnyDates)
		if len(c.Lines) != 1 || c.Lines[0].Said.From != want || plainName(c.Lines[0].From) != "The Envoy" || c.Lines[0].Text != "Hello" {
			t.Errorf("%q: %+v", text, c.Lines)
		}
	}
}

func TestWhatsAppReadsMessages(t *testing.T) {
	c := readWhatsApp(t, strings.Join([]string{
		"26/05/2025, 12:14 - Messages and calls are end-to-end encrypted. Tap to learn more.",
		"26/05/2025, 12:15 - The Envoy: First line",
		"second: line",
		"",
		"[26/05/2025, 12:16:00] Somebody: pasted in the other form",
		"26/05/2025, 12:15 - Me: <Media omitted>",
		"26/05/2025, 12:15 - Me: Seventy days <This message was edited>",
		"26/05/2025, 12:17 - The Envoy: This message was deleted",
		"26/05/2025, 12:16 - The Envoy:",
	}, "\n"), AnyDates)
	if len(c.Lines) != 5 || len(c.Left) != 1 || c.Left[0] != (Left{1, "system"}) || !slices.Equal(c.Backwards, []int{9}) {
		t.Fatalf("%+v", c)
	}
	if got := c.Lines[0].Text; got != "First line\nsecond: line\n\n[26/05/2025, 12:16:00] Somebody: pasted in the other form" {
		t.Errorf("%q", got)
	}
	for i, want := range []Mark{"", Media, Edited, Deleted, ""} {
		if c.Lines[i].Mark != want {
			t.Errorf("line %d is marked %q, want %q", c.Lines[i].N, c.Lines[i].Mark, want)
		}
	}
	if c.Lines[2].Text != "Seventy days" || c.Lines[1].Said.From != c.Lines[0].Said.From+1 || c.Lines[2].Said.From != c.Lines[0].Said.From+2 {
		t.Errorf("%+v", c.Lines)
	}
}

func TestWhatsAppLeavesOutTheGroupsOwnLines(t *testing.T) {
	c := readWhatsApp(t, "[26/05/2025, 12:15:00] Talks: \u200eThe Envoy created this group\n[26/05/2025, 12:15:09] The Envoy: Hello\n", AnyDates)
	i, err := c.Drafts(record.New("go-between"), now, order())
	if err != nil || len(i.Drafts) != 1 || len(i.Left) != 1 {
		t.Errorf("%+v %v", i, err)
	}
}

func TestWhatsAppOrderOfDates(t *testing.T) {
	month := func(text string, dates DateOrder) time.Month {
		return readWhatsApp(t, text, dates).Lines[0].Said.From.Time().Month()
	}
	if m := month("05/04/2025, 12:15 - A: x\n13/04/2025, 12:15 - A: x", AnyDates); m != time.April {
		t.Error(m)
	}
	if m := month("05/04/2025, 12:15 - A: x\n05/13/2025, 12:15 - A: x", AnyDates); m != time.May {
		t.Error(m)
	}
	if m := month("05/05/2025, 12:15 - A: x", AnyDates); m != time.May {
		t.Error(m)
	}
	if m := month("05/04/2025, 12:15 - A: x", MonthDay); m != time.May {
		t.Error(m)
	}
	if m := month("05/04/2025, 12:15 - A: x", DayMonth); m != time.April {
		t.Error(m)
	}
}

func TestWhatsAppRefusals(t *testing.T) {
	line := "26/05/2025, 12:15 - A: "
	for _, c := range []struct {
		text  string
		dates DateOrder
		id    string
		line  string
	}{
		{"Hello\n" + line, AnyDates, "exchange.whatsapp", "line 1"},
		{"", AnyDates, "exchange.empty", ""},
		{"04/05/2025, 12:15 - A: x\n05/04/2025, 12:15 - A: x", AnyDates, "exchange.dates-unclear", "line 1"},
		{line + "\n05/26/2025, 12:15 - A: x", AnyDates, "exchange.dates-mixed", "line 2"},
		{line, MonthDay, "exchange.dates-not", "line 1"},
		{"05/26/2025, 12:15 - A: x", DayMonth, "exchange.dates-not", "line 1"},
		{line, "ymd", "exchange.dates", ""},
		{line + "\n31/02/2025, 12:15 - A: x", AnyDates, "exchange.date", "line 2"},
		{line + "\n26/05/2025, 25:15 - A: x", AnyDates, "exchange.date", "line 2"},
		{line + "\n" + strings.Repeat("x", 10<<20), AnyDates, "exchange.long", "line 2"},
		{line + strings.Repeat("x", 100<<10) + "\n" + strings.Repeat("y", 100<<10), AnyDates, "exchange.text", "line 1"},
		{line + "\n\xff\xfe", AnyDates, "exchange.utf8", "line 2"},
		{line + "\na\x00b", AnyDates, "exchange.utf8", "line 2"},
		{"PK\x03\x04....", AnyDates, "exchange.zip", "line 1"},
	} {
		_, err := WhatsApp(strings.NewReader(c.text), zone(t), c.dates)
		refused(t, err, c.id, c.line)
	}
}

func TestTheHourThatAZoneHasTwiceAndNever(t *testing.T) {
	z, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no zones on this machine")
	}
	c, err := WhatsApp(strings.NewReader("26/10/2025, 02:30 - A: x"), z, AnyDates)
	if err != nil || c.Lines[0].Said.To-c.Lines[0].Said.From != 3600_000 {
		t.Errorf("%+v %v", c.Lines, err)
	}
	_, err = WhatsApp(strings.NewReader("30/03/2025, 02:30 - A: x"), z, AnyDates)
	refused(t, err, "exchange.zone-gap", "line 1")
}

func FuzzWhatsApp(f *testing.F) {
	f.Add("[26/05/2025, 12:15:03] The Envoy: text\nmore", "")
	f.Add("5/26/25, 12:15\u202fPM - The Envoy: text\n\u200e5/26/25, 12:15 PM - Me: <Media omitted>", "mdy")
	f.Add("\u200f26\u200f/5\u200f/2025، 12:15 م - \u202aThe Envoy\u202c: \u200fشكرا <This message was edited>", "dmy")
	f.Fuzz(func(t *testing.T, text, dates string) {
		c, err := WhatsApp(strings.NewReader(text), zone(t), DateOrder(dates))
		checkChat(t, c, err)
	})
}

// checkChat checks what must hold of whatever a reader gives: it refuses with
// a reason, or the desk takes what came, once, in the order of the file.
func checkChat(t *testing.T, c Chat, err error) {
	t.Helper()
	if err != nil {
		if len(err.Error()) > 2000 {
			t.Fatalf("an error of %d bytes: %.700s", len(err.Error()), err)
		}
		return
	}
	o := Order{Label: "fuzz", People: map[string]record.Name{"": "go-between"}, To: "colonel"}
	for _, l := range c.Lines {
		o.People[plainName(l.From)] = "envoy"
		if l.To != "" {
			o.People[plainName(l.To)] = "go-between"
		}
	}
	r := record.New("go-between")
	i, err := c.Drafts(r, now, o)
	if err != nil {
		return
	}
	put(t, r, now, i.Drafts...)
	again, err := c.Drafts(r, now, o)
	if err != nil || len(again.Drafts) > 0 || again.There != len(i.Drafts) {
		t.Fatalf("the second time %d are new, %v", len(again.Drafts), err)
	}
}
