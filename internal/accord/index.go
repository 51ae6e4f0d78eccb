package accord

import (
	"slices"

	"backchannel/internal/keys"
	"backchannel/internal/lean"
	"backchannel/internal/record"
)

// An index names every place of the projection that ever spoke of a subject,
// in whatever wording. Whoever reads one looks at what the place says now: so
// a correction needs nothing to be taken out.

// version is what is known of one hash: a text that is here, or that others
// speak of.
type version struct {
	hash    keys.Hash
	body    record.Body // Term or Package; nil for one that is not here
	entry   keys.ID
	by      record.Name
	bearers []bearer   // entries that bear its text, in order
	within  []*version // of a term: the packages in which it stands, in the order in which they came up
	heirs   []*version // of a package: those that replace it, in that order
	acts    []int32    // places of acts on it
	signed  []int32    // places of confirmations of it
	deeds   []int32    // places of deeds on it

	text lean.Source // body, bearers, within, heirs
	said lean.Source // acts and confirmations
	done lean.Source // deeds

	stand  *standing
	bound  *agreed
	deals  [2]*dealt
	course *coursed
}

// bearer is an entry that bears a text: as it stands, or as it first stood
// before it was corrected.
type bearer struct {
	place int32
	now   bool // the corrected wording
}

// named is what is known of a name, of whatever.
type named struct {
	packages, terms []*version // versions of that name
	covering        []*version // guarantees about terms of that name
	linked          []*version // terms that wait for such a term, or are exchanged for it
	touching        []*version // terms that a party of that name owes, or that are expected of it or need it
	mentions        int        // texts that are about a party of that name
	src             lean.Source
}

// person is what the keeper knows of somebody's voice.
type person struct {
	named  []int32 // places of roles
	shown  []int32 // places of credentials
	chains [2][]int32
	src    lean.Source

	asRoles    lean.Result
	roles      []record.Role
	asMandates lean.Result
	mandates   []record.Credential
}

// noted is what was said of something: an event, an entry, a key.
type noted struct {
	places []int32
	src    lean.Source
}

func (l *Ledger) note(n *noted, place int) {
	l.put(&n.places, place)
	l.book.Change(&n.src)
}

// at gives what is kept under k. What is not there yet is kept too if something
// leans on its not being there.
func at[K comparable, V any](l *Ledger, m map[K]*V, k K, taking bool) *V {
	v := m[k]
	if v == nil {
		v = new(V)
		if taking || l.book.Computing() {
			m[k] = v
		}
	}
	return v
}

func (l *Ledger) version(h keys.Hash) *version {
	v := at(l, l.versions, h, false)
	v.hash = h
	return v
}

func (l *Ledger) named(n record.Name) *named {
	x := at(l, l.names, n, false)
	l.book.Read(&x.src)
	return x
}

func (l *Ledger) marksAt(id keys.ID) *noted { return at(l, l.marks, id, false) }

// take takes in the places that are new.
func (l *Ledger) take() {
	for ; l.taken < l.p.Len(); l.taken++ {
		it := l.p.At(l.taken)
		if _, fix := it.Body.(record.Correction); !fix {
			l.index(l.taken, it, true)
		} else if target, here := l.p.Place(it.Corrects); here && target < l.taken {
			l.index(target, l.p.At(target), false)
		}
	}
}

// index puts a place under what it speaks of, and has changed whatever leans on
// that. It is done again when the item is corrected.
func (l *Ledger) index(place int, it record.Seen, first bool) {
	l.texts(place, it, first)
	if it.First == nil && first {
		l.indexBody(place, it, it.Body)
	} else {
		for _, body := range l.p.Wordings(place) {
			l.indexBody(place, it, body)
		}
	}
	if first {
		l.chain(place, it)
	}
}

