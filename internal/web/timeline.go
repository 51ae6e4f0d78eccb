package web

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// timelinePage is who said what through whom over time. The picture stands in
// rows beside their sentences, so that a list is what a screen reader hears
// and a phone shows, and the lanes join to one picture on paper.
type timelinePage struct {
	Stood, Knew string
	AsOf        notice
	Moved       bool
	Path, Form  []option
	Only        string // in words, what is shown alone
	Lanes       []laneView
	Width       int // of the picture
	Head        []laneView
	Days        []timelineDay
	Pages       []link
	Tempo       []string
	Bars        []barView
	BarsWidth   int
	Marks       []markView
}

// laneView is one person's line down the picture.
type laneView struct {
	N     int
	X     int
	Title string
	Of    string
}

type timelineDay struct {
	Day  string
	Rows []timelineRow
}

// timelineRow is one entry: a way from hand to hand, or something done.
type timelineRow struct {
	entryView
	Lines []laneView
	Hops  []hopView
	Act   int // where something was done without being sent; 0 for none
	Hands string
}

type hopView struct {
	From, To int // across
	Head     string
	Class    string
}

type markView struct {
	Class, Text string
}

// barView is the messages of one stretch of days.
type barView struct {
	X, Y, W, H int
	Text       string
}

const (
	laneWidth  = 48
	laneLeast  = 24
	lanesMost  = 288 // so that the picture fits on a phone
	rowMiddle  = 16
	mostBars   = 60
	barsHeight = 64
)

func (c *call) timeline(w http.ResponseWriter, r *http.Request) error {
	at, err := c.asOf(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	p := timelinePage{Stood: q.Get("stood"), Knew: q.Get("knew"), Moved: at != record.AsOf{}}
	v := c.view
	if p.Moved {
		v = view.Of(c.rec.For(c.f.h.Keeper(), at), c.now)
		p.AsOf = c.asOfNotice(at)
	}
	traffic := v.Traffic(0, 0)
	p.Tempo = c.f.book.Traffic(v, traffic)
	from := startOfDay(traffic.From) // whole days
	p.Bars, p.BarsWidth = c.bars(from, v.TempoOf(from, traffic.To))
	items := c.only(v, traffic, record.Name(q.Get("path")), record.Form(q.Get("form")), &p)
	last := max((items.n+perPage-1)/perPage, 1)
	n := pageNumber(r, items.n)
	for i := range last {
		if i > 0 && i < last-1 && (i < n-nearPages || i > n+nearPages) {
			continue
		}
		q.Set("page", number(uint64(i+1)))
		l := link{Href: c.href("/timeline?" + q.Encode()), Text: c.number(uint64(i + 1))}
		if i == n {
			l.Href = ""
		}
		p.Pages = append(p.Pages, l)
	}
	if last == 1 {
		p.Pages = nil
	}
	c.draw(v, items.some(n*perPage), &p)
	for _, f := range []record.Form{record.Text, record.Call, record.Meeting, record.Paper} {
		p.Marks = append(p.Marks, markView{"hop-" + string(f), c.word(f)})
	}
	c.show(w, http.StatusOK, "timeline", c.t("web.timeline.title"), !p.Moved, p)
	return nil
}

// shown are the entries that the timeline goes through, a page at a time, the
// latest first.
type shown struct {
	n    int
	some func(from int) []record.Seen
}

// only gives what is asked for: everything, or the messages of a path and form.
func (c *call) only(v *view.View, t view.Traffic, path record.Name, form record.Form, p *timelinePage) shown {
	all := v.Projection()
	any := option{Text: c.t("web.timeline.any")}
	p.Path, p.Form = []option{any}, []option{any}
	for _, k := range t.By("path") {
		p.Path = append(p.Path, option{Value: string(k.Path), Text: c.name(k.Path), Chosen: k.Path == path})
	}
	for _, k := range t.By("form") {
		p.Form = append(p.Form, option{Value: string(k.Form), Text: c.word(k.Form), Chosen: k.Form == form})
	}
	if path == "" && form == "" {
		return shown{all.Len(), func(from int) []record.Seen {
			var out []record.Seen
			for i := all.Len() - 1 - from; i >= 0 && len(out) < perPage; i-- {
				out = append(out, all.At(all.Nth(i)))
			}
			return out
		}}
	}
	var ids []keys.ID
	for _, k := range t.Counts {
		if (path == "" || k.Path == path) && (form == "" || k.Form == form) {
			ids = append(ids, k.Entries...)
		}
	}
	var list []record.Seen
	for _, id := range ids {
		if it, ok := all.Get(id); ok {
			list = append(list, it)
		}
	}
	slices.Reverse(list) // of one moment, the last that was noted comes first too
	slices.SortStableFunc(list, func(a, b record.Seen) int { return cmp.Compare(b.When(), a.When()) })
	p.Only = c.t("web.timeline.only", "N", len(list))
	return shown{len(list), func(from int) []record.Seen {
		from = min(from, len(list))
		return list[from:min(from+perPage, len(list))]
	}}
}

// draw makes the rows and the lanes of what is on the page.
func (c *call) draw(v *view.View, items []record.Seen, p *timelinePage) {
	type row struct {
		it   record.Seen
		path view.Path
		by   record.Name
	}
	var rows []row
	var who []record.Name
	meet := func(n record.Name) {
		if n != "" && !slices.Contains(who, n) {
			who = append(who, n)
		}
	}
	for _, it := range items {
		path, ok := v.Path(it.ID)
		switch it.Body.(type) {
		case record.Message, record.Approach:
			if !ok || len(path.Hops) == 0 {
				continue
			}
			for _, h := range path.Hops {
				meet(h.From)
				meet(h.To)
			}
			rows = append(rows, row{it, path, ""})
		case accord.Package, accord.Act, accord.Performance:
			meet(it.Speaker())
			rows = append(rows, row{it, view.Path{}, it.Speaker()})
		}
	}
	keeper := c.f.h.Keeper()
	rank := c.sides(v, keeper)
	slices.SortStableFunc(who, func(a, b record.Name) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
	})
	at := map[record.Name]int{}
	lane := min(laneWidth, max(laneLeast, lanesMost/max(len(who), 1)))
	p.Width = lane * max(len(who), 1)
	for i, n := range who {
		x := i*lane + lane/2
		if c.f.book.Dir() == "rtl" {
			x = p.Width - x
		}
		of := ""
		if party := v.PartyOf(n); party != "" && party != n {
			of = c.name(party)
		}
		at[n] = x
		p.Lanes = append(p.Lanes, laneView{i + 1, x, c.name(n), of})
	}
	for _, r := range rows {
		t := timelineRow{entryView: c.entryView(r.it, false), Lines: p.Lanes}
		t.Texts, t.Facts = nil, nil
		if m, ok := r.it.Body.(record.Message); ok {
			t.Hands = excerpt(m.Text)
		}
		if r.by != "" {
			t.Act = at[r.by]
		}
		for _, h := range r.path.Hops {
			t.Hops = append(t.Hops, arrow(at[h.From], at[h.To], h))
		}
		day := c.f.book.Day(r.it.When())
		if len(p.Days) == 0 || p.Days[len(p.Days)-1].Day != day {
			p.Days = append(p.Days, timelineDay{Day: day})
		}
		d := &p.Days[len(p.Days)-1]
		d.Rows = append(d.Rows, t)
	}
}

