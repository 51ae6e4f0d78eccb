package circle

import (
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Bearing is how a claim compares with the record. It is no verdict: entries on
// both sides stand side by side.
type Bearing string

// The bearings.
const (
	Corroborated Bearing = "corroborated" // entries speak for it, and none against
	Contradicted Bearing = "contradicted" // entries speak against it, and none for it
	Contested    Bearing = "contested"    // entries on both sides
	Unsupported  Bearing = "unsupported"  // nothing here speaks for it or against it
)

// Held is one claim held against the record.
type Held struct {
	Claim   Claim     `json:"claim"`
	Account keys.ID   `json:"account"`
	Number  int       `json:"number"` // of the claim within its account, from 1
	Bearing Bearing   `json:"bearing"`
	For     []keys.ID `json:"for,omitempty"`
	Against []keys.ID `json:"against,omitempty"`
	Reports []keys.ID `json:"reports,omitempty"` // somebody's word for it, or against it: neither
	Beside  []keys.ID `json:"beside,omitempty"`  // what there is, where the claim weighs and the record does not
	Rivals  []keys.ID `json:"rivals,omitempty"`  // accounts that claim the opposite
}

// Accounts gives every account, in order.
func (c *Circle) Accounts() []keys.ID { return ids(c.items(under(c, c.listed, KindAccount))) }

// Account gives one account.
func (c *Circle) Account(id keys.ID) (Account, record.Seen, bool) {
	it, _ := c.get(id)
	a, ok := it.Body.(Account)
	return a, it, ok
}

// Hold holds the claims of one account against the record.
func (c *Circle) Hold(id keys.ID, l *accord.Ledger) []Held {
	a, it, ok := c.Account(id)
	if !ok {
		return nil
	}
	out := make([]Held, len(a.Claims))
	for i, claim := range a.Claims {
		h := holder{c: c, l: l, account: it, claim: claim}
		h.weigh()
		if claim.Not {
			h.pro, h.con = h.con, h.pro
		}
		held := Held{Claim: claim, Account: id, Number: i + 1, For: c.sorted(h.pro), Against: c.sorted(h.con), Reports: c.sorted(h.reports), Beside: c.sorted(h.beside)}
		switch {
		case len(held.For) > 0 && len(held.Against) > 0:
			held.Bearing = Contested
		case len(held.For) > 0:
			held.Bearing = Corroborated
		case len(held.Against) > 0:
			held.Bearing = Contradicted
		default:
			held.Bearing = Unsupported
		}
		held.Rivals = c.rivals(claim, id)
		out[i] = held
	}
	return out
}

// sorted gives ids in the order of the record, each once.
func (c *Circle) sorted(list []keys.ID) []keys.ID {
	if len(list) == 0 {
		return nil
	}
	return ids(c.items(list))
}

// rivals gives the accounts that claim the opposite of a claim.
func (c *Circle) rivals(claim Claim, of keys.ID) []keys.ID {
	var out []keys.ID
	for _, it := range c.items(under(c, c.listed, KindAccount)) {
		a, ok := it.Body.(Account)
		if ok && it.ID != of && slices.ContainsFunc(a.Claims, func(o Claim) bool { return opposite(claim, o) }) {
			out = append(out, it.ID)
		}
	}
	return out
}

// opposite reports whether two claims cannot both be so.
func opposite(x, y Claim) bool {
	if x.Sort != y.Sort || x.Who != y.Who {
		return false
	}
	if x.Sort != ClaimPart && !(x.On.IsZero() && y.On.IsZero()) && !same(x.On, y.On) {
		return false
	}
	switch {
	case x.Sort == ClaimStance && x.Position != y.Position:
		return !x.Not && !y.Not && excludes(x.Position, y.Position)
	case x.Sort == ClaimPart && x.Part != y.Part:
		apart := func(a, b Part) bool { return a == NoPart && b != NoPart || a == Decisive && b == Marginal }
		return !x.Not && !y.Not && (apart(x.Part, y.Part) || apart(y.Part, x.Part))
	}
	return x.Not != y.Not
}

// excludes reports whether one party cannot have taken both positions on one
// text and kept to them.
func excludes(x, y accord.Position) bool {
	behind := func(p accord.Position) bool {
		return p == accord.Floated || p == accord.Proposed || p == accord.Accepted
	}
	return behind(x) != behind(y)
}

// holder gathers what the record has on one claim.
type holder struct {
	c        *Circle
	l        *accord.Ledger
	account  record.Seen
	claim    Claim
	pro, con []keys.ID
	reports  []keys.ID
	beside   []keys.ID
}

func (h *holder) weigh() {
	switch h.claim.Sort {
	case ClaimStance:
		h.stance()
	case ClaimUnconditional:
		h.unconditional()
	case ClaimSaid:
		h.said()
	case ClaimPart:
		h.part()
	case ClaimKnew:
		h.knew()
	}
}

// stance: the party's own acts speak for or against; a report is a report.
func (h *holder) stance() {
	for _, v := range h.versions() {
		for _, s := range h.l.ActsOn(v) {
			act, ok := s.Item.Body.(accord.Act)
			if !ok || act.Party != h.claim.Who {
				continue
			}
			switch {
			case s.Rests == accord.OnReport:
				h.reports = append(h.reports, s.Item.ID)
			case act.Echo:
			case act.Position == h.claim.Position:
				h.pro = append(h.pro, s.Item.ID)
			case excludes(act.Position, h.claim.Position):
				h.con = append(h.con, s.Item.ID)
			}
		}
	}
}

// versions gives the texts that the claim is about: one version, or all of a
// name.
func (h *holder) versions() []keys.Hash {
	r := h.claim.On
	if !r.Hash.IsZero() {
		return []keys.Hash{r.Hash}
	}
	var out []keys.Hash
	packages, terms := h.l.Named(r.Name)
	for _, p := range packages {
		if r.Version == 0 || p.Body.Version == r.Version {
			out = append(out, p.Hash)
		}
	}
	for _, t := range terms {
		if r.Version == 0 || t.Body.Version == r.Version {
			out = append(out, t.Hash)
		}
	}
	return out
}

// unconditional: the term's own text says whether it waits for something, and
// other texts whether something is owed in exchange for it. What somebody
// expects of it is no condition.
func (h *holder) unconditional() {
	for _, v := range h.versions() {
		t, ok := h.l.Term(v)
		if !ok {
			continue
		}
		if t.Body.When.String() == "" && len(t.Body.Against) == 0 {
			h.pro = append(h.pro, t.Entry)
		} else {
			h.con = append(h.con, t.Entry)
		}
		for _, p := range h.l.PackagesWith(v) {
			terms, _ := h.l.TermsOf(p.Body)
			for _, o := range terms {
				if slices.Contains(o.Body.Against, t.Body.Name) {
					h.con = append(h.con, o.Entry)
				}
			}
		}
	}
}

// said: the entry itself, where it is his own word; a denial of it by whoever
// is said to have said it.
func (h *holder) said() {
	it, ok := h.c.get(h.claim.On.Entry)
	if !ok {
		return
	}
	who := it.Speaker()
	if m, is := it.Body.(record.Message); is {
		who = m.From
	}
	switch {
	case !h.is(who):
		h.con = append(h.con, it.ID)
	case h.firstHand(it):
		h.pro = append(h.pro, it.ID)
	default:
		h.reports = append(h.reports, it.ID)
	}
	for _, d := range h.c.items(under(h.c, h.c.denied, it.ID)) {
		m, is := d.Body.(record.Message)
		switch {
		case !is || m.Denies != it.ID || !h.is(m.From):
		case h.firstHand(d):
			h.con = append(h.con, d.ID)
		default:
			h.reports = append(h.reports, d.ID)
		}
	}
}

// firstHand reports whether this desk had an entry from the person himself: by
// his line, or in the keeper's own ear.
func (h *holder) firstHand(it record.Seen) bool {
	m, ok := it.Body.(record.Message)
	if !ok {
		return it.FirstHand()
	}
	keeper := h.c.p.Keeper()
	return len(m.Via) == 0 && m.Fidelity != record.Hearsay && (it.By == m.From || it.By == keeper && m.To == keeper && (it.HeardFrom == "" || it.HeardFrom == m.From))
}

// is reports whether n is whom the claim is about, or one of his party.
func (h *holder) is(n record.Name) bool {
	return n == h.claim.Who || n != "" && h.c.PartyOf(n) == h.claim.Who
}

// part: the record knows who spoke, carried, proposed and accepted. Who was
// decisive it does not: there it names what there is and says neither.
func (h *holder) part() {
	mine := h.c.Deeds(h.claim.Who)
	all := slices.Concat(mine.Spoke, mine.Carried, mine.Proposed, mine.Accepted)
	if h.claim.Part != NoPart {
		h.reports = mine.Reported
	}
	switch h.claim.Part {
	case Spoke:
		h.pro = mine.Spoke
	case Carried:
		h.pro = mine.Carried
	case Proposed:
		h.pro = mine.Proposed
	case Accepted:
		h.pro = mine.Accepted
	case Contributed:
		h.pro = all
	case NoPart:
		h.con = all
	case Decisive, Marginal:
		h.beside = all
	}
}

// knew: what gave it to him.
func (h *holder) knew() {
	for _, n := range h.c.MembersOf(h.claim.Who) {
		if n == h.c.p.Keeper() {
			continue
		}
		k := h.c.Of(n)
		for _, g := range k.Grants {
			if g.Nothing || g.Own && !k.Inside {
				continue // who was told nothing may have known all the same
			}
			if h.claim.On.IsZero() || same(h.claim.On, g.What) {
				h.pro = append(h.pro, g.Source)
			}
		}
	}
}

// Deeds is what a person, or the people of a party, did in the talks, as far as
// the record has it.
type Deeds struct {
	Who      record.Name `json:"who"`
	Spoke    []keys.ID   `json:"spoke,omitempty"`
	Carried  []keys.ID   `json:"carried,omitempty"`
	Proposed []keys.ID   `json:"proposed,omitempty"`
	Accepted []keys.ID   `json:"accepted,omitempty"`
	Reported []keys.ID   `json:"reported,omitempty"` // said to be his, and only by others
}

// Deeds gives what somebody did in the talks.
func (c *Circle) Deeds(who record.Name) Deeds {
	d := Deeds{Who: who}
	var lists [][]keys.ID
	people := c.MembersOf(who)
	for _, n := range people {
		if n == c.p.Keeper() {
			lists = append(lists, c.all())
		} else {
			lists = append(lists, under(c, c.told, n))
		}
	}
	lists = append(lists, under(c, c.acts, who))
	passedOn := map[keys.ID]bool{} // a copy that was handed on is no message of its own
	items := c.items(lists...)
	for _, it := range items {
		if b, ok := it.Body.(record.Conveyance); ok && !b.As.IsZero() && b.As != b.Of && b.Fidelity != record.OwnView {
			passedOn[b.As] = true
		}
	}
	mine := func(n record.Name) bool { return slices.Contains(people, n) }
	for _, it := range items {
		switch b := it.Body.(type) {
		case record.Message:
			switch {
			case !mine(b.From) || passedOn[it.ID]:
			case b.Fidelity == record.Hearsay:
				d.Reported = append(d.Reported, it.ID)
			default:
				d.Spoke = append(d.Spoke, it.ID)
			}
			if slices.ContainsFunc(b.Via, mine) {
				d.Carried = append(d.Carried, it.ID)
			}
		case record.Conveyance:
			// That a word of his own was received is no carrying, and desks log it
			// when they learn of it.
			if mine(it.Speaker()) && (b.Step == record.Conveyed || b.Step == record.Handed) {
				d.Carried = append(d.Carried, it.ID)
			}
		case accord.Act:
			if b.Echo || b.Party != who && !mine(it.Speaker()) {
				continue
			}
			switch b.Position {
			case accord.Floated, accord.Proposed, accord.Accepted:
				if !c.ownAct(it) {
					d.Reported = append(d.Reported, it.ID)
					continue
				}
			}
			switch b.Position {
			case accord.Floated, accord.Proposed:
				d.Proposed = append(d.Proposed, it.ID)
			case accord.Accepted:
				d.Accepted = append(d.Accepted, it.ID)
			}
		}
	}
	return d
}

// ownAct reports whether an act came here from its author himself: typed by the
// keeper, or over the author's line, and attributed to nobody else. Whether he
// may act for the party is for accord to say; here it is counted who did.
func (c *Circle) ownAct(it record.Seen) bool {
	over := it.Came.Over()
	return it.FirstHand() && (over == it.By || over == "" && it.By == c.p.Keeper())
}
