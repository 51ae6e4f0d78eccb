package view

import (
	"bytes"
	"cmp"
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
	list := lastWords(v.words(h))
	raised := map[record.Name]bool{}
	for j, y := range list {
		if raised[y.party] || v.ownOn(y.party, h) {
			continue
		}
		for _, x := range list[:j] {
			if x.party != y.party || x.leans == y.leans && !v.otherWords(x, y) {
				continue
			}
			raised[y.party] = true
			a.raise(Alarm{Kind: ChannelsContradict, Party: y.party, By: hand(x), Other: hand(y), On: v.versionOf(h)}, x.it.ID, y.it.ID)
			break
		}
	}
}

// lastWords keeps of each party the words after which no hand of theirs brought
// another. Any two of one party that are left came by independent ways.
func lastWords(list []word) []word {
	type had struct{ party, hand record.Name }
	later := map[had]bool{}
	var out []word
	for _, w := range slices.Backward(list) {
		hands := w.hands
		if len(hands) == 0 {
			hands = []record.Name{""} // without any hand: one way as well
		}
		if !slices.ContainsFunc(hands, func(n record.Name) bool { return later[had{w.party, n}] }) {
			out = append(out, w)
		}
		for _, n := range hands {
			later[had{w.party, n}] = true
		}
	}
	slices.Reverse(out)
	return out
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
// against: so many later messages of the same speakers, and so long after it.
const (
	corroborateAmong  = 200
	corroborateWithin = 120 * day
)

// voice is a message as it brought somebody's word to this desk.
type voice struct {
	it    record.Seen
	m     record.Message
	way   []record.Name
	words []string // once they were needed
}

// voices gives what was brought as the word of a speaker or of anybody of his
// party, in the order in which it was said. Copies made here and a go-between's
// own views count for nothing.
func (v *View) voices(speaker record.Name) []voice {
	people := []record.Name{speaker}
	if party := v.PartyOf(speaker); party != "" {
		people = v.peopleOf(party)
	}
	var out []voice
	for _, n := range people {
		for _, it := range v.spokenBy(n) {
			m := it.Body.(record.Message) // the index puts nothing else there
			if m.Text != "" && m.Fidelity != record.OwnView && m.From != v.p.Keeper() && v.sourceOf(it.ID).IsZero() {
				out = append(out, voice{it: it, m: m, way: v.way(it)})
			}
		}
	}
	slices.SortFunc(out, func(a, b voice) int {
		return cmp.Or(compareInstant(a.it.When(), b.it.When()), compareInstant(a.it.Known, b.it.Known), bytes.Compare(a.it.ID[:], b.it.ID[:]))
	})
	return out
}

// after gives what corroborates list[i].
func (v *View) after(list []voice, i int) []Corroboration {
	x := &list[i]
	var out []Corroboration
	for j := i + 1; j < len(list) && j <= i+corroborateAmong; j++ {
		y := &list[j]
		if y.it.When() > x.it.When()+corroborateWithin {
			break
		}
		if y.m.Lang != x.m.Lang || !apart(x.way, y.way) {
			continue
		}
		for _, z := range []*voice{x, y} {
			if z.words == nil {
				z.words = vocabulary(z.m.Text)
			}
		}
		if nearly(x.words, y.words) {
			out = append(out, Corroboration{x.it.ID, y.it.ID, v.PartyOf(x.m.From), []record.Name{handOf(x.way, x.m.From), handOf(y.way, y.m.From)}})
		}
	}
	return out
}

// CorroborationsOf gives the messages that say nearly the same as this one and
// came by a way independent of its own: later ones, and earlier ones.
func (v *View) CorroborationsOf(id keys.ID) []Corroboration {
	m, ok := v.item(id).Body.(record.Message)
	if !ok {
		return nil
	}
	list := v.voices(m.From)
	i := slices.IndexFunc(list, func(x voice) bool { return x.it.ID == id })
	if i < 0 {
		return nil
	}
	var out []Corroboration
	for j := max(0, i-corroborateAmong); j < i; j++ {
		if list[j].it.When()+corroborateWithin < list[i].it.When() || !apart(list[j].way, list[i].way) {
			continue
		}
		for _, c := range v.after(list, j) {
			if c.Second == id {
				out = append(out, c)
			}
		}
	}
	return append(out, v.after(list, i)...)
}

func handOf(way []record.Name, speaker record.Name) record.Name {
	if len(way) > 0 {
		return way[0]
	}
	return speaker
}

// Corroborations gives every corroboration in the record, by speaker and then
// by the earlier message.
func (v *View) Corroborations() []Corroboration {
	var out []Corroboration
	done := map[record.Name]bool{}
	for _, it := range v.p.InOrder() {
		m, ok := it.Body.(record.Message)
		if !ok {
			continue
		}
		speaker := m.From
		if p := v.PartyOf(m.From); p != "" {
			speaker = p
		}
		if done[speaker] {
			continue
		}
		done[speaker] = true
		list := v.voices(m.From)
		if !severalWays(list) {
			continue
		}
		for i := range list {
			out = append(out, v.after(list, i)...)
		}
	}
	return out
}

// severalWays reports whether some two of the ways are independent.
func severalWays(list []voice) bool {
	var ways [][]record.Name
	for _, x := range list {
		if slices.ContainsFunc(ways, func(w []record.Name) bool { return slices.Equal(w, x.way) }) {
			continue
		}
		if slices.ContainsFunc(ways, func(w []record.Name) bool { return apart(w, x.way) }) {
			return true
		}
		ways = append(ways, x.way)
	}
	return false
}
