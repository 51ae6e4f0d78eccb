package record

import (
	"bytes"
	"cmp"
	"maps"
	"slices"

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
	order  []int           // places in known, in the order of compare
	at     map[keys.ID]int // place in known
	known  []Item          // in the order in which they came
	stop   *Item           // the first critical entry of an unknown kind
	sent   map[Name]uint64 // how many entries each reader was given
	met    map[met]bool    // who was introduced to whom
	own    map[Name]Body   // the keeper's own introductions, the newest
}

// met says that reader knows who name is.
type met struct{ reader, name Name }

// New gives the empty record of keeper.
func New(keeper Name) *Record {
	return &Record{keeper: keeper, at: map[keys.ID]int{}, sent: map[Name]uint64{}, met: map[met]bool{}, own: map[Name]Body{}}
}

// Clone gives a record that does not change when r grows.
func (r *Record) Clone() *Record {
	return &Record{
		keeper: r.keeper, order: slices.Clone(r.order), at: maps.Clone(r.at), known: slices.Clip(r.known), stop: r.stop,
		sent: maps.Clone(r.sent), met: maps.Clone(r.met), own: maps.Clone(r.own),
	}
}

// Keeper gives the person whose desk this is.
func (r *Record) Keeper() Name { return r.keeper }

// Len gives how many items there are.
func (r *Record) Len() int { return len(r.known) }

// compare orders items by when they were said, then by when they were logged,
// then by id: never by how they arrived.
func compare(a, b *Item) int {
	return cmp.Or(cmp.Compare(a.When(), b.When()), cmp.Compare(a.At, b.At), bytes.Compare(a.ID[:], b.ID[:]))
}

// Add takes in an item. It reports false for one that is there already. An
// entry that bears the id of another is refused: an entry is never rewritten.
// A critical entry of an unknown kind is kept, and stops the channel.
func (r *Record) Add(codec Codec, it Item) (bool, error) {
	if err := it.Check(); err != nil {
		return false, err
	}
	if old, found := r.Get(it.ID); found {
		a, errA := codec.Encode(old.Entry)
		b, errB := codec.Encode(it.Entry)
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			return false, fault.New(fault.Refused, "record.rewrite", "log a correction instead", "entry %s is in the record with other words; the record is never rewritten", it.ID.Short())
		}
		return false, nil
	}
	if _, unknown := it.Body.(Unknown); unknown && it.Critical && r.stop == nil {
		stop := it
		r.stop = &stop
	}
	r.at[it.ID] = len(r.known)
	r.known = append(r.known, it)
	at := len(r.known) - 1
	i, _ := slices.BinarySearchFunc(r.order, at, func(a, b int) int { return compare(&r.known[a], &r.known[b]) })
	r.order = slices.Insert(r.order, i, at)
	r.note(it)
	return true, nil
}

// note keeps what would otherwise have to be searched for before every send.
func (r *Record) note(it Item) {
	var name Name
	switch b := it.Body.(type) {
	case Person:
		name = b.Name
	case Party:
		name = b.Name
	}
	if name != "" && it.By == r.keeper {
		r.own[name] = it.Body
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
			r.met[met{n, name}] = true
		}
		if it.By == r.keeper && !slices.Contains(readers[:i], n) {
			r.sent[n]++
		}
	}
}

// SentTo gives how many entries of the keeper's went to reader.
func (r *Record) SentTo(reader Name) uint64 { return r.sent[reader] }

// HasMet reports whether reader was given an introduction of name, or gave one.
func (r *Record) HasMet(reader, name Name) bool { return r.met[met{reader, name}] }

// Introduction gives the keeper's own Person or Party of that name.
func (r *Record) Introduction(name Name) (Body, bool) {
	b, ok := r.own[name]
	return b, ok
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

// Known gives the items in the order in which they came. The caller must not
// change it.
func (r *Record) Known() []Item { return r.known }

// Get gives the item of that id.
func (r *Record) Get(id keys.ID) (Item, bool) {
	i, ok := r.at[id]
	if !ok {
		return Item{}, false
	}
	return r.known[i], true
}

// Find gives the id that begins with the hexadecimal digits of prefix, where
// exactly one does.
func (r *Record) Find(prefix string) (keys.ID, error) {
	var found keys.ID
	if len(prefix) < 4 {
		return found, fault.New(fault.Malformed, "record.prefix", "give at least four digits of the id", "%q is too short for an entry's id", prefix)
	}
	for id := range r.at {
		if len(prefix) <= 32 && id.String()[:len(prefix)] == prefix {
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
// audience and it is of a kind that is ever sent.
func (r *Record) GivenTo(it Item, reader Name) bool {
	switch {
	case reader == r.keeper:
		return true
	case IsPrivate(it.Body):
		return false
	case it.By == reader:
		return true
	}
	return it.By == r.keeper && slices.Contains(it.Audience, reader)
}

// IsPrivate reports whether bodies of b's kind stay on the desk that wrote
// them.
func IsPrivate(b Body) bool {
	switch b := b.(type) {
	case Note, Instruction, Rule, Role:
		return true
	case Correction:
		return IsPrivate(b.Now) // what it should have said is as private as what it said
	}
	return false
}
