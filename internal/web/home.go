package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"

	"backchannel/internal/record"
	"backchannel/internal/view"
)

// homePage is what a tired person needs to see first.
type homePage struct {
	Alarms  []notice
	Waiting []sideView
	Turns   []turnGroup
	Lines   []lineView
	Recent  []entryView
	Leaving []leavingView
	Between bool // the keeper carries between others
}

// sideView is what came in from one side and was not carried yet. Two sides
// stand beside each other, and are never mixed.
type sideView struct {
	ID    string // for the heading
	Title string
	Items []waitingView
}

type waitingView struct {
	Entry entryView
	Asked string // the carrying instruction, in words
}

func (c *call) home(w http.ResponseWriter, _ *http.Request) error {
	p := homePage{Between: len(c.ledger.Voice(c.f.h.Keeper())) == 0}
	alarms := c.view.Alarms()
	slices.SortStableFunc(alarms, func(a, b view.Alarm) int { return cmp.Compare(urgency(a), urgency(b)) })
	for _, a := range alarms {
		p.Alarms = append(p.Alarms, c.alarm(a))
	}
	p.Waiting = c.waiting()
	var err error
	if p.Leaving, err = c.leaving(); err != nil {
		return err
	}
	p.Turns = c.turns(c.view.Turns())
	for _, l := range c.lines {
		p.Lines = append(p.Lines, c.lineView(l, false))
	}
	for i := c.rec.Len() - 1; i >= 0 && len(p.Recent) < recent; i-- {
		seen, ok := c.all.Get(c.rec.At(i).ID)
		if ok && !introduction(c.rec.At(i).Body) {
			p.Recent = append(p.Recent, c.entryView(seen, false))
		}
	}
	c.show(w, http.StatusOK, "home", c.t("web.nav.home"), true, p)
	return nil
}

// waiting gives what is not yet carried, side by side. Every side of the talks
// has its place even when nothing waits from it, so that places do not change.
func (c *call) waiting() []sideView {
	var out []sideView
	at := map[record.Name]int{}
	place := func(side record.Name) int {
		i, ok := at[side]
		if !ok {
			i = len(out)
			at[side] = i
			v := sideView{ID: "side-" + number(uint64(i)), Title: c.t("web.home.no-side")}
			if side != "" {
				v.Title = c.name(side)
			}
			out = append(out, v)
		}
		return i
	}
	for _, p := range c.view.Parties() {
		if !p.Absent {
			place(c.view.Side(p.Name))
		}
	}
	for _, it := range c.view.Waiting() {
		v := &out[place(c.view.Side(it.Speaker()))]
		v.Items = append(v.Items, waitingView{c.entryView(it, true), c.word(it.Carrying.Pass)})
	}
	return out
}

// turnGroup is who is awaited for one sort of thing. The latest stand open: a
// question of last spring that nobody answered hides none of today.
type turnGroup struct {
	Turns  []link
	Older  []link
	Folded string // what the older ones are folded under
}

const openTurns = 3 // of each sort

func (c *call) turns(all []view.Turn) []turnGroup {
	var out []turnGroup
	for _, kind := range []view.TurnKind{view.ToEcho, view.ToDecide, view.ToReword, view.ToAnswer} {
		var g turnGroup
		var of []view.Turn
		for _, t := range all {
			if t.Does == kind {
				of = append(of, t)
			}
		}
		slices.SortStableFunc(of, func(a, b view.Turn) int { return cmp.Compare(b.Since, a.Since) })
		for i, t := range of {
			l := link{c.entryHref("e", t.Entry), c.f.book.Turn(c.view, t)}
			if i < openTurns {
				g.Turns = append(g.Turns, l)
			} else {
				g.Older = append(g.Older, l)
			}
		}
		if n := len(g.Older); n > 0 {
			id := "web.home.turns-more.many"
			if n == 1 {
				id = "web.home.turns-more.one"
			}
			g.Folded = c.t(id, "Count", n, "When", c.f.book.Instant(of[len(of)-1].Since))
		}
		if len(of) > 0 {
			out = append(out, g)
		}
	}
	return out
}

const recent = 6 // entries on the first page

// urgency orders alarms: what may bring two sides to different texts first.
func urgency(a view.Alarm) int {
	switch {
	case a.Kind == view.ChannelStopped || a.Kind == view.RivalAcceptance:
		return 0
	case a.Kind == view.RivalTexts || a.Kind == view.TextsContradict || a.Kind == view.DeniedBasis:
		return 1
	case usual(a):
		return 3
	}
	return 2
}

