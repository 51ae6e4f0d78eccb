package view

import (
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/lean"
	"backchannel/internal/record"
)

// key is something under which items are found again.
type key struct {
	of   keySort
	name record.Name
	hash keys.Hash // or an id
}

// keySort is a sort of key.
type keySort uint8

const (
	keyItem       keySort = iota // the entry itself, by id
	keyNaming                    // what answers, denies, belongs with or is about an entry, by its id
	keyFix                       // corrections of an entry, by whomever, by its id
	keyAbout                     // messages about a version, by hash
	keySpoken                    // messages, by whom they are attributed to
	keyPerson                    // introductions of a person
	keyParty                     // introductions of a party
	keyBound                     // acts, and statements that nothing is owed, by party
	keyNothing                   // statements that nothing is owed, by party
	keyComparison                // the keeper's comparisons, by line
	keyFate                      // statuses and proofs of life, by person
	keyBeside                    // criticism and translations, by version
	keySounded                   // answers to a sounding, and its being put forward, by its id
	keySounding                  // all soundings
	keyApproach                  // all approaches
	keyQuestion                  // all questions
	keyInstructed                // instructions, by whom they are for
	keyCorrection                // all corrections
	keyZone                      // the zones in which parties and people live
	keyMember                    // roles and introductions that put somebody into a party
)

func idOf(of keySort, id keys.ID) key {
	k := key{of: of}
	copy(k.hash[:], id[:])
	return k
}

// keysOf gives the keys of an item in one wording. What has no key cannot be
// found without going through the record. Whoever adds a sort of key adds it
// here, and reads it with under.
func (v *View) keysOf(it *record.Seen, body record.Body, add func(key)) {
	id := func(of keySort, id keys.ID) {
		if !id.IsZero() {
			add(idOf(of, id))
		}
	}
	id(keyItem, it.ID)
	id(keyNaming, it.Answers)
	for _, o := range it.Together {
		id(keyNaming, o)
	}
	for _, r := range it.About {
		id(keyNaming, r.Entry)
	}
	switch b := body.(type) {
	case record.Message:
		id(keyNaming, b.Denies)
		add(key{of: keySpoken, name: b.From})
		for _, r := range it.About {
			if !r.Hash.IsZero() {
				add(key{of: keyAbout, hash: r.Hash})
			}
		}
		if b.SpeechAct == record.Ask {
			add(key{of: keyQuestion})
		}
	case record.Correction:
		id(keyFix, it.Corrects)
		add(key{of: keyCorrection})
	case record.Person:
		add(key{of: keyPerson, name: b.Name})
		add(key{of: keyMember, name: b.Of})
	case record.Party:
		add(key{of: keyParty, name: b.Name})
	case record.Role:
		add(key{of: keyMember, name: b.Party})
	case record.TimeZone:
		add(key{of: keyZone})
	case record.Instruction:
		add(key{of: keyInstructed, name: b.Holder})
	case record.Approach:
		add(key{of: keyApproach})
	case record.Comparison:
		if it.By == v.p.Keeper() {
			add(key{of: keyComparison, name: b.Peer})
		}
	case record.PersonStatus:
		add(key{of: keyFate, name: b.Person})
	case record.ProofOfLife:
		add(key{of: keyFate, name: b.Person})
	case accord.Act:
		add(key{of: keyBound, name: b.Party})
	case accord.NothingOwed:
		add(key{of: keyBound, name: b.Party})
		add(key{of: keyNothing, name: b.Party})
	case accord.Criticism:
		add(key{of: keyBeside, hash: b.On.Hash})
	case accord.Translation:
		add(key{of: keyBeside, hash: b.On.Hash})
	case accord.Sounding:
		if b.Forward {
			id(keySounded, b.Of)
		} else {
			add(key{of: keySounding})
		}
	case accord.SoundingAnswer:
		id(keySounded, b.Of)
	}
}

// noted are the places of items under one key: in the order in which things
// were said, in whatever wording an item ever stood there.
type noted struct {
	places []int32
	src    lean.Source
}

// at gives what is noted under k. Where something that is being computed leans
// on there being nothing, that is noted too.
func (v *View) at(k key) *noted {
	n := v.keyed[k]
	if n == nil {
		n = &noted{}
		if v.book.Computing() && !v.own(k) {
			v.keyed[k] = n
		}
	}
	if !v.own(k) {
		v.book.Read(&n.src)
	}
	return n
}

