package web

import (
	"net/http"
	"slices"
	"strings"

	"backchannel/internal/desk"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// leavingView is what was sent and waits on this desk.
type leavingView struct {
	What  link
	Text  string // who would get it, in full
	Alias string // to take it back; empty where that cannot be
	Why   string // and why not
	Links []link // what to do instead
}

// leaving gives what waits to leave, the newest first.
func (c *call) leaving() ([]leavingView, error) {
	list, err := c.f.h.Departures(c.ctx)
	var out []leavingView
	for _, d := range slices.Backward(list) {
		out = append(out, c.leavingView(d))
	}
	return out, err
}

// leavingOf gives the sending that an entry of the keeper's went with, if it
// waits.
func (c *call) leavingOf(it record.Seen) ([]leavingView, error) {
	if it.By != c.f.h.Keeper() {
		return nil, nil
	}
	list, err := c.f.h.Departures(c.ctx)
	for _, d := range list {
		if slices.Contains(d.Entries, it.ID) {
			v := c.leavingView(d)
			v.What = link{}
			return []leavingView{v}, err
		}
	}
	return nil, err
}

func (c *call) leavingView(d desk.Departure) leavingView {
	var first keys.ID
	for _, id := range d.Entries {
		it, ok := c.all.Get(id)
		if ok && (first.IsZero() || !isText(it.Body.Kind()) && isText(c.kindOf(first))) {
			first = id
		}
	}
	it, _ := c.all.Get(first)
	var to []string
	for _, n := range d.To {
		to = append(to, c.full(n))
	}
	v := leavingView{Text: c.t("web.undo.to", "To", strings.Join(to, "; "))}
	if it.Body != nil {
		v.What = link{c.entryHref("e", first), c.head(it.Entry)}
	}
	switch {
	case d.Begun:
		v.Why, v.Links = c.t("web.undo.begun"), c.mending(it)
	case d.After:
		v.Why = c.t("web.undo.after")
	default:
		v.Alias = c.f.alias.of(first)
	}
	return v
}

func (c *call) kindOf(id keys.ID) record.Kind {
	it, _ := c.all.Get(id)
	return it.Body.Kind()
}

// mending gives how what has left is put right.
func (c *call) mending(it record.Seen) []link {
	if _, ok := it.Body.(record.Message); !ok {
		return nil
	}
	return []link{{c.entryHref("correct", it.ID), c.t("web.do.correct")}}
}

// undo takes a sending back, or says that it has left.
func (c *call) undo(w http.ResponseWriter, r *http.Request) error {
	it, err := c.subject(one(r.PostForm, "of"))
	if err != nil {
		return err
	}
	if _, err := c.f.h.TakeBack(c.ctx, it.ID); err != nil {
		return c.showEntry(w, r, it, err)
	}
	http.Redirect(w, r, c.entryHref("e", it.ID)+"?done=back", http.StatusSeeOther)
	return nil
}

// takenBack reports whether a correction takes back what it corrects.
func takenBack(fix record.Seen) bool {
	b, ok := fix.Body.(record.Correction)
	return ok && b.Back
}
