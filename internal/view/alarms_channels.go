package view

import (
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// word is what one way brought as a party's position on a version.
type word struct {
	party record.Name
	leans int
	act   record.SpeechAct
	hands []record.Name
	it    record.Seen
}

// words gives everything that was brought as somebody else's position on a
// version, in the order in which it was said: reported acts, and messages of
// weight that are about it.
func (v *View) words(h keys.Hash) []word {
	var out []word
	for _, s := range v.l.ActsOn(h) {
		act := s.Item.Body.(accord.Act) // the ledger puts only acts here
		if s.Rests == accord.OnReport && leaning(act.Position) != 0 {
			out = append(out, word{act.Party, leaning(act.Position), "", v.hands(s.Item, act.Party, "", s.Item.SaidBy), s.Item})
		}
	}
	for _, it := range v.saidAbout(h) {
		m := it.Body.(record.Message) // link puts nothing else there
		if party := v.PartyOf(m.From); party != "" && weight(m.SpeechAct) != 0 && m.Fidelity != record.OwnView && v.sourceOf(it.ID).IsZero() {
			out = append(out, word{party, weight(m.SpeechAct), m.SpeechAct, v.way(it), it})
		}
	}
	slices.SortStableFunc(out, func(a, b word) int { return compareInstant(a.it.When(), b.it.When()) })
	return out
}

func compareInstant(a, b record.Instant) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// contradict looks whether two ways that share no hand bring contrary positions
// of one party on one version, or different words as its very words. Of each
// way the last word counts, and an act of the party's own settles it.
func (a *alarms) contradict(h keys.Hash) {
	v := a.v
	list := v.words(h)
	raised := map[record.Name]bool{}
	for j, y := range list {
		if raised[y.party] || !lastOfItsWay(list, j) || v.ownOn(y.party, h) {
			continue
		}
		for i, x := range list[:j] {
			if x.party != y.party || !lastOfItsWay(list, i) { // so not of the same way as y
				continue
			}
			if x.leans == y.leans && !v.otherWords(x, y) {
				continue
			}
			raised[y.party] = true
			a.raise(Alarm{Kind: ChannelsContradict, Party: y.party, By: hand(x), Other: hand(y), On: v.versionOf(h)}, x.it.ID, y.it.ID)
			break
		}
	}
}

func lastOfItsWay(list []word, i int) bool {
	return !slices.ContainsFunc(list[i+1:], func(w word) bool { return w.party == list[i].party && !apart(w.hands, list[i].hands) })
}

// hand gives who stands for a way: its first hand, or whoever logged it.
func hand(w word) record.Name {
	if len(w.hands) > 0 {
		return w.hands[0]
	}
	return w.it.By
}

// ownOn reports whether a party has a stance of its own on a version.
func (v *View) ownOn(party record.Name, h keys.Hash) bool {
	s := v.l.Stance(party, h)
	return s.Own()
}

// versionOf gives the reference to a version, here or not.
func (v *View) versionOf(h keys.Hash) record.Ref {
	if pk, ok := v.l.Package(h); ok {
		return pk.Ref
	}
	if t, ok := v.l.Term(h); ok {
		return t.Ref
	}
	for _, s := range v.l.ActsOn(h) {
		return s.Item.Body.(accord.Act).On // the ledger puts only acts here
	}
	return record.Ref{Hash: h}
}

// otherWords reports whether both messages do the same in different words, each
// said to be the very words, in one language.
func (v *View) otherWords(x, y word) bool {
	a, okA := x.it.Body.(record.Message)
	b, okB := y.it.Body.(record.Message)
	if !okA || !okB || a.SpeechAct != b.SpeechAct {
		return false
	}
	if a.Fidelity != record.Verbatim || b.Fidelity != record.Verbatim || a.Lang != b.Lang || a.Text == "" || b.Text == "" {
		return false
	}
	p, q := vocabulary(a.Text), vocabulary(b.Text)
	return !slices.Equal(p, q) && !nearly(p, q)
}

// contradictTexts looks whether two ways that share no hand bring different
// texts of one name and number as one party's.
func (a *alarms) contradictTexts(n record.Name) {
	v := a.v
	texts := v.handedIn(n)
	for j, y := range texts {
		for _, x := range texts[:j] {
			if x.party != y.party || x.ref.Version != y.ref.Version || !apart(x.hands, y.hands) {
				continue
			}
			// What the party put forward itself is its text.
			if v.ownOn(x.party, x.ref.Hash) || v.ownOn(y.party, y.ref.Hash) {
				continue
			}
			a.raise(Alarm{Kind: TextsContradict, Party: y.party, By: x.from(), Other: y.from(), On: x.ref, Rival: y.ref}, x.it.ID, y.it.ID)
		}
	}
}

// handed is a text as somebody handed it in for a party.
type handed struct {
	ref   record.Ref
	party record.Name
	hands []record.Name
	it    record.Seen
}

// from gives who handed it in.
func (h handed) from() record.Name {
	if h.it.HeardFrom != "" {
		return h.it.HeardFrom
	}
	return h.it.By
}

// handedIn gives the texts of one name that are attributed to a party, as they
// were first handed in.
func (v *View) handedIn(n record.Name) []handed {
	var out []handed
	add := func(ref record.Ref, entry keys.ID) {
		it := v.item(entry)
		if party := v.PartyOf(it.Speaker()); party != "" {
			out = append(out, handed{ref, party, v.hands(it, it.Speaker(), ""), it})
		}
	}
	packages, terms := v.l.Named(n)
	for _, pk := range packages {
		add(pk.Ref, pk.Entry)
	}
	for _, t := range terms {
		add(t.Ref, t.Entry)
	}
	return out
}

// crossed looks whether an answer came by another way than the question went,
// through other hands: whoever carried the question knows nothing of it.
func (a *alarms) crossed(it record.Seen) {
	v := a.v
	if !v.sourceOf(it.ID).IsZero() {
		return
	}
	asked := v.item(it.Answers)
	q, ok := asked.Body.(record.Message)
	m, _ := it.Body.(record.Message)
	if !ok {
		return
	}
	out, back := v.way(asked), v.way(it)
	if v.between(q.To) {
		out = append(out, q.To)
	}
	if v.between(m.To) {
		back = append(back, m.To)
	}
	if len(out) == 0 || len(back) == 0 || !apart(out, back) || slices.Contains(out, m.From) {
		return
	}
	for _, mark := range v.marksOf(asked.ID) { // it may have been sent both ways
		if c, ok := mark.Body.(record.Conveyance); ok && (slices.Contains(back, c.To) || slices.Contains(back, mark.By)) {
			return
		}
	}
	a.raise(Alarm{Kind: ChannelsCrossed, Party: m.From, By: back[0], Other: out[0], On: record.Ref{Entry: it.ID}}, asked.ID, it.ID)
}

// between reports whether somebody stands between the sides, as far as this
// desk knows.
func (v *View) between(n record.Name) bool {
	if n == v.p.Keeper() {
		return false
	}
	for _, r := range v.Roles(n) {
		if r.As == record.GoBetween || r.As == record.Mediator {
			return true
		}
	}
	return v.PartyOf(n) == ""
}

// Corroboration says that a message says nearly the same as an earlier one that
// came by another way. It says nothing of whether either is true.
type Corroboration struct {
	First  keys.ID       `json:"first"`
	Second keys.ID       `json:"second"` // corroborates the first
	Party  record.Name   `json:"party"`  // whose word both bring
	Ways   []record.Name `json:"ways"`   // a hand of the first way and one of the second; the speaker where it came without any
}

// corroborateAmong and corroborateWithin bound what one message is held
// against: so many messages of the same speakers, not longer ago than that.
const (
	corroborateAmong  = 200
	corroborateWithin = 120 * day
)

// CorroboratedBy gives the messages that say nearly the same as an earlier one
// and reached this desk by ways that share no hand with it. Copies made here
// and a go-between's own views count for nothing.
func (v *View) CorroboratedBy(id keys.ID) []Corroboration {
	it := v.item(id)
	m, ok := it.Body.(record.Message)
	if !ok || !v.speaks(it, m) {
		return nil
	}
	party, hands, words := v.PartyOf(m.From), v.way(it), vocabulary(m.Text)
	var out []Corroboration
	tried := 0
	for _, o := range v.spokenFor(m.From) {
		b := o.Body.(record.Message) // link puts nothing else there
		// "Later" is when it was said; where that does not tell, when it was known.
		later := o.When() > it.When() || o.When() == it.When() && o.Known > it.Known
		if !later || o.When() > it.When()+corroborateWithin || o.ID == id || !v.speaks(o, b) || b.Lang != m.Lang {
			continue
		}
		if tried++; tried > corroborateAmong {
			break
		}
		way := v.way(o)
		if apart(hands, way) && nearly(words, vocabulary(b.Text)) {
			out = append(out, Corroboration{id, o.ID, party, []record.Name{handOf(hands, m.From), handOf(way, b.From)}})
		}
	}
	return out
}

func handOf(way []record.Name, speaker record.Name) record.Name {
	if len(way) > 0 {
		return way[0]
	}
	return speaker
}

// speaks reports whether a message brings somebody's word to this desk.
func (v *View) speaks(it record.Seen, m record.Message) bool {
	return m.Text != "" && m.Fidelity != record.OwnView && m.From != v.p.Keeper() && v.sourceOf(it.ID).IsZero()
}

// spokenFor gives the messages of everybody who belongs to a speaker's party,
// in the order in which they were said.
func (v *View) spokenFor(speaker record.Name) []record.Seen {
	party := v.PartyOf(speaker)
	if party == "" {
		return v.spokenBy(speaker)
	}
	var out []record.Seen
	for _, n := range v.peopleOf(party) {
		out = append(out, v.spokenBy(n)...)
	}
	slices.SortStableFunc(out, func(a, b record.Seen) int { return compareInstant(a.When(), b.When()) })
	return out
}

// Corroborations gives every corroboration in the record, by the earlier
// message.
func (v *View) Corroborations() []Corroboration {
	var out []Corroboration
	for _, it := range v.p.Items() {
		out = append(out, v.CorroboratedBy(it.ID)...)
	}
	return out
}