// sides orders people: one side, those between with the keeper, the other
// sides. Whoever is between stands in the middle of the picture.
func (c *call) sides(v *view.View, keeper record.Name) func(record.Name) int {
	var sides []record.Name
	for _, party := range v.Parties() {
		if s := v.Side(party.Name); !slices.Contains(sides, s) {
			sides = append(sides, s)
		}
	}
	slices.Sort(sides)
	return func(n record.Name) int {
		s := v.Side(n)
		switch i := slices.Index(sides, s); {
		case i < 0 && n == keeper:
			return 2
		case i < 0:
			return 1
		case i == 0:
			return 0
		default:
			return 2 + i
		}
	}
}

func arrow(from, to int, h view.Hop) hopView {
	const head = 6
	v := hopView{From: from, To: to, Class: "hop hop-" + string(h.Form)}
	if h.Line {
		v.Class = "hop hop-line"
	}
	if h.Reported {
		v.Class += " is-reported"
	}
	side := head
	if to > from {
		side = -head
	}
	v.Head = number(uint64(to)) + "," + number(rowMiddle) + " " + number(uint64(to+side)) + "," + number(rowMiddle-4) + " " + number(uint64(to+side)) + "," + number(rowMiddle+4)
	return v
}

func startOfDay(i record.Instant) record.Instant {
	const day = record.Instant(24 * time.Hour / time.Millisecond)
	return i / day * day
}

// bars draws the messages day by day, or by stretches of days where they are
// many.
func (c *call) bars(from record.Instant, t view.Tempo) ([]barView, int) {
	days := t.Days
	if len(days) < 2 {
		return nil, 0
	}
	each := (len(days) + mostBars - 1) / mostBars
	var sums []int
	for i := 0; i < len(days); i += each {
		n := 0
		for _, d := range days[i:min(i+each, len(days))] {
			n += d
		}
		sums = append(sums, n)
	}
	most := max(slices.Max(sums), 1)
	const w = 10
	width := w * len(sums)
	var out []barView
	for i, n := range sums {
		h := n * (barsHeight - 4) / most
		if n > 0 {
			h = max(h, 2)
		}
		x := i * w
		if c.f.book.Dir() == "rtl" {
			x = width - x - w
		}
		first := from + record.Instant(time.Duration(i*each)*24*time.Hour/time.Millisecond)
		out = append(out, barView{x + 1, barsHeight - h, w - 2, h, c.t("web.timeline.bar", "N", n, "Day", c.f.book.Day(first), "Many", each > 1, "Days", each)})
	}
	return out, width
}

// excerpt gives the beginning of a text, for a row.
func excerpt(s string) string {
	const most = 120
	for i, r := range s {
		if r == '\n' {
			return s[:i] + " …"
		}
		if i >= most && r == ' ' {
			return s[:i] + " …"
		}
		if i >= 2*most {
			return s[:i] + "…"
		}
	}
	return s
}
