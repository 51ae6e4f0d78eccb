package accordtest

import (
	"encoding/binary"
	"math/rand/v2"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Options say what sort of record it is. The zero value is a go-between's desk
// with lines to three people.
type Options struct {
	Keeper   record.Name         // whose desk; empty: go-between
	Lines    []record.Name       // who is at the other end of its lines; nil: by keeper
	Weights  map[record.Kind]int // how often each kind comes, instead of as usual; 0: never
	Dangling int                 // of a thousand references, how many point at nothing here; 0: 20, -1: none
	Gaps     bool                // some numbers of lines are missing
	Critical bool                // some unknown kinds stop the channel
	Start    record.Instant      // 0: 2025-01-06
}

// Gen makes the items of one record, in the order in which they come to the
// desk.
type Gen struct {
	o       Options
	rng     *rand.Rand
	now     record.Instant
	made    int
	count   map[record.Kind]int
	numbers map[record.Name]uint64
	lastAt  map[record.Name]record.Instant
	rows    map[record.Kind]row
	table   []record.Kind // kinds as often as they come
	plan    []func(*draft)

	recent              pool[record.Entry] // anything
	messages            pool[keys.ID]
	carried             pool[keys.ID] // messages and acts
	creds               pool[keys.ID]
	people              pool[record.Name]
	terms               pool[*version]
	packs               pool[*version]
	agreed              pool[*version] // terms of packages that were to be agreed
	proofs, soundings   pool[keys.ID]
	requests, incidents pool[keys.ID]
	plans               pool[*plan]
	events              pool[*named]
	topics              pool[*named] // names of terms in use
	titles              pool[*named] // names of packages in use
	serial              int          // numbers names that run out
}

// version is a text that entries may still be about.
type version struct {
	ref   record.Ref
	term  accord.Term
	needs []record.Name
	terms []*version // of a package
	acts  int
}

// named is a name in use, and how often.
type named struct {
	name record.Name
	used int
	last keys.Hash // newest version
}

// draft is an entry under way.
type draft struct {
	record.Entry
	peer  record.Name // over whose line it comes; empty: typed by the keeper
	own   bool        // its author speaks for himself
	stays bool        // it is sent to nobody
}

// New gives the Gen of that seed.
func New(seed uint64, o Options) *Gen {
	if o.Keeper == "" {
		o.Keeper = "go-between"
	}
	if o.Lines == nil {
		o.Lines = []record.Name{"go-between", "second-host"}
		if o.Keeper == "go-between" {
			o.Lines = []record.Name{"envoy", "official", "second-host"}
		}
	}
	if o.Dangling == 0 {
		o.Dangling = 20
	}
	if o.Start == 0 {
		o.Start = 1736121600000
	}
	g := &Gen{
		o: o, rng: rand.New(rand.NewPCG(seed, 0x6261636b)), now: o.Start, count: map[record.Kind]int{}, rows: map[record.Kind]row{},
		numbers: map[record.Name]uint64{}, lastAt: map[record.Name]record.Instant{},
		recent: pool[record.Entry]{max: 256}, messages: pool[keys.ID]{max: 256}, carried: pool[keys.ID]{max: 256}, creds: pool[keys.ID]{max: 64},
		people: pool[record.Name]{max: maxPeople}, terms: pool[*version]{max: 48}, packs: pool[*version]{max: 16}, agreed: pool[*version]{max: 24},
		proofs: pool[keys.ID]{max: 32}, soundings: pool[keys.ID]{max: 32},
		requests: pool[keys.ID]{max: 32}, incidents: pool[keys.ID]{max: 16}, plans: pool[*plan]{max: 16},
		events: pool[*named]{max: 8}, topics: pool[*named]{max: 12}, titles: pool[*named]{max: 4},
	}
	for _, k := range kinds {
		g.rows[k.kind] = k
		w := k.weight
		if o.Weights != nil {
			w = o.Weights[k.kind]
		}
		for range w {
			g.table = append(g.table, k.kind)
		}
	}
	g.cast()
	return g
}

// Keeper gives whose desk it is.
func (g *Gen) Keeper() record.Name { return g.o.Keeper }

// Lines gives who is at the other end of its lines.
func (g *Gen) Lines() []record.Name { return g.o.Lines }

// Now gives a moment at which everything made so far is known.
func (g *Gen) Now() record.Instant { return g.now }

// Items gives the next n items.
func (g *Gen) Items(n int) []record.Item {
	out := make([]record.Item, n)
	for i := range out {
		out[i] = g.Next()
	}
	return out
}

// Next gives the next item.
func (g *Gen) Next() record.Item {
	if !g.one(12) {
		g.now += record.Instant(g.rng.IntN(20 * minute)) // else at the same moment
	}
	d := &draft{Entry: record.Entry{ID: g.id()}}
	g.author(d)
	switch {
	case len(g.plan) > 0 && (g.made < castSize || g.one(2)):
		do := g.plan[0]
		g.plan = g.plan[1:]
		do(d)
	case len(g.table) > 0:
		d.Body = g.body(g.table[g.rng.IntN(len(g.table))], d)
	}
	if d.Body == nil {
		d.Body = g.message(d)
	}
	if c, ok := d.Body.(interface{ Critical() bool }); ok {
		d.Critical = c.Critical()
	}
	g.envelope(d)
	return g.finish(d)
}

// body gives a body of that kind; nil where there are enough of them.
func (g *Gen) body(k record.Kind, d *draft) record.Body {
	row := g.rows[k]
	if row.make == nil || row.limit > 0 && g.count[k] >= row.limit {
		return nil
	}
	g.count[k]++
	return row.make(g, d)
}

// author says who writes the entry, as often the keeper as somebody else.
func (g *Gen) author(d *draft) {
	if g.one(2) || len(g.o.Lines) == 0 {
		g.by(d, g.o.Keeper)
		return
	}
	g.by(d, pick(g, g.o.Lines))
}

// by makes somebody the author who can be one here: himself, where he has a
// line; else the keeper, who reports it.
func (g *Gen) by(d *draft, who record.Name) {
	d.By, d.SaidBy, d.peer = g.o.Keeper, "", ""
	if who == g.o.Keeper {
		return
	}
	for _, l := range g.o.Lines {
		if l == who {
			d.By, d.peer = who, who
			return
		}
	}
	d.SaidBy = who
	if len(g.o.Lines) > 0 && g.one(3) { // a go-between on a line reports it
		d.By = pick(g, g.o.Lines)
		d.peer = d.By
	}
}

// envelope fills what is not the body's.
func (g *Gen) envelope(d *draft) {
	g.clocks(d)
	if d.SaidBy == "" && !d.own && g.one(8) {
		d.SaidBy = g.person()
	}
	if !d.own && g.one(10) {
		d.HeardFrom = g.person()
	}
	if d.Answers.IsZero() && g.one(8) {
		d.Answers = g.some()
	}
	for g.one(12) && len(d.Together) < 3 {
		d.Together = append(d.Together, g.entry())
	}
	for g.one(8) && len(d.About) < 3 {
		d.About = append(d.About, g.about())
	}
	if d.stays {
		d.Audience = nil
	} else if d.By == g.o.Keeper {
		for _, n := range g.o.Lines {
			if g.one(3) {
				d.Audience = append(d.Audience, n)
			}
		}
	} else if g.one(6) {
		d.Audience = []record.Name{g.person()} // no desk sends this; one that lies may
	}
	if g.one(6) {
		d.Carrying = record.Carrying{Pass: pick(g, passes)}
		if g.one(4) {
			d.Carrying.NotBefore = g.now + record.Instant(g.rng.IntN(3*day))
		}
		if g.one(3) {
			d.Carrying.Words = g.text()
		}
	}
	if g.one(8) {
		d.Evidence = []record.Evidence{{What: pick(g, evidence), Note: g.maybe(g.text())}}
	}
}

// clocks says when it was logged and said: now or late, a moment or "in April".
func (g *Gen) clocks(d *draft) {
	d.At = g.now
	if d.peer != "" {
		d.At -= record.Instant(g.rng.IntN(2 * hour))
		if g.one(5) {
			d.At = g.now
		}
		if !g.one(100) { // a desk that dates back
			d.At = max(d.At, g.lastAt[d.peer])
			g.lastAt[d.peer] = d.At
		}
	}
	at := d.At
	zone := pick(g, zones)
	back := func(n int) record.Instant { return at - record.Instant(g.rng.IntN(n)) }
	switch g.rng.IntN(20) {
	case 0, 1, 2, 3, 4, 5:
		d.Said = record.Interval{From: back(2 * hour), Zone: zone}
		d.Said.To = d.Said.From
	case 6, 7:
		d.Said = record.Moment(back(40 * day)) // logged late
	case 8, 9:
		t := back(3*day) / day * day
		d.Said = record.Interval{From: t, To: t + day - 1, Zone: zone}
	case 10:
		t := back(90*day) / day * day
		d.Said = record.Interval{From: t, To: t + 30*day - 1, Zone: zone}
	case 11:
		d.Said = record.Moment(at + record.Instant(g.rng.IntN(5*minute))) // a clock that is fast
	}
}

// finish gives the item, and keeps what later entries may refer to.
func (g *Gen) finish(d *draft) record.Item {
	g.made++
	it := record.Item{Entry: d.Entry, Known: g.now}
	if d.peer != "" {
		g.numbers[d.peer]++
		if g.o.Gaps && g.one(100) {
			g.numbers[d.peer]++
		}
		it.Came = record.OverLine(d.peer, g.numbers[d.peer])
	}
	g.recent.add(d.Entry)
	switch d.Body.(type) {
	case record.Message:
		g.messages.add(d.ID)
		g.carried.add(d.ID)
	case accord.Act:
		g.carried.add(d.ID)
	case record.Credential:
		g.creds.add(d.ID)
	}
	return it
}

const (
	minute   = 60_000
	hour     = 60 * minute
	day      = 24 * hour
	castSize = 24 // entries that introduce the people of the channel
)

// pool keeps the newest of what entries may refer to.
type pool[T any] struct {
	max, next int
	all       []T
}

func (p *pool[T]) add(v T) {
	if len(p.all) < p.max {
		p.all = append(p.all, v)
		return
	}
	p.all[p.next%p.max] = v
	p.next++
}

func (g *Gen) one(in int) bool { return g.rng.IntN(in) == 0 }

func (g *Gen) id() keys.ID {
	var id keys.ID
	binary.BigEndian.PutUint64(id[:8], g.rng.Uint64())
	binary.BigEndian.PutUint64(id[8:], g.rng.Uint64())
	return id
}

func (g *Gen) hash() (h keys.Hash) {
	a, b := g.id(), g.id()
	copy(h[:], a[:])
	copy(h[16:], b[:])
	return h
}

// dangling says that a reference points at nothing here.
func (g *Gen) dangling() bool { return g.rng.IntN(1000) < g.o.Dangling }

// from picks one of a pool, or the zero value of an empty one.
func from[T any](g *Gen, p *pool[T]) (v T) {
	if len(p.all) == 0 {
		return v
	}
	return p.all[g.rng.IntN(len(p.all))]
}

func pick[T any](g *Gen, list []T) T { return list[g.rng.IntN(len(list))] }

func (g *Gen) maybe(s string) string {
	if g.one(2) {
		return ""
	}
	return s
}

// some gives the id of a message.
func (g *Gen) some() keys.ID { return g.ref(&g.messages) }

// entry gives the id of any entry.
func (g *Gen) entry() keys.ID {
	if g.dangling() || len(g.recent.all) == 0 {
		return g.id()
	}
	return from(g, &g.recent).ID
}

func (g *Gen) ref(p *pool[keys.ID]) keys.ID {
	if g.dangling() || len(p.all) == 0 {
		return g.id()
	}
	return from(g, p)
}

// about gives a reference to an entry or to a version.
func (g *Gen) about() record.Ref {
	v := from(g, &g.terms)
	if g.one(2) {
		v = from(g, &g.packs)
	}
	switch {
	case v == nil || g.one(2):
		return record.Ref{Entry: g.entry()}
	case g.dangling():
		return record.Ref{Name: v.ref.Name, Version: v.ref.Version, Hash: g.hash()}
	}
	return v.ref
}
