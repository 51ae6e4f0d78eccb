package view

import (
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Path is how one entry came and went: every hop that this desk knows of.
type Path struct {
	Entry     keys.ID         `json:"entry"`
	Kind      record.Kind     `json:"kind"`
	Speaker   record.Name     `json:"speaker"`
	Fidelity  record.Fidelity `json:"fidelity,omitempty"` // the weakest on the way
	Hops      []Hop           `json:"hops"`
	ReadBacks []ReadBack      `json:"readBacks,omitempty"`
}

// Hop is one step from hand to hand.
type Hop struct {
	From     record.Name     `json:"from"`
	To       record.Name     `json:"to"`
	Step     record.Step     `json:"step"`
	Form     record.Form     `json:"form,omitempty"`     // "" where it is not known, or a line
	Fidelity record.Fidelity `json:"fidelity,omitempty"` // "" where it is not known
	Line     bool            `json:"line,omitempty"`     // brought by a line to this desk
	Reported bool            `json:"reported,omitempty"` // somebody's word, not this desk's own knowledge
	When     Stamp           `json:"when"`
	Entry    keys.ID         `json:"entry"` // that tells of the hop
	Note     string          `json:"note,omitempty"`
}

// ReadBack is a repetition of what was said, and how it went.
type ReadBack struct {
	By        record.Name `json:"by"`
	OK        bool        `json:"ok"`
	Corrected string      `json:"corrected,omitempty"`
	When      Stamp       `json:"when"`
	Entry     keys.ID     `json:"entry"`
}

// Asking is one request for a channel.
type Asking struct {
	Asker   record.Name   `json:"asker"`
	To      record.Name   `json:"to"`
	Through []record.Name `json:"through,omitempty"`
	Form    record.Form   `json:"form,omitempty"`
	When    Stamp         `json:"when"`
	Text    string        `json:"text,omitempty"`
	By      record.Name   `json:"by"` // who logged it
	Entry   keys.ID       `json:"entry"`
}

// Approaches gives who asked for a channel, of whom, through whom, when.
func (v *View) Approaches() []Asking {
	var out []Asking
	for _, it := range v.under(key{of: keyApproach}) {
		b := it.Body.(record.Approach) // keysOf puts nothing else there
		out = append(out, Asking{b.Asker, b.To, b.Through, b.Form, stamp(it), b.Text, it.By, it.ID})
	}
	return out
}

// Path gives the way of one entry. A conveyance is not an entry with a way of
// its own: it is a hop of another's.
func (v *View) Path(id keys.ID) (Path, bool) {
	it, ok := v.p.Get(id)
	if !ok {
		return Path{}, false
	}
	return v.path(it), true
}

// Paths gives the way of everything that was carried or that came through
// somebody: messages, acts, texts, credentials and approaches.
func (v *View) Paths() []Path {
	var out []Path
	for _, it := range v.p.InOrder() {
		switch it.Body.(type) {
		case record.Message, accord.Act, accord.Package, accord.Performance, accord.Event, accord.NothingOwed, accord.Translation, record.Credential,
			record.PersonStatus, record.ProofOfLife:
			if p := v.path(it); len(p.Hops) > 0 {
				out = append(out, p)
			}
		}
	}
	return out
}

func (v *View) path(it record.Seen) Path {
	p := v.legs(it)
	// What was handed on came into the hands of whoever did so as its source
	// tells, and not when it was handed on.
	if src, ok := v.p.Get(v.sourceOf(it.ID)); ok {
		for _, was := range v.legs(src).Hops {
			for i, h := range p.Hops {
				if i < len(p.Hops)-1 && h.From == was.From && h.To == was.To {
					p.Hops[i].When, p.Hops[i].Entry = was.When, was.Entry
				}
			}
		}
	}
	for _, m := range v.marksOf(it.ID) {
		switch b := m.Body.(type) {
		case record.Conveyance:
			p.mark(m, b)
		case record.ReadBack:
			p.ReadBacks = append(p.ReadBacks, ReadBack{b.By, b.OK, b.Corrected, stamp(m), m.ID})
		}
	}
	return p
}

// legs gives the hops that an entry itself tells of.
func (v *View) legs(it record.Seen) Path {
	p := Path{Entry: it.ID, Kind: it.Body.Kind(), Speaker: it.Speaker()}
	hands := []record.Name{it.Speaker(), it.HeardFrom, it.By}
	var form record.Form
	fidelity := record.Verbatim // texts and acts travel as they are, or not at all
	if m, ok := it.Body.(record.Message); ok {
		p.Speaker = m.From
		hands = append(append([]record.Name{m.From}, m.Via...), m.To)
		form, fidelity = m.Form, m.Fidelity
	} else {
		if to := v.recipients(it); len(to) == 1 {
			hands = append(hands, to[0])
		}
	}
	p.Fidelity = fidelity
	hands = chain(hands)
	for i := range len(hands) - 1 {
		h := Hop{From: hands[i], To: hands[i+1], Step: record.Handed, When: stamp(it), Entry: it.ID, Reported: true}
		if i == len(hands)-2 {
			h.Form, h.Fidelity = form, fidelity
			h.Line = it.Came.Over() != "" && h.To == v.p.Keeper()
			h.Reported = !h.Line && it.By != h.From && it.By != h.To
			if h.To == v.p.Keeper() {
				h.Step = record.Received
			}
		}
		p.Hops = append(p.Hops, h)
	}
	return p
}

// recipients gives to whom an entry that names no addressee went: the keeper,
// or its audience.
func (v *View) recipients(it record.Seen) []record.Name {
	switch {
	case it.By != v.p.Keeper() && it.Came.Over() != "":
		return []record.Name{v.p.Keeper()}
	case it.By == v.p.Keeper():
		return it.Audience
	}
	return nil
}

// mark adds the hop that a conveyance tells of.
func (p *Path) mark(m record.Seen, c record.Conveyance) {
	h := Hop{
		From: m.Speaker(), To: c.To, Step: c.Step, Form: c.Form, Fidelity: c.Fidelity, When: stamp(m), Entry: m.ID, Note: c.Note,
		Reported: m.SaidBy != "" && m.SaidBy != m.By || m.HeardFrom != "" || c.Step == record.Received && m.By != c.To,
	}
	if c.Step == record.Received && m.By == c.To && len(p.Hops) > 0 {
		h.From = p.Hops[len(p.Hops)-1].From
	}
	if rank(c.Fidelity) > rank(p.Fidelity) && m.By != "" {
		p.Fidelity = c.Fidelity
	}
	p.Hops = append(p.Hops, h)
}

// rank orders fidelities from the nearest to the words to the farthest.
func rank(f record.Fidelity) int {
	return slices.Index([]record.Fidelity{"", record.Sealed, record.Verbatim, record.Translation, record.Paraphrase, record.OwnView, record.Hearsay}, f)
}

// chain drops empty names and repetitions next to one another.
func chain(list []record.Name) []record.Name {
	list = slices.DeleteFunc(slices.Clone(list), func(n record.Name) bool { return n == "" })
	return slices.Compact(list)
}

// DirectTalk says whether two people, or two parties, talked without anybody
// between them, as far as this desk knows.
type DirectTalk struct {
	A        record.Name   `json:"a"`
	B        record.Name   `json:"b"`
	Recorded []keys.ID     `json:"recorded,omitempty"` // messages between them with no hand between
	Lines    []record.Name `json:"lines,omitempty"`    // this desk's own lines from the one to the other
	Own      bool          `json:"own"`                // this is the desk of one of them, so Lines is all there is
}

// Direct looks for direct talk between a and b, each a person or a party.
// Lines are the people at the other end of this desk's lines.
func (v *View) Direct(a, b record.Name, lines []record.Name) DirectTalk {
	d := DirectTalk{A: a, B: b}
	between := v.betweenThem(a, b)
	for _, it := range v.along(func(r road) bool { return r.sort == roadDirect && between(r.from, r.to) }) {
		from, to, _ := v.toldBy(it.Body)
		if m, ok := it.Body.(record.Message); ok && len(m.Via) == 0 {
			from, to = m.From, m.To
		}
		if from != "" && to != "" && between(from, to) { // as it is worded now
			d.Recorded = append(d.Recorded, it.ID)
		}
	}
	keeper := v.p.Keeper()
	for _, peer := range lines {
		if v.isOf(keeper, a) && v.isOf(peer, b) || v.isOf(keeper, b) && v.isOf(peer, a) {
			d.Lines = append(d.Lines, peer)
		}
	}
	d.Own = v.isOf(keeper, a) || v.isOf(keeper, b)
	return d
}

// isOf reports whether n is who, or a person of the party who.
func (v *View) isOf(n, who record.Name) bool { return n == who || v.PartyOf(n) == who }
