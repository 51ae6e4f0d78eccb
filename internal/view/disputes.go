package view

import (
	"reflect"
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Dispute is one thing on which accounts stand against one another. Who is
// right, nobody here says.
type Dispute struct {
	On       record.Ref  `json:"on"`              // an entry, a version, or a name of which there are several texts
	Party    record.Name `json:"party,omitempty"` // where a party's stance is what they differ on
	Claims   []Claim     `json:"claims"`
	Disputed bool        `json:"disputed"` // two of them cannot both stand
}

// Claim is one account in a dispute.
type Claim struct {
	Who      record.Name           `json:"who"`  // to whom it is attributed
	Says     string                `json:"says"` // a position, "said", "denied", "text", "otherwise"
	Rests    Grounds               `json:"rests"`
	From     record.Name           `json:"from,omitempty"` // from whom it was heard
	By       record.Name           `json:"by"`             // who logged it
	Text     record.Ref            `json:"text,omitzero"`  // the text that was handed in
	Evidence []record.EvidenceKind `json:"evidence,omitempty"`
	When     Stamp                 `json:"when"`
	Entry    keys.ID               `json:"entry"`
}

// Grounds is what a claim rests on.
type Grounds string

// The grounds.
const (
	ByOwnAct    Grounds = "own-act"
	ByOwnWord   Grounds = "own-word"
	ByReport    Grounds = "reported"
	ByHearsay   Grounds = "hearsay"
	ByHandingIn Grounds = "handed-in" // a text that somebody else gave in as theirs
)

// Claims by what they say, where that is no position.
const (
	saysIt      = "said"
	saysDenied  = "denied"
	saysText    = "text"
	saysAnother = "otherwise"
)

func (v *View) claim(it record.Seen, who record.Name, says string, rests Grounds) Claim {
	c := Claim{Who: who, Says: says, Rests: rests, From: it.HeardFrom, By: it.By, When: stamp(it), Entry: it.ID}
	for _, e := range it.Evidence {
		c.Evidence = append(c.Evidence, e.What)
	}
	return c
}

// groundsOf says what a message rests on as the word of whom it names.
func (v *View) groundsOf(it record.Seen) Grounds {
	m, _ := it.Body.(record.Message)
	switch {
	case m.From == it.By && v.direct(it):
		return ByOwnWord
	case m.Fidelity == record.Hearsay:
		return ByHearsay
	}
	return ByReport
}

// DisputeOfEntry gives who stands by an entry and who denies it, or says that
// it should have said something else. Of a message that is about versions it
// also gives what is disputed about those.
func (v *View) DisputeOfEntry(id keys.ID) []Dispute {
	it, ok := v.p.Get(id)
	if !ok {
		return nil
	}
	out := []Dispute{v.entryDispute(it)}
	for _, r := range versions(it) {
		for _, d := range v.DisputesOn(r.Hash) {
			if d.On.Entry != id {
				out = append(out, d)
			}
		}
	}
	return out
}

func (v *View) entryDispute(it record.Seen) Dispute {
	id := it.ID
	d := Dispute{On: record.Ref{Entry: id}}
	grounds, who := ByReport, it.Speaker()
	if m, message := it.Body.(record.Message); message {
		who, grounds = m.From, v.groundsOf(it)
	} else if v.direct(it) {
		grounds = ByOwnWord
	}
	d.Claims = []Claim{v.claim(it, who, saysIt, grounds)}
	for _, n := range v.denialsOf(id) {
		d.Claims = append(d.Claims, v.claim(n, n.Body.(record.Message).From, saysDenied, v.groundsOf(n))) // denialsOf gives messages
	}
	for _, f := range v.fixesOf(id) {
		c, ok := f.Body.(record.Correction)
		if ok && f.By != it.By && !reflect.DeepEqual(c.Now, it.Body) {
			d.Claims = append(d.Claims, v.claim(f, f.Speaker(), saysAnother, ByOwnWord))
		}
	}
	d.Disputed = len(d.Claims) > 1
	return d
}

// DisputesOn gives where accounts differ on a version: of a party's stance, and
// of what was said about it.
func (v *View) DisputesOn(h keys.Hash) []Dispute {
	var out []Dispute
	var parties []record.Name
	for _, s := range v.l.ActsOn(h) {
		act := s.Item.Body.(accord.Act) // the ledger puts only acts here
		if !slices.Contains(parties, act.Party) {
			parties = append(parties, act.Party)
		}
	}
	for _, p := range parties {
		if d, ok := v.stanceDispute(p, h); ok {
			out = append(out, d)
		}
	}
	for _, it := range v.saidAbout(h) {
		if len(v.denialsOf(it.ID)) > 0 {
			out = append(out, v.entryDispute(it))
		}
	}
	return out
}

// stanceDispute holds what was said of a party's stance on a version against
// its own acts, or what one way brought against another. A party that moves is
// no dispute; that somebody says it stood where its own acts never put it is
// one.
func (v *View) stanceDispute(party record.Name, h keys.Hash) (Dispute, bool) {
	d := Dispute{On: v.versionOf(h), Party: party}
	own, ownLeans := false, map[int]bool{}
	var told []word
	for _, s := range v.l.ActsOn(h) {
		act := s.Item.Body.(accord.Act) // the ledger puts only acts here
		if act.Party != party || leaning(act.Position) == 0 {
			continue
		}
		who, rests := s.Item.Speaker(), ByOwnAct
		switch {
		case s.Rests != accord.OnReport:
			own, ownLeans[leaning(act.Position)] = true, true
		case v.isOf(s.Item.Speaker(), party) && v.isOf(s.Item.HeardFrom, party) && s.Item.HeardFrom == s.Item.Speaker():
			rests = ByReport
		case s.Item.HeardFrom != "" && s.Item.HeardFrom != s.Item.Speaker():
			rests = ByHearsay
		default:
			rests = ByReport
		}
		if rests != ByOwnAct {
			told = append(told, word{party: party, leans: leaning(act.Position), hands: v.hands(s.Item, party, "", s.Item.SaidBy), it: s.Item})
		}
		d.Claims = append(d.Claims, v.claim(s.Item, who, string(act.Position), rests))
	}
	for i, x := range told {
		if own && !ownLeans[x.leans] {
			d.Disputed = true
		}
		for _, y := range told[:i] {
			if !own && x.leans != y.leans && apart(x.hands, y.hands) {
				d.Disputed = true
			}
		}
	}
	return d, d.Disputed || !own && len(told) > 0
}

// DisputesUnder gives the texts of one name and number that were handed in as
// one party's and differ: all stand, each with who handed it in and what
// evidence binds it.
func (v *View) DisputesUnder(n record.Name) []Dispute {
	type key struct {
		party   record.Name
		version int
	}
	var order []key
	found := map[key]*Dispute{}
	for _, t := range v.handedIn(n) {
		k := key{t.party, t.ref.Version}
		if found[k] == nil {
			order = append(order, k)
			found[k] = &Dispute{On: record.Ref{Name: n, Version: k.version}, Party: k.party}
		}
		rests := ByHandingIn
		if v.direct(t.it) {
			rests = ByOwnWord
		}
		c := v.claim(t.it, t.it.Speaker(), saysText, rests)
		c.Text, c.From = t.ref, t.from()
		found[k].Claims = append(found[k].Claims, c)
	}
	var out []Dispute
	for _, k := range order {
		if d := found[k]; len(d.Claims) > 1 {
			d.Disputed = true
			out = append(out, *d)
		}
	}
	return out
}

// Disputes gives everything on which accounts stand against one another.
func (v *View) Disputes() []Dispute {
	type on struct {
		ref   record.Ref
		party record.Name
	}
	var out []Dispute
	had := map[on]bool{}
	add := func(list []Dispute) {
		for _, d := range list {
			if at := (on{d.On, d.Party}); d.Disputed && !had[at] {
				had[at] = true
				out = append(out, d)
			}
		}
	}
	names := map[record.Name]bool{}
	for _, s := range v.subjects() {
		switch s.of {
		case ofVersion:
			add(v.DisputesOn(s.hash))
		case ofName:
			if !names[s.name] {
				names[s.name] = true
				add(v.DisputesUnder(s.name))
			}
		case ofEntry:
			if len(v.denialsOf(s.id))+len(v.fixesOf(s.id)) > 0 {
				if it, ok := v.p.Get(s.id); ok {
					add([]Dispute{v.entryDispute(it)})
				}
			}
		}
	}
	return out
}

// Correcting is one correction: what it corrects, by whom and when, and both
// wordings. One that its author may not make stands beside the entry.
type Correcting struct {
	Of       keys.ID     `json:"of"`
	By       record.Name `json:"by"`
	When     Stamp       `json:"when"`
	Reason   string      `json:"reason,omitempty"`
	Stands   bool        `json:"stands"` // it is what the entry says now
	Changes  []Run       `json:"changes,omitempty"`
	Entry    keys.ID     `json:"entry"`
	Original record.Body `json:"-"`
	Now      record.Body `json:"-"`
}

// CorrectionsOf gives the corrections of one entry, in order.
func (v *View) CorrectionsOf(id keys.ID) []Correcting {
	it, ok := v.p.Get(id)
	if !ok {
		return nil
	}
	original := it.First
	if original == nil {
		original = it.Body
	}
	var out []Correcting
	for _, f := range v.fixesOf(id) {
		c := f.Body.(record.Correction) // link puts nothing else there
		k := Correcting{Of: id, By: f.By, When: stamp(f), Reason: c.Reason, Stands: f.ID == it.CorrectedBy, Entry: f.ID, Original: original, Now: c.Now}
		x, okX := original.(record.Message)
		y, okY := c.Now.(record.Message)
		if okX && okY {
			k.Changes = Wording(x.Text, y.Text)
		}
		out = append(out, k)
	}
	return out
}

// Corrections gives every correction of what is here, in the order in which the
// corrections were made.
func (v *View) Corrections() []Correcting {
	var out []Correcting
	for _, it := range v.under(key{of: keyCorrection}) {
		for _, c := range v.CorrectionsOf(it.Corrects) {
			if c.Entry == it.ID {
				out = append(out, c)
			}
		}
	}
	return out
}