func (l *Ledger) indexBody(place int, it record.Seen, body record.Body) {
	mark := func(id keys.ID) {
		if !id.IsZero() {
			l.note(at(l, l.marks, id, true), place)
		}
	}
	switch b := body.(type) {
	case record.Role:
		// A voice is given by the keeper alone: otherwise anybody on a line
		// could name himself the other side's envoy.
		if it.By == l.keeper {
			p := at(l, l.people, b.Person, true)
			l.put(&p.named, place)
			l.book.Change(&p.src)
		}
	case record.Credential:
		p := at(l, l.people, b.Holder, true)
		l.put(&p.shown, place)
		l.book.Change(&p.src)
	case Act:
		v := l.keep(b.On.Hash)
		l.put(&v.acts, place)
		l.book.Change(&v.said)
	case Performance:
		v := l.keep(b.On.Hash)
		l.put(&v.deeds, place)
		l.book.Change(&v.done)
	case Event:
		l.note(at(l, l.events, eventName(b.What), true), place)
	case record.Conveyance:
		mark(b.Of)
		if b.As != b.Of {
			mark(b.As)
		}
	case record.ReadBack:
		mark(b.Of)
	default:
		l.indexProof(place, body)
	}
}

func (l *Ledger) keep(h keys.Hash) *version {
	v := at(l, l.versions, h, true)
	v.hash = h
	return v
}

// put puts a place in a list in the order in which things were said, once.
func (l *Ledger) put(list *[]int32, place int) {
	s := *list
	if n := len(s); n == 0 || l.p.Compare(int(s[n-1]), place) < 0 {
		*list = append(s, int32(place))
		return
	}
	i, there := slices.BinarySearchFunc(s, place, func(a int32, b int) int { return l.p.Compare(int(a), b) })
	if !there {
		*list = slices.Insert(s, i, int32(place))
	}
}

// texts puts an entry under the texts that it bears. A text is known by its
// hash, and people may have accepted it: the first wording stays a version,
// whatever its author corrects afterwards. What should not have been there at
// all is none.
func (l *Ledger) texts(place int, it record.Seen, first bool) {
	var now []keys.Hash
	var bodies []record.Body
	if k := it.Body.Kind(); k != KindTerm && k != KindPackage {
		return
	}
	if _, gone := it.Body.(record.Withdrawn); !gone {
		if it.First != nil {
			now, bodies = append(now, textHash(it.First)), append(bodies, it.First)
		}
		now, bodies = append(now, textHash(it.Body)), append(bodies, it.Body)
	}
	var was []keys.Hash
	if !first {
		var mended bool
		if was, mended = l.bears[place]; !mended {
			was = []keys.Hash{textHash(l.p.Wordings(place)[0])}
		}
	}
	if !first || it.First != nil {
		l.bears[place] = now
	}
	for i, h := range was {
		if i >= len(now) || now[i] != h {
			l.bear(h, nil, place, i == 1)
		}
	}
	for i, h := range now {
		if i >= len(was) || was[i] != h {
			l.bear(h, bodies[i], place, i == 1)
		}
	}
}

func textHash(b record.Body) keys.Hash {
	switch b := b.(type) {
	case Term:
		return b.Hash()
	case Package:
		return b.Hash()
	}
	return keys.Hash{}
}

// bear notes that an entry bears a text, or, without a body, that it no longer
// does.
func (l *Ledger) bear(h keys.Hash, body record.Body, place int, now bool) {
	v := l.keep(h)
	b := bearer{int32(place), now}
	i, there := slices.BinarySearchFunc(v.bearers, b, l.compareBearers)
	l.book.Change(&v.text)
	switch {
	case there == (body != nil):
		return
	case i > 0 && body != nil:
		v.bearers = slices.Insert(v.bearers, i, b)
		return
	case i > 0:
		v.bearers = slices.Delete(v.bearers, i, i+1)
		return
	}
	// What bears it first says when it came up.
	text := v.body
	if body != nil {
		text = body
	}
	l.list(v, false)
	if body != nil {
		v.bearers = slices.Insert(v.bearers, i, b)
	} else {
		v.bearers = slices.Delete(v.bearers, i, i+1)
	}
	if v.body = nil; len(v.bearers) > 0 {
		it := l.p.At(int(v.bearers[0].place))
		v.body, v.entry, v.by = text, it.ID, it.By
		l.list(v, true)
	}
}

