package view

import (
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/circle"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// roads finds what passed between two hands, and the messages of a stretch of
// time, without going through the record. It is made when somebody first asks,
// and kept up to date from then on. Nothing that a view keeps leans on it.
type roads struct {
	by       map[road][]int32 // places, in the order in which things were said
	messages []int32          // that are no copies
}

// road is a way from one hand to the next, of one sort.
type road struct {
	sort     roadSort
	from, to record.Name
}

// roadSort says what passes on a road.
type roadSort uint8

const (
	roadTold   roadSort = iota // from who speaks, or brings it, to whom it is for
	roadStep                   // from one hand to the next, on the way of a message
	roadDirect                 // with nobody between, as far as this desk knows
)

// ways gives the roads, read when they are first asked for.
func (v *View) ways() *roads {
	if v.roads == nil {
		v.roads = &roads{by: map[road][]int32{}}
		for place, it := range v.p.InOrder() {
			v.walk(place, &it)
		}
	}
	return v.roads
}

// walk puts an item under its roads, in whatever wording it ever stood there.
// It is done again when the item is corrected.
func (v *View) walk(place int, it *record.Seen) {
	bodies := []record.Body{it.Body}
	if it.First != nil {
		bodies = v.p.Wordings(place)
	}
	for _, body := range bodies {
		v.roadsOf(it, body, func(r road) {
			if r.to == "" {
				return
			}
			list := v.roads.by[r]
			v.put(&list, place)
			v.roads.by[r] = list
		})
		if c, ok := body.(record.Conveyance); ok && !c.As.IsZero() {
			if as, here := v.p.Place(c.As); here {
				v.count(as) // it may be a copy from now on, or none
			}
		}
	}
	v.count(place)
}

// count has a message among those that are counted, unless it is a copy.
func (v *View) count(place int) {
	list := &v.roads.messages
	it := v.p.At(place)
	if _, ok := it.Body.(record.Message); ok && v.sourceOf(it.ID).IsZero() {
		v.put(list, place)
	} else if i, there := v.search(*list, place); there {
		*list = slices.Delete(*list, i, i+1)
	}
}

// roadsOf gives the roads of an item in one wording.
func (v *View) roadsOf(it *record.Seen, body record.Body, add func(road)) {
	switch b := body.(type) {
	case record.Message:
		add(road{roadTold, b.From, b.To})
		hands := chain(append(append([]record.Name{b.From}, b.Via...), b.To))
		for i := range len(hands) - 1 {
			add(road{roadStep, hands[i], hands[i+1]})
		}
		if len(b.Via) == 0 {
			add(road{roadDirect, b.From, b.To})
		}
	case record.Conveyance:
		add(road{roadTold, it.By, b.To})
	case accord.NothingOwed:
		add(road{roadTold, it.Speaker(), b.Told})
	case circle.Request, circle.Answer, circle.Disclosure, circle.Notification:
		from, to, _ := v.toldBy(b)
		add(road{roadTold, from, to})
		add(road{roadDirect, from, to})
	case accord.Act, accord.Term, accord.Package, accord.Performance, accord.Event, record.Credential, record.Approach, record.ReadBack,
		accord.Sounding, accord.SoundingAnswer, accord.Criticism, accord.Translation, record.PersonStatus, record.ProofOfLife:
		for _, to := range v.recipients(*it) {
			add(road{roadTold, it.Speaker(), to})
			add(road{roadTold, it.By, to})
		}
	}
}

// along gives what passed on the roads that match, in the order in which it was
// said.
func (v *View) along(match func(road) bool) []record.Seen {
	var places []int32
	for r, list := range v.ways().by {
		if match(r) {
			places = append(places, list...)
		}
	}
	slices.SortFunc(places, func(a, b int32) int { return v.p.Compare(int(a), int(b)) })
	places = slices.Compact(places)
	out := make([]record.Seen, 0, len(places))
	for _, place := range places {
		out = append(out, v.p.At(int(place)))
	}
	return out
}

// said gives the messages of a stretch of time, both ends included, each once
// and in the order in which they were said; how many were said before; and when
// the first was.
func (v *View) said(from, to record.Instant) (out []record.Seen, before int, first record.Instant) {
	list := v.ways().messages
	if len(list) > 0 {
		it := v.p.At(int(list[0]))
		first = it.When()
	}
	before, _ = slices.BinarySearchFunc(list, from, func(place int32, t record.Instant) int {
		it := v.p.At(int(place))
		return compareInstant(it.When(), t)
	})
	for _, place := range list[before:] {
		it := v.p.At(int(place))
		if it.When() > to {
			break
		}
		out = append(out, it)
	}
	return out, before, first
}

// Passing is something that passed between two people or parties.
type Passing struct {
	Entry keys.ID     `json:"entry"`
	Kind  record.Kind `json:"kind"`
	From  record.Name `json:"from"`
	To    record.Name `json:"to"`
	When  Stamp       `json:"when"`
	Text  string      `json:"text,omitempty"`
}

// Passed gives what passed between a and b, in either direction and through
// whomever, as this desk has it. With b empty it gives what anybody told a.
func (v *View) Passed(a, b record.Name) []Passing {
	var out []Passing
	between := v.betweenThem(a, b)
	match := func(r road) bool {
		return (r.sort == roadTold || b != "" && r.sort == roadStep) && between(r.from, r.to)
	}
	for _, it := range v.along(match) {
		out = append(out, v.passings(it, between, b != "")...)
	}
	return out
}

// betweenThem gives what tells whether two hands are those of a and b; with b
// empty, whether the second is a's.
func (v *View) betweenThem(a, b record.Name) func(x, y record.Name) bool {
	if b == "" {
		return func(_, y record.Name) bool { return v.isOf(y, a) }
	}
	return func(x, y record.Name) bool { return v.isOf(x, a) && v.isOf(y, b) || v.isOf(x, b) && v.isOf(y, a) }
}

// passings gives what of an item, as it is worded now, passed between two
// hands; where hops count, also those on the way of a message.
func (v *View) passings(it record.Seen, between func(x, y record.Name) bool, hops bool) []Passing {
	var out []Passing
	add := func(from, to record.Name, text string) {
		out = append(out, Passing{it.ID, it.Body.Kind(), from, to, stamp(it), text})
	}
	switch body := it.Body.(type) {
	case record.Message:
		hands := chain(append(append([]record.Name{body.From}, body.Via...), body.To))
		if between(body.From, body.To) || hops && adjacent(hands, between) {
			add(body.From, body.To, body.Text)
		}
	case record.Conveyance:
		if between(it.By, body.To) {
			add(it.By, body.To, body.Note)
		}
	case accord.NothingOwed:
		if between(it.Speaker(), body.Told) {
			add(it.Speaker(), body.Told, body.Text)
		}
	case circle.Request, circle.Answer, circle.Disclosure, circle.Notification:
		if from, to, text := v.toldBy(body); to != "" && between(from, to) {
			add(from, to, text)
		}
	case accord.Act, accord.Term, accord.Package, accord.Performance, accord.Event, record.Credential, record.Approach, record.ReadBack,
		accord.Sounding, accord.SoundingAnswer, accord.Criticism, accord.Translation, record.PersonStatus, record.ProofOfLife:
		for _, to := range v.recipients(it) {
			if between(it.Speaker(), to) || between(it.By, to) {
				add(it.Speaker(), to, "")
			}
		}
	}
	return out
}

func adjacent(hands []record.Name, between func(x, y record.Name) bool) bool {
	for i := range len(hands) - 1 {
		if between(hands[i], hands[i+1]) {
			return true
		}
	}
	return false
}