// introduction reports whether an entry only says who somebody is.
func introduction(b record.Body) bool {
	switch b.(type) {
	case record.Person, record.Party, record.Role:
		return true
	}
	return false
}

// recordPage is the record in order, on the two clocks.
type recordPage struct {
	Stood, Knew string // the pickers
	AsOf        notice
	Moved       bool
	Entries     []entryView
	Total       string
	Pages       []link
	Page        int
	Do          []link
}

const (
	perPage   = 100
	nearPages = 10 // pages to either side that are linked to
)

func (c *call) record(w http.ResponseWriter, r *http.Request) error {
	at, err := c.asOf(r)
	if err != nil {
		return err
	}
	p := recordPage{
		Stood: r.URL.Query().Get("stood"), Knew: r.URL.Query().Get("knew"), Moved: at != record.AsOf{},
		Do: []link{{c.href("/write"), c.t("web.write.title")}, {c.href("/log"), c.t("web.log.title")}, {c.href(exportPath), c.t("web.export.title")}},
	}
	seen := c.all
	if p.Moved {
		seen = c.rec.For(c.f.h.Keeper(), at)
		p.AsOf = c.asOfNotice(at)
	}
	total := seen.Len()
	p.Total = c.t("web.record.total", "N", total)
	n, last := pageNumber(r, total), (total+perPage-1)/perPage
	for i := range last {
		if i > 0 && i < last-1 && (i < n-nearPages || i > n+nearPages) {
			continue // the first, the last, and those around
		}
		q := r.URL.Query()
		q.Set("page", number(uint64(i+1)))
		l := link{Href: c.href("/record?" + q.Encode()), Text: c.number(uint64(i + 1))}
		if i == n {
			l.Href, p.Page = "", i+1
		}
		p.Pages = append(p.Pages, l)
	}
	if len(p.Pages) == 1 {
		p.Pages = nil
	}
	for i := total - 1 - n*perPage; i >= 0 && len(p.Entries) < perPage; i-- { // the latest first
		it := seen.At(seen.Nth(i))
		e := c.entryView(it, false)
		if it.Known != it.When() {
			e.Meta = append(e.Meta, c.t("web.record.known", "Time", c.f.book.Instant(it.Known)))
		}
		p.Entries = append(p.Entries, e)
	}
	c.show(w, http.StatusOK, "record", c.t("web.nav.record"), !p.Moved, p)
	return nil
}

// asOf reads the two clocks from the address. A picker gives a whole minute,
// which counts to its end.
func (c *call) asOf(r *http.Request) (record.AsOf, error) { return asOfIn(r.URL.Query()) }

// asOfIn reads the two clocks of a form.
func asOfIn(v url.Values) (record.AsOf, error) {
	var at record.AsOf
	var err error
	if at.Stood, err = instant(v, "stood"); err != nil {
		return at, err
	}
	if at.Knew, err = instant(v, "knew"); err != nil {
		return at, err
	}
	const minute = 60_000
	if at.Stood != 0 {
		at.Stood += minute - 1
	}
	if at.Knew != 0 {
		at.Knew += minute - 1
	}
	return at, nil
}

func (c *call) asOfNotice(at record.AsOf) notice {
	n := notice{Tone: "care", Kind: c.t("web.asof.title")}
	switch {
	case at.Knew == 0:
		n.Text = c.t("web.asof.stood", "Time", c.f.book.Instant(at.Stood))
	case at.Stood == 0:
		n.Text = c.t("web.asof.knew", "Time", c.f.book.Instant(at.Knew))
	default:
		n.Text = c.t("web.asof.both", "Stood", c.f.book.Instant(at.Stood), "Knew", c.f.book.Instant(at.Knew))
	}
	return n
}

func pageNumber(r *http.Request, items int) int {
	n := 0
	for _, d := range r.URL.Query().Get("page") {
		if d < '0' || d > '9' || n > items {
			return 0
		}
		n = n*10 + int(d-'0')
	}
	return max(0, n-1)
}

// way gives the hands through which an entry came and went, in words.
func (c *call) way(it record.Seen) []string {
	path, ok := c.view.Path(it.ID)
	if !ok {
		return nil
	}
	return c.f.book.Path(c.view, path)
}
