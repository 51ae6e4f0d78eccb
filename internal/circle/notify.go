package circle

import (
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Turn is how far a plan has come with one person.
type Turn string

// The turns.
const (
	Waiting         Turn = "waiting" // what the plan waits for has not happened
	OnHold          Turn = "held"    // somebody before him comes first, or has not acknowledged
	Next            Turn = "next"    // he is to be told now
	WasTold         Turn = "told"    // and has not acknowledged
	HasAcknowledged Turn = "acknowledged"
)

// Telling is one person of a plan, and how far it has come with him.
type Telling struct {
	PlanStep
	Turn     Turn        `json:"turn"`
	HeldBy   record.Name `json:"heldBy,omitempty"`   // of OnHold: who comes first
	Early    bool        `json:"early,omitempty"`    // told before his turn
	Attempts int         `json:"attempts,omitempty"` // how often he was not reached
	Arrived  bool        `json:"arrived,omitempty"`  // the message that told him is on his desk
}

// Follow says how far a plan has come, from what was noted of it. It depends on
// which notes there are and not on their order, so that any order of arrival
// gives the same.
func Follow(p Plan, begun bool, notes []Notification) []Telling {
	told, acked := map[record.Name]bool{}, map[record.Name]bool{}
	tried := map[record.Name]int{}
	for _, n := range notes {
		switch n.Reach {
		case Told:
			told[n.Who] = true
		case Acknowledged:
			told[n.Who], acked[n.Who] = true, true
		case NotReached:
			tried[n.Who]++
		case Begun:
			begun = true
		}
	}
	out := make([]Telling, len(p.Steps))
	for i, s := range p.Steps {
		t := Telling{PlanStep: s, Attempts: tried[s.Who]}
		before := blocker(p.Steps[:i], told, acked)
		switch {
		case acked[s.Who]:
			t.Turn, t.Early = HasAcknowledged, before != ""
		case told[s.Who]:
			t.Turn, t.Early = WasTold, before != ""
		case !begun:
			t.Turn = Waiting
		case before != "":
			t.Turn, t.HeldBy = OnHold, before
		default:
			t.Turn = Next
		}
		out[i] = t
	}
	return out
}

// blocker gives who must first be told, or acknowledge.
func blocker(before []PlanStep, told, acked map[record.Name]bool) record.Name {
	for _, s := range before {
		if !told[s.Who] || s.Hold && !acked[s.Who] {
			return s.Who
		}
	}
	return ""
}

// NextOf gives who is to be told now; false where nobody is.
func NextOf(list []Telling) (Telling, bool) {
	i := slices.IndexFunc(list, func(t Telling) bool { return t.Turn == Next })
	if i < 0 {
		return Telling{}, false
	}
	return list[i], true
}

// Allow reports why a note may not be made of a plan: it would tell somebody
// twice, out of his turn, or who does not stand in it. What happened all the
// same can be logged as what it is, a message.
func Allow(p Plan, begun bool, notes []Notification, n Notification) error {
	list := Follow(p, begun, notes)
	if n.Reach == Begun {
		if begun || slices.ContainsFunc(notes, func(o Notification) bool { return o.Reach == Begun }) {
			return fault.New(fault.Exists, "circle.begun", "see how far it has come", "this plan has begun already")
		}
		return nil
	}
	i := slices.IndexFunc(list, func(t Telling) bool { return t.Who == n.Who })
	if i < 0 {
		return fault.New(fault.NotFound, "circle.not-in-plan", "correct the plan, or log a disclosure", "%s does not stand in this plan", n.Who)
	}
	t := list[i]
	switch {
	case t.Turn == Waiting:
		return fault.New(fault.Refused, "circle.not-begun", "say first that what it waits for has happened", "this plan has not begun, so %s is not told yet", n.Who)
	case t.Turn == OnHold:
		return fault.New(fault.Refused, "circle.held", "", "%s waits for %s", n.Who, t.HeldBy).
			WithHint("wait for %s, or correct the plan", t.HeldBy)
	case n.Reach == Acknowledged && t.Turn == WasTold:
		return nil
	case n.Reach == Acknowledged && t.Turn == Next:
		return fault.New(fault.Refused, "circle.not-told", "say first that he was told", "%s was not told, so he cannot have acknowledged", n.Who)
	case t.Turn != Next:
		return fault.New(fault.Exists, "circle.told-already", "nothing is left to do here", "%s was told already", n.Who)
	}
	return nil
}

// Following is one plan, and how far it has come.
type Following struct {
	Plan  Plan      `json:"plan"`
	Entry keys.ID   `json:"entry"`
	Begun bool      `json:"begun"`
	On    []keys.ID `json:"on,omitempty"` // the entries that set it off
	Steps []Telling `json:"steps"`
	Notes []Noted   `json:"notes,omitempty"`
}

// Noted is one note of a plan and the entry that it stands in.
type Noted struct {
	Notification
	Said  record.Interval `json:"said"`
	Known record.Instant  `json:"known"`
	Entry keys.ID         `json:"entry"`
}

// Plans gives every notification plan, in order.
func (c *Circle) Plans() []keys.ID { return ids(c.items(under(c, c.listed, KindPlan))) }

// Following says how far one plan has come. What somebody answers over the line
// to what he was told over it is among the notes, as his acknowledgement. A plan on the agreement of a
// package begins once this desk can verify that agreement (law 1).
func (c *Circle) Following(id keys.ID, l *accord.Ledger) (Following, bool) {
	it, _ := c.get(id)
	p, ok := it.Body.(Plan)
	if !ok {
		return Following{}, false
	}
	f := Following{Plan: p, Entry: id}
	if p.On == OnAgreed && !p.Text.Hash.IsZero() {
		if g := l.Agreement(p.Text.Hash); g.Verdict == accord.Agreed {
			f.Begun, f.On = true, g.Entries
		}
	}
	for _, n := range c.items(under(c, c.of, id)) {
		b, ok := n.Body.(Notification)
		if !ok || b.Plan != id {
			continue
		}
		f.Notes = append(f.Notes, Noted{b, saidAt(n), n.Known, n.ID})
		if heard, ok := c.heardBack(b); ok {
			f.Notes = append(f.Notes, heard)
		}
		if b.Reach == Begun {
			f.Begun = true
			f.On = append(f.On, n.ID)
		}
	}
	f.Steps = Follow(p, f.Begun, f.notes())
	for i := range f.Steps {
		f.Steps[i].Arrived = f.arrived(l, f.Steps[i].Who)
	}
	return f, true
}

// notes gives the notes alone.
func (f Following) notes() []Notification {
	out := make([]Notification, len(f.Notes))
	for i, n := range f.Notes {
		out[i] = n.Notification
	}
	return out
}

// heardBack gives the acknowledgement of somebody who was told over a line: the
// first entry of his own, from his own desk, that answers the message or reads
// it back. It stays one if he corrects or withdraws it: he has heard. That his
// desk received the message is no acknowledgement of his.
func (c *Circle) heardBack(n Notification) (Noted, bool) {
	if n.Reach != Told || n.As.IsZero() {
		return Noted{}, false
	}
	for _, it := range c.items(under(c, c.heard, n.As)) {
		if it.Came.Over() == n.Who {
			return Noted{Notification{Plan: n.Plan, Who: n.Who, Reach: Acknowledged}, saidAt(it), it.Known, it.ID}, true
		}
	}
	return Noted{}, false
}

// arrived reports whether the message that told somebody is on his desk.
func (f Following) arrived(l *accord.Ledger, who record.Name) bool {
	for _, n := range f.Notes {
		if n.Who != who || n.As.IsZero() {
			continue
		}
		for _, it := range l.MarksOf(n.As) {
			if m, ok := it.Body.(record.Conveyance); ok && m.Step == record.Received && m.To == who && m.Of == n.As {
				return true
			}
		}
	}
	return false
}

// Telling gives what tells whoever is next of a plan over the line to him, in
// the words of the plan: the message, and the note that he was told by it. They
// are one transaction. It refuses where nobody is next, and where he is told
// otherwise.
func (f Following) Telling(keeper record.Name, id keys.ID) ([]record.Entry, error) {
	next, ok := NextOf(f.Steps)
	switch {
	case !ok:
		return nil, fault.New(fault.Refused, "circle.nobody-next", "look what the plan waits for", "nobody is to be told now")
	case next.Form != "" || next.By != "" && next.By != keeper:
		return nil, fault.New(fault.Refused, "circle.by-hand", "tell him so, then note it", "%s is told by hand, or by somebody else", next.Who)
	case next.Words == "":
		return nil, fault.New(fault.Malformed, "circle.no-words", "correct the plan, or tell him by hand", "the plan has no words for %s", next.Who)
	}
	return []record.Entry{
		{ID: id, Audience: []record.Name{next.Who}, Body: record.Message{
			From: keeper, To: next.Who, Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Inform, Text: next.Words,
		}},
		{Body: Notification{Plan: f.Entry, Who: next.Who, Reach: Told, By: keeper, As: id}},
	}, nil
}
