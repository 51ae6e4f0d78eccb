package record

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"iter"
	"slices"
	"strings"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
)

// Item is an entry as one desk has it.
type Item struct {
	Entry
	Known Instant // when this desk logged it, by its own clock: "as we knew"
	Came  Came    // how it came here
}

// Came says how an entry came to this desk, as far as the desk itself could
// verify. Its fields are closed: only ByHand, OverLine and the sealed journal
// make one, so nothing that somebody else wrote can pass for it.
type Came struct {
	over   Name
	number uint64
}

// ByHand is how what the keeper types comes.
func ByHand() Came { return Came{} }

// OverLine is how an entry comes that a line delivered from peer, as the
// number-th entry of that line and direction. The desk's driver calls it, for
// frames that the line authenticated, and nobody else.
func OverLine(peer Name, number uint64) Came { return Came{peer, number} }

// Over gives the person at the other end of the line that brought the entry,
// or "" for one typed here.
func (c Came) Over() Name { return c.over }

// Number gives the entry's number on its line and direction, from 1; 0 for one
// typed here.
func (c Came) Number() uint64 { return c.number }

// Record is a set of items of one channel at one desk.
type Record struct {
	keeper Name
	items  chunks // in the order in which they came
	order  tree   // in the order of compare
	ids    tree   // in the order of their ids
	fixes  tree   // corrections, in the order of the ids of what they correct
	stop   *Item  // the first critical entry of an unknown kind
	gone   int    // items that were destroyed

	sent  shelf[Name, uint64]   // how many entries each reader was given
	back  shelf[keys.ID, int32] // where it stands that an entry was taken back before it left
	met   shelf[met, bool]      // who was introduced to whom
	own   shelf[Name, Body]     // the keeper's own introductions, the newest
	last  shelf[Kind, int32]    // where the keeper's own newest of each kind stands
	rules []int32               // where the keeper's caucus rules stand, in order; never changed in place

	skipped map[Name][]Numbers // numbers to each reader whose entries are not here; never changed in place

	words words // of this record alone: a clone gathers its own
}

// met says that reader knows who name is.
type met struct{ reader, name Name }

// New gives the empty record of keeper.
func New(keeper Name) *Record { return &Record{keeper: keeper, items: chunks{own: true}} }

// Clone gives a record that does not change when r grows, at a cost that does
// not depend on how long r is. The clone may be read, and cloned again, by
// several at once and while r grows; r itself must not be cloned while somebody
// else uses it.
func (r *Record) Clone() *Record {
	return &Record{
		keeper: r.keeper, items: r.items.clone(), order: r.order.clone(), ids: r.ids.clone(), fixes: r.fixes.clone(), stop: r.stop, gone: r.gone,
		sent: r.sent.clone(), back: r.back.clone(), met: r.met.clone(), own: r.own.clone(), last: r.last.clone(), rules: r.rules, skipped: r.skipped,
	}
}

// Keeper gives the person whose desk this is.
func (r *Record) Keeper() Name { return r.keeper }

// Len gives how many items there are.
func (r *Record) Len() int { return r.items.n }

// compare orders items by when they were said, then by when they were logged,
// then by id: never by how they arrived.
func compare(a, b *Item) int {
	return cmp.Or(cmp.Compare(a.When(), b.When()), cmp.Compare(a.At, b.At), bytes.Compare(a.ID[:], b.ID[:]))
}

// Add takes in an item. It reports false for one that is there already. An
// entry that bears the id of another is refused: an entry is never rewritten.
// One that was destroyed does not come back.
// A critical entry of an unknown kind is kept, and stops the channel.
func (r *Record) Add(codec Codec, it Item) (bool, error) {
	if err := it.Check(); err != nil {
		return false, err
	}
	if old, found := r.Get(it.ID); found {
		if isDestroyed(old.Body) {
			return false, nil // it comes again, and stays destroyed
		}
		a, errA := codec.Encode(old.Entry)
		b, errB := codec.Encode(it.Entry)
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			return false, fault.New(fault.Refused, "record.rewrite", "log a correction instead", "entry %s is in the record with other words; the record is never rewritten", it.ID.Short())
		}
		return false, nil
	}
	r.words.item(&it)
	r.take(it)
	return true, nil
}