// own reports whether a key is of the entry that is being watched: whatever is
// put under it has the entry looked at again in any case.
func (v *View) own(k key) bool {
	return k.of <= keyFix && v.watching != nil && k == idOf(k.of, v.watching.s.id) && v.book.Innermost(&v.watching.Result)
}

// under gives the items that stand under a key, in the order in which they were
// said.
func (v *View) under(k key) []record.Seen {
	n := v.at(k)
	var out []record.Seen
	for _, place := range n.places {
		it := v.p.At(int(place))
		if v.stands(&it, k) {
			out = append(out, it)
		}
	}
	return out
}

// stands reports whether an item stands under a key as it is worded now.
func (v *View) stands(it *record.Seen, k key) bool {
	if it.First == nil {
		return true
	}
	found := false
	v.keysOf(it, it.Body, func(o key) { found = found || o == k })
	return found
}

// index puts a place under its keys, and has looked at what it concerns. It is
// done again when the item is corrected.
func (v *View) index(place int, it *record.Seen, first bool) {
	wordings := []record.Body{it.Body}
	if it.First != nil || !first {
		wordings = v.p.Wordings(place)
	}
	for _, body := range wordings {
		v.keysOf(it, body, func(k key) {
			n := v.keyed[k]
			if n == nil {
				if k.of == keyItem {
					return // nothing leans on it
				}
				n = &noted{}
				v.keyed[k] = n
			}
			if k.of != keyItem {
				v.put(&n.places, place)
			}
			v.book.Change(&n.src)
			if k.of != keyItem {
				v.concerned(k)
			}
		})
		v.names(body)
		v.concern(it, body)
	}
	if v.circle != nil {
		v.circle.Add(*it)
	}
	if v.roads != nil {
		v.walk(place, it)
	}
	if first {
		v.number(place, it)
	} else if v.begun {
		v.pending = append(v.pending, subject{of: ofEntry, id: it.ID})
	}
}

// put puts a place in a list in the order in which things were said, once.
func (v *View) put(list *[]int32, place int) {
	s := *list
	if n := len(s); n == 0 || v.p.Compare(int(s[n-1]), place) < 0 {
		*list = append(s, int32(place))
		return
	}
	if i, there := v.search(s, place); !there {
		*list = slices.Insert(s, i, int32(place))
	}
}

// search gives where a place is in a list that put made, or where it would be.
func (v *View) search(list []int32, place int) (int, bool) {
	return slices.BinarySearchFunc(list, place, func(a int32, b int) int { return v.p.Compare(int(a), b) })
}

// line is what one peer's line brought: its numbers, as stretches without a
// gap.
type line struct {
	runs []run
	src  lean.Source
}

// run is a stretch of numbers that are all here, and the place of the first.
type run struct {
	first, last uint64
	place       int32
}

// number notes the number that an item had on its line.
func (v *View) number(place int, it *record.Seen) {
	peer, n := it.Came.Over(), it.Came.Number()
	if peer == "" {
		return
	}
	l := v.lines[peer]
	if l == nil {
		l = &line{}
		v.lines[peer] = l
	}
	i, there := slices.BinarySearchFunc(l.runs, n, func(r run, n uint64) int {
		switch {
		case r.last < n:
			return -1
		case r.first > n:
			return 1
		}
		return 0
	})
	if there {
		if r := &l.runs[i]; r.first == n && v.p.Compare(int(r.place), place) < 0 {
			r.place = int32(place) // of two of one number the later is shown
			v.book.Change(&l.src)
		}
		return
	}
	before, after := i > 0 && l.runs[i-1].last+1 == n, i < len(l.runs) && n+1 == l.runs[i].first
	switch {
	case before && after:
		l.runs[i-1].last = l.runs[i].last
		l.runs = slices.Delete(l.runs, i, i+1)
	case before:
		if l.runs[i-1].last = n; i == len(l.runs) {
			return // it only goes on
		}
	case after:
		l.runs[i].first, l.runs[i].place = n, int32(place)
	default:
		l.runs = slices.Insert(l.runs, i, run{n, n, int32(place)})
	}
	v.book.Change(&l.src)
}

// runsOf gives the stretches of a line.
func (v *View) runsOf(peer record.Name) []run {
	l := v.lines[peer]
	if l == nil {
		return nil // a line is a subject from its first entry on
	}
	v.book.Read(&l.src)
	return l.runs
}
