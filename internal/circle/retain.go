package circle

import (
	"bytes"
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Doom is one entry that is to be destroyed, and what that does. What stands
// against it, if anything does, is Stays.
type Doom struct {
	Entry keys.ID       `json:"entry"`
	By    keys.ID       `json:"by,omitzero"`     // the entry of retention that says so; zero: named just now
	With  keys.ID       `json:"with,omitzero"`   // it goes because this one does: it corrects it, is corrected by it, or is the pouch of its words
	Given []record.Name `json:"given,omitempty"` // who else has it, as far as this desk knows
	Stood []record.Name `json:"stood,omitempty"` // packages that are agreed here and stand on it
	Refer []keys.ID     `json:"refer,omitempty"` // entries that stay and refer to it: they may repeat its words
	Stays Stay          `json:"stays,omitempty"`
}

// Stay is why an entry is not destroyed, although it is due or was named.
type Stay string

// The reasons.
const (
	StaysHeld    Stay = "legal-hold"
	StaysRecord  Stay = "of-the-record" // persons, parties, roles, the rule, opening, closing and retention: what the rest hangs on
	StaysAgreed  Stay = "agreed"        // an agreement stands on it: its keeper must name it
	StaysWaiting Stay = "waiting"       // it has not arrived yet where it was sent
	StaysUnread  Stay = "stops"         // it stops the channel, since this program does not understand it
)

// Stays gives every reason.
func Stays() []Stay { return []Stay{StaysHeld, StaysRecord, StaysAgreed, StaysWaiting, StaysUnread} }

// Order is what is to be destroyed besides what retention says is due.
type Order struct {
	Named  []keys.ID              // entries that the keeper names now
	Only   bool                   // those, and nothing that is due
	Agreed bool                   // he was told what is agreed on them, and wants it all the same
	Waits  func(record.Seen) bool // reports whether an entry has still to arrive somewhere; nil: none has

	// To see beforehand what a word of retention or a closing would do:
	If     *Retention // as if the keeper had entered this
	Closed bool       // as if he had closed the channel
}

// keptBy is what retention says, read once.
type keptBy struct {
	channel Kept
	entries map[keys.ID]Kept
	closed  record.Instant // when it was logged that the channel is closed; zero: it is open
}

func (c *Circle) keptBy() keptBy {
	k := keptBy{Kept{Policy: Keep}, map[keys.ID]Kept{}, 0}
	last := map[keys.ID]record.Seen{}
	for _, it := range c.items(under(c, c.listed, KindRetention)) {
		b, ok := it.Body.(Retention)
		if !ok || it.By != c.p.Keeper() {
			continue
		}
		if x, _ := latest([]record.Seen{last[b.Of], it}); x.ID != it.ID {
			continue
		}
		last[b.Of] = it
		if b.Of.IsZero() {
			k.channel = Kept{b.Policy, b.On, it.ID}
		} else {
			k.entries[b.Of] = Kept{b.Policy, b.On, it.ID}
		}
	}
	return k
}

// suppose takes one word more for said.
func (k *keptBy) suppose(r *Retention) {
	switch {
	case r == nil:
	case r.Of.IsZero():
		k.channel = Kept{Policy: r.Policy, On: r.On}
	default:
		k.entries[r.Of] = Kept{Policy: r.Policy, On: r.On}
	}
}

// due reports whether retention says that an entry is to be destroyed at now,
// and which entry of it says so. What the channel's own date or closing does
// not name goes only if it was known by then.
func (k keptBy) due(it record.Seen, now record.Instant) (keys.ID, bool) {
	own, spoken := k.entries[it.ID]
	if !spoken {
		own = k.channel
	}
	switch own.Policy {
	case DestroyOn:
		return own.Entry, own.On <= now && (spoken || it.Known <= own.On)
	case DestroyOnClose:
		return own.Entry, k.closed != 0 && (spoken || it.Known <= k.closed)
	}
	return keys.ID{}, false
}

// Dooms gives what is to be destroyed at the moment of the ledger, which reads
// the same projection, the keeper's own: what retention says is due, what the
// order names, and the corrections that go with each. It changes nothing.
func (c *Circle) Dooms(l *accord.Ledger, o Order) []Doom {
	k, now := c.keptBy(), l.Now()
	k.suppose(o.If)
	groups, order := map[keys.ID][]record.Seen{}, []keys.ID{}
	marks := map[keys.ID]Doom{}
	for _, it := range c.p.Items() {
		root := c.rootOf(it)
		switch it.Body.(type) {
		case record.Destroyed:
			continue
		case record.Open:
			if it.By == c.p.Keeper() {
				k.closed = 0
			}
		case record.Close:
			if it.By == c.p.Keeper() {
				k.closed = it.Known
			}
		}
		if len(groups[root]) == 0 {
			order = append(order, root)
		}
		groups[root] = append(groups[root], it)
	}
	if o.Closed && k.closed == 0 {
		k.closed = now
	}
	has := c.whoHas()
	var out []Doom
	for _, root := range order {
		var first *Doom
		asked := false
		for _, it := range groups[root] {
			by, due := k.due(it, now)
			named := slices.Contains(o.Named, it.ID)
			asked = asked || named
			if first == nil && (due && !o.Only || named) {
				first = &Doom{Entry: it.ID, By: by}
			}
		}
		if first == nil {
			continue
		}
		stays := k.stays(groups[root], o)
		if stays == StaysRecord && !asked {
			continue // nobody means these when he speaks of the channel
		}
		for _, it := range groups[root] {
			d := Doom{Entry: it.ID, By: first.By, Given: has(it), Stays: stays}
			if it.ID != first.Entry {
				d.With = first.Entry
			}
			marks[it.ID] = d
			out = append(out, d)
		}
	}
	standing(l, out, o)
	c.referring(marks, out)
	return out
}

// rootOf gives the entry with which another goes: the one that it corrects, or
// the pouch that its words were taken from, which can be opened again.
func (c *Circle) rootOf(it record.Seen) keys.ID {
	for range 3 { // a correction of what was in a pouch
		of := it.Corrects
		if m, ok := it.Body.(record.Message); ok && m.Fidelity == record.Sealed && it.By == c.p.Keeper() && m.To == it.By && len(it.About) == 1 {
			of = it.About[0].Entry
			if in, _ := c.p.Get(of); !isSealed(in) {
				break
			}
		}
		next, here := c.p.Get(of)
		if !here {
			break
		}
		it = next
	}
	return it.ID
}

func isSealed(it record.Seen) bool {
	m, ok := it.Body.(record.Message)
	return ok && m.Fidelity == record.Sealed
}

// stays gives what keeps an entry and its corrections.
func (k keptBy) stays(group []record.Seen, o Order) Stay {
	var found []Stay
	for _, it := range group {
		switch it.Body.(type) {
		case record.Person, record.Party, record.Role, record.Rule, record.Open, record.Close, Retention:
			found = append(found, StaysRecord)
		case record.Unknown:
			if it.Critical {
				found = append(found, StaysUnread)
			}
		}
		if k.entries[it.ID].Policy == LegalHold || k.channel.Policy == LegalHold {
			return StaysHeld
		}
		if o.Waits != nil && o.Waits(it) {
			found = append(found, StaysWaiting)
		}
	}
	if len(found) == 0 {
		return ""
	}
	return found[0]
}

// whoHas gives who else has an entry, as far as the record says: who wrote it,
// and who was given it by it or by what was done with it.
func (c *Circle) whoHas() func(record.Seen) []record.Name {
	has := map[keys.ID][]record.Name{}
	for _, n := range c.Everybody() {
		for _, g := range c.Of(n).Grants {
			if id := g.What.Entry; !id.IsZero() {
				has[id] = append(has[id], n)
			}
		}
	}
	// Whoever was given a copy has its words too, in whatever words.
	for _, it := range c.p.Items() {
		b, ok := it.Body.(record.Conveyance)
		over := b.Step == record.Handed || b.Step == record.Conveyed || b.Step == record.Received
		if ok && over && !b.As.IsZero() && b.Fidelity != record.OwnView && b.To != c.p.Keeper() {
			has[b.Of] = append(has[b.Of], b.To)
		}
	}
	return func(it record.Seen) []record.Name {
		out := slices.Clone(has[it.ID])
		if !record.IsPrivate(it.Body) {
			out = append(out, it.Audience...)
		}
		if it.By != c.p.Keeper() {
			out = append(out, it.By)
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
}

// standing notes which agreements stand on what is to go.
func standing(l *accord.Ledger, out []Doom, o Order) {
	stood := map[keys.ID][]record.Name{}
	for _, p := range l.Packages() {
		a := l.Agreement(p.Hash)
		if a.Verdict != accord.Agreed {
			continue
		}
		ids := append(slices.Clone(a.Entries), l.Bearers(p.Hash)...)
		for _, t := range p.Body.Terms {
			ids = append(ids, l.Bearers(t.Hash)...)
		}
		for _, id := range ids {
			stood[id] = append(stood[id], p.Body.Name)
		}
	}
	for i := range out {
		d := &out[i]
		d.Stood = append(slices.Clone(stood[d.Entry]), stood[d.With]...)
		slices.Sort(d.Stood)
		d.Stood = slices.Compact(d.Stood)
		if len(d.Stood) > 0 && d.Stays == "" && !o.Agreed {
			d.Stays = StaysAgreed
		}
	}
}

// referring notes which entries stay and refer to one that goes.
func (c *Circle) referring(marks map[keys.ID]Doom, out []Doom) {
	refer := map[keys.ID][]keys.ID{}
	for _, it := range c.p.Items() {
		if _, goes := marks[it.ID]; goes {
			continue
		}
		to := append(slices.Clone(it.Together), it.Answers)
		for _, r := range it.About {
			to = append(to, r.Entry)
		}
		switch b := it.Body.(type) {
		case record.Conveyance:
			to = append(to, b.Of)
			if !b.As.IsZero() && !b.Of.IsZero() {
				refer[b.Of] = append(refer[b.Of], b.As)
			}
		case record.ReadBack:
			to = append(to, b.Of)
		case record.Message:
			to = append(to, b.Denies)
		case Retention:
			continue
		}
		for _, id := range to {
			if _, goes := marks[id]; goes {
				refer[id] = append(refer[id], it.ID)
			}
		}
	}
	for i := range out {
		list := refer[out[i].Entry]
		slices.SortFunc(list, func(a, b keys.ID) int { return bytes.Compare(a[:], b[:]) })
		out[i].Refer = slices.Compact(list)
	}
}

// NextDue gives when something is next due by date; zero for never. A closing
// and a retention that is entered come with an entry.
func (c *Circle) NextDue(now record.Instant) (at record.Instant) {
	k := c.keptBy()
	sooner := func(x Kept) {
		if x.Policy == DestroyOn && x.On > now && (at == 0 || x.On < at) {
			at = x.On
		}
	}
	sooner(k.channel)
	for _, x := range k.entries {
		sooner(x)
	}
	return at
}