// take puts in an item that is known to be well-formed and new.
func (r *Record) take(it Item) {
	at := r.items.add(it)
	place := int32(r.items.n - 1)
	r.order.insert(orderKey(at), place, func(p int32) int { return compare(at, r.items.at(int(p))) })
	r.ids.insert(idKey(at.ID), place, r.tieID(at.ID))
	r.keep(at, place)
}

// keep keeps of an item what is looked for by other things than order and id.
func (r *Record) keep(at *Item, place int32) {
	if isDestroyed(at.Body) {
		r.gone++
	}
	if _, unknown := at.Body.(Unknown); unknown && at.Critical && r.stop == nil {
		r.stop = at
	}
	if _, fix := at.Body.(Correction); fix && !at.Corrects.IsZero() {
		r.fixes.insert(idKey(at.Corrects), place, r.tieFix(at.Corrects, 1))
	}
	r.note(*at, place)
	r.noteBack(at, place)
}

// orderKey is what compare looks at first.
func orderKey(it *Item) uint64 { return uint64(it.When()) ^ 1<<63 }

func idKey(id keys.ID) uint64 { return binary.BigEndian.Uint64(id[:]) }

func (r *Record) tieID(id keys.ID) tie {
	return func(p int32) int { return bytes.Compare(id[:], r.items.at(int(p)).ID[:]) }
}

// tieFix finds the corrections of an entry: behind them, or before.
func (r *Record) tieFix(id keys.ID, same int) tie {
	return func(p int32) int {
		return cmp.Or(bytes.Compare(id[:], r.items.at(int(p)).Corrects[:]), same)
	}
}

// correcting gives the places of the corrections of an entry, by whomever, in
// the order in which they came.
func (r *Record) correcting(id keys.ID) iter.Seq[int] {
	return func(yield func(int) bool) {
		last := r.fixes.find(idKey(id), r.tieFix(id, 1))
		if last < 0 || r.At(int(last)).Corrects != id {
			return
		}
		before, _ := r.fixes.rank(idKey(id), r.tieFix(id, -1))
		for place := range r.fixes.from(before) {
			if r.At(int(place)).Corrects != id || !yield(int(place)) {
				return
			}
		}
	}
}

// note keeps what would otherwise have to be searched for before every send.
func (r *Record) note(it Item, place int32) {
	if it.By == r.keeper {
		r.last.set(it.Body.Kind(), place)
		if _, is := it.Body.(Rule); is {
			i, _ := slices.BinarySearchFunc(r.rules, place, func(a, b int32) int { return compare(r.At(int(a)), r.At(int(b))) })
			r.rules = slices.Insert(slices.Clone(r.rules), i, place)
		}
	}
	var name Name
	switch b := it.Body.(type) {
	case Person:
		name = b.Name
	case Party:
		name = b.Name
	}
	if name != "" && it.By == r.keeper {
		r.own.set(name, it.Body)
	}
	readers := it.Audience
	if it.By != r.keeper {
		readers = []Name{it.By}
	}
	for i, n := range readers {
		if n == r.keeper || !r.GivenTo(it, n) {
			continue
		}
		if name != "" {
			r.met.set(met{n, name}, true)
		}
		if it.By == r.keeper && !slices.Contains(readers[:i], n) {
			r.sent.set(n, r.sent.m[n]+1)
		}
	}
}

// HasMet reports whether reader was given an introduction of name, or gave one.
func (r *Record) HasMet(reader, name Name) bool { return r.met.m[met{reader, name}] }

// Introduction gives the keeper's own Person or Party of that name.
func (r *Record) Introduction(name Name) (Body, bool) {
	b, ok := r.own.m[name]
	return b, ok
}

// Newest gives the entry of that kind that the keeper logged last himself.
func (r *Record) Newest(kind Kind) (Item, bool) {
	p, ok := r.last.m[kind]
	if !ok {
		return Item{}, false
	}
	return *r.At(int(p)), true
}

// Rules gives the ids of the caucus rules that the keeper set, in order. What
// they say may have been corrected since.
func (r *Record) Rules() []keys.ID {
	out := make([]keys.ID, len(r.rules))
	for i, p := range r.rules {
		out[i] = r.At(int(p)).ID
	}
	return out
}