func (l *Ledger) compareBearers(a, b bearer) int {
	if a.place == b.place {
		return compareBool(a.now, b.now)
	}
	return l.p.Compare(int(a.place), int(b.place))
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// list puts a version into the lists in which it belongs, or takes it out.
func (l *Ledger) list(v *version, in bool) {
	move := func(list *[]*version) {
		i, there := slices.BinarySearchFunc(*list, v, func(a, b *version) int { return l.compareBearers(a.bearers[0], b.bearers[0]) })
		switch {
		case in && !there:
			*list = slices.Insert(*list, i, v)
		case !in && there:
			*list = slices.Delete(*list, i, i+1)
		}
	}
	under := func(n record.Name, list func(*named) *[]*version) {
		x := at(l, l.names, n, true)
		move(list(x))
		l.book.Change(&x.src)
	}
	switch b := v.body.(type) {
	case Term:
		l.shelves.terms = nil
		move(&l.terms)
		l.listTerm(b, under)
		l.mention(in, append([]record.Name{b.Debtor, b.Of}, b.Needs...))
	case Package:
		l.shelves.packages = nil
		move(&l.packages)
		under(b.Name, func(x *named) *[]*version { return &x.packages })
		for _, t := range b.Terms {
			term := l.keep(t.Hash)
			move(&term.within)
			l.book.Change(&term.text)
		}
		if !b.Replaces.IsZero() {
			old := l.keep(b.Replaces)
			move(&old.heirs)
			l.book.Change(&old.text)
		}
		l.mention(in, b.Needs)
	}
}

func (l *Ledger) listTerm(b Term, under func(record.Name, func(*named) *[]*version)) {
	under(b.Name, func(x *named) *[]*version { return &x.terms })
	if b.Sort == Guarantee {
		for _, n := range b.Covers {
			under(n, func(x *named) *[]*version { return &x.covering })
		}
	}
	for _, n := range names3(b.Against, b.When.Terms()) {
		under(n, func(x *named) *[]*version { return &x.linked })
	}
	for _, n := range names3(b.Needs, []record.Name{b.Debtor, b.Of}) {
		under(n, func(x *named) *[]*version { return &x.touching })
	}
}

// names3 gives the names of two lists, each once.
func names3(a, b []record.Name) []record.Name {
	out := slices.Clone(a)
	for _, n := range b {
		if n != "" && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// mention counts the texts that are about a party.
func (l *Ledger) mention(in bool, parties []record.Name) {
	for _, n := range parties {
		if n == "" {
			continue
		}
		x := at(l, l.names, n, true)
		if in {
			x.mentions++
		} else {
			x.mentions--
		}
		l.book.Change(&x.src)
	}
}

func (v *version) asTerm() Version[Term] {
	b := v.body.(Term) // only asked of terms
	return Version[Term]{b, v.hash, v.entry, v.by, record.Ref{Name: b.Name, Version: b.Version, Hash: v.hash}}
}

func (v *version) asPackage() Version[Package] {
	b := v.body.(Package) // only asked of packages
	return Version[Package]{b, v.hash, v.entry, v.by, record.Ref{Name: b.Name, Version: b.Version, Hash: v.hash}}
}

func asTerms(list []*version) []Version[Term] {
	var out []Version[Term]
	for _, v := range list {
		out = append(out, v.asTerm())
	}
	return out
}

func asPackages(list []*version) []Version[Package] {
	var out []Version[Package]
	for _, v := range list {
		out = append(out, v.asPackage())
	}
	return out
}
