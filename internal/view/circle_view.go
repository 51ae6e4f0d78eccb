package view

import (
	"slices"

	"backchannel/internal/circle"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Knows gives what one person was given, from whom, on what footing, and when.
// Of the keeper it gives nothing: he has the record.
func (v *View) Knows(who record.Name) circle.Knows { return v.ring().Of(who) }

// SomeKnown gives n of what one person was given, from the one at from on, the
// newest first, and how much there is.
func (v *View) SomeKnown(who record.Name, from, n int) circle.Known {
	return v.ring().Some(who, from, n)
}

// Inside reports whether somebody takes part in the talks.
func (v *View) Inside(who record.Name) bool { return v.ring().Inside(who) }

// Circle gives everybody who knows anything, the keeper aside, by name.
func (v *View) Circle() []circle.Knows {
	var out []circle.Knows
	for _, n := range v.ring().Everybody() {
		out = append(out, v.ring().Of(n))
	}
	return out
}

// Knowing gives the names of everybody who knows anything, the keeper aside.
func (v *View) Knowing() []record.Name { return v.ring().Everybody() }

// Requests gives what outsiders asked, what was planned to be said and what
// was; of one person or party alone where who is given.
func (v *View) Requests(who record.Name) []circle.Asked { return v.ring().Requests(who) }

// Request gives one request.
func (v *View) Request(id keys.ID) (circle.Asked, bool) { return v.ring().Asked(id) }

// Exposures gives what every incident exposed, in order.
func (v *View) Exposures() []circle.Exposure {
	var out []circle.Exposure
	for _, id := range v.ring().Incidents() {
		if x, ok := v.ring().Exposed(id); ok {
			out = append(out, x)
		}
	}
	return out
}

// Exposure gives what one incident exposed.
func (v *View) Exposure(id keys.ID) (circle.Exposure, bool) { return v.ring().Exposed(id) }

// Notifications gives how far every notification plan has come.
func (v *View) Notifications() []circle.Following {
	var out []circle.Following
	for _, id := range v.ring().Plans() {
		if f, ok := v.ring().Following(id, v.l); ok {
			out = append(out, f)
		}
	}
	return out
}

// Notification gives how far one notification plan has come.
func (v *View) Notification(id keys.ID) (circle.Following, bool) { return v.ring().Following(id, v.l) }

// AccountView is one account, and its claims held against the record.
type AccountView struct {
	Account circle.Account `json:"account"`
	By      record.Name    `json:"by"` // who logged it
	When    Stamp          `json:"when"`
	Entry   keys.ID        `json:"entry"`
	Held    []circle.Held  `json:"held,omitempty"`
}

// Accounts gives every account, in the order in which they were given: rival
// ones side by side, and never a verdict.
func (v *View) Accounts() []AccountView {
	var out []AccountView
	for _, id := range v.ring().Accounts() {
		if a, ok := v.Account(id); ok {
			out = append(out, a)
		}
	}
	return out
}

// Account gives one account.
func (v *View) Account(id keys.ID) (AccountView, bool) {
	a, it, ok := v.ring().Account(id)
	if !ok {
		return AccountView{}, false
	}
	return AccountView{a, it.By, stamp(it), id, v.ring().Hold(id, v.l)}, true
}

// Deeds gives what one person, or the people of a party, did in the talks: what
// the record can count, beside what people say of it.
func (v *View) Deeds(who record.Name) circle.Deeds { return v.ring().Deeds(who) }

// Hints gives what the reader of an entry could infer from it that he was not
// given: to be looked at before it is sent.
func (v *View) Hints(e record.Entry, reader record.Name, with []record.Entry) []circle.Hint {
	return v.ring().Hints(e, reader, with)
}

// Telltales gives the phrases of an entry's own words that point at something its
// reader was not given: a guess.
func (v *View) Telltales(e record.Entry, reader record.Name, with []record.Entry, by circle.Phrases) []circle.Hint {
	return v.ring().Telltales(e, reader, with, by)
}

// Retention gives how long an entry is kept; the channel, for the zero id.
func (v *View) Retention(of keys.ID) circle.Kept { return v.ring().Retention(of) }

// partsIn gives everybody whose part or stance accounts speak of, and their
// sources where they are named.
func partsIn(list []AccountView) []record.Name {
	var out []record.Name
	add := func(n record.Name) {
		if n != "" && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	for _, a := range list {
		add(a.Account.Source.Name)
		for _, h := range a.Held {
			add(h.Claim.Who)
		}
	}
	slices.Sort(out)
	return out
}

// toldBy gives who told whom, and what, by an entry that says that somebody was
// asked, answered or told; nobody by any other.
func (v *View) toldBy(body record.Body) (from, to record.Name, text string) {
	switch b := body.(type) {
	case circle.Request:
		return b.By, b.Of, b.Text
	case circle.Answer:
		if b.As != circle.Silence {
			return b.By, b.To, b.Text
		}
	case circle.Disclosure:
		if !b.Nothing && b.By != "" {
			return b.By, b.To, b.Text
		}
	case circle.Notification:
		if b.Reach == circle.Told && b.By != "" {
			return b.By, b.Who, b.Text
		}
	}
	return "", "", ""
}

// PlannedLines gives what is to be said to one person if he asks, in order.
func (v *View) PlannedLines(who record.Name) []record.Seen { return v.ring().Lines(who) }