// Stopped reports, as an error, that the channel is stopped: somebody sent an
// entry that matters and that this program does not understand. Nothing more
// is written or carried until a program that knows it opens the vault.
func (r *Record) Stopped() error {
	if r.stop == nil {
		return nil
	}
	return fault.New(fault.Refused, "record.critical", "bring this program up to date; nothing is lost meanwhile", "%s sent an entry of the kind %q, which matters and which this program does not know", r.stop.By, string(r.stop.Body.Kind()))
}

// Known gives the items in the order in which they came, each with its place.
func (r *Record) Known() iter.Seq2[int, Item] {
	return func(yield func(int, Item) bool) {
		for i := range r.items.n {
			if !yield(i, *r.items.at(i)) {
				return
			}
		}
	}
}

// Items gives a copy of them all, in the order in which they came. It is for
// what needs them all at hand, such as a test.
func (r *Record) Items() []Item {
	out := make([]Item, r.Len())
	for i := range out {
		out[i] = *r.At(i)
	}
	return out
}

// At gives the item that came as number i, from 0. It never moves, records
// share it, and nobody may change it.
func (r *Record) At(i int) *Item { return r.items.at(i) }

// InOrder gives the items in the order in which they were said, each with its
// place among those that came.
func (r *Record) InOrder() iter.Seq2[int, *Item] {
	return func(yield func(int, *Item) bool) {
		for p := range r.order.all() {
			if !yield(int(p), r.items.at(int(p))) {
				return
			}
		}
	}
}

// Get gives the item of that id.
func (r *Record) Get(id keys.ID) (Item, bool) {
	i, ok := r.PlaceOf(id)
	if !ok {
		return Item{}, false
	}
	return *r.At(i), true
}

// PlaceOf gives the place of the item of that id among those that came.
func (r *Record) PlaceOf(id keys.ID) (int, bool) {
	p := r.ids.find(idKey(id), r.tieID(id))
	if p < 0 || r.items.at(int(p)).ID != id {
		return 0, false
	}
	return int(p), true
}

// Find gives the id that begins with the hexadecimal digits of prefix, where
// exactly one does.
func (r *Record) Find(prefix string) (keys.ID, error) {
	var first, found keys.ID
	if len(prefix) < 4 {
		return found, fault.New(fault.Malformed, "record.prefix", "give at least four digits of the id", "%q is too short for an entry's id", prefix)
	}
	if _, err := hex.Decode(first[:], []byte(prefix + strings.Repeat("0", max(2*len(first)-len(prefix), 0)))[:2*len(first)]); err == nil && len(prefix) <= 2*len(first) {
		n, last := r.ids.rank(idKey(first), r.tieID(first))
		if last >= 0 && r.items.at(int(last)).ID == first {
			n--
		}
		for ; n < r.items.n; n++ {
			id := r.items.at(int(r.ids.nth(n))).ID
			if id.String()[:len(prefix)] != prefix {
				break
			}
			if !found.IsZero() {
				return keys.ID{}, fault.New(fault.Malformed, "record.prefix", "give more digits", "more than one entry begins with %q", prefix)
			}
			found = id
		}
	}
	if found.IsZero() {
		return found, fault.New(fault.NotFound, "record.none", "look it up with `backchannel record`", "no entry %q here", prefix)
	}
	return found, nil
}

// GivenTo reports whether reader was given it: he wrote it, or he is in its
// audience, it is of a kind that is ever sent, and it was not taken back before
// it left.
func (r *Record) GivenTo(it Item, reader Name) bool {
	switch {
	case reader == r.keeper:
		return true
	case IsPrivate(it.Body):
		return false
	case it.By == reader:
		return true
	}
	return it.By == r.keeper && slices.Contains(it.Audience, reader) && !r.WasTakenBack(it.ID)
}

// IsPrivate reports whether bodies of b's kind stay on the desk that wrote
// them.
func IsPrivate(b Body) bool {
	if c, ok := b.(Correction); ok {
		if c.Back {
			return true
		}
		b = c.Now // what it should have said is as private as what it said
	}
	return privateKind(b.Kind())
}
