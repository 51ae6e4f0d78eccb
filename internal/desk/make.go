package desk

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"maps"
	mathrand "math/rand/v2"
	"slices"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/line"
	"backchannel/internal/record"
	"backchannel/internal/relay"
	"backchannel/internal/vault"
)

// Loom is desks of one maker, with lines among them, that go from tick to tick
// without relay, network or clock: a talk that never took place, in vaults like
// any other. That anybody can do this is the point: what a vault shows of a
// talk, its keeper could have made up (law 3). Only showable confirmations are
// more than that.
//
// The desks run the same code as always, so there is nothing that the vaults
// could have too little or too much of. A Loom is not for several goroutines.
type Loom struct {
	desks  []*Desk
	table  relay.Timetable
	hashes [2][32]byte  // of the charters
	second uint64       // from this tick the second one is in force
	tick   uint64       // the last one
	slates []line.Slate // on their way: the last two
}

// LoomOrder says what a Loom makes.
type LoomOrder struct {
	Dirs       map[record.Name]string // the new vaults, by keeper
	Passphrase []byte
	Params     vault.Params
	Relay      string         // host and port that the vaults name; the key is made up
	From, To   record.Instant // of the talk, about
}

const (
	loomPeriod = 30 * time.Second
	loomTicks  = 10_000 // of a talk, about: a longer one has a slower relay
	loomBefore = 400    // ticks from the enrolment to the talk
	loomIdle   = 24     // ticks that desks stay on when there is nothing to say
)

// NewLoom makes the vaults, members of a relay that never was.
func NewLoom(ctx context.Context, o LoomOrder) (*Loom, error) {
	period := max(loomPeriod, (o.To.Time().Sub(o.From.Time()) / loomTicks).Round(10*time.Second))
	return newLoom(ctx, o, relay.NewTimetable("main", o.From.Time(), min(period, time.Hour)))
}

// newLoom is NewLoom with a timetable, whose start is moved back.
func newLoom(ctx context.Context, o LoomOrder, t relay.Timetable) (*Loom, error) {
	t.StartMS = t.Start().Add(-2*loomBefore*t.Period()).UnixMilli() / t.PeriodMS * t.PeriodMS
	l := &Loom{table: t}
	l.tick, _ = l.table.Tick(o.From.Time())
	l.tick -= loomBefore
	l.second = (l.tick/l.table.JoinEvery + 1) * l.table.JoinEvery
	l.tick = l.second - 1
	m, ids, addr, err := l.cohort(o.Relay)
	if err != nil {
		return nil, err
	}
	keepers := slices.Sorted(maps.Keys(o.Dirs))
	if len(keepers) > len(ids) {
		return nil, fault.New(fault.Limit, "desk.loom-desks", "make fewer", "%d desks where a cohort has room for %d", len(keepers), len(ids))
	}
	for i, k := range keepers {
		d, err := loomDesk(ctx, o.Dirs[k], k, o)
		if err != nil {
			return nil, errors.Join(err, l.Close())
		}
		l.desks = append(l.desks, d)
		own := *m
		own.Token, own.Code, own.Seed = relay.NewToken().Bytes(), relay.NewRevocation().Text(), newSeed()
		own.Member = ids[i][:]
		if err := d.post.adopt(&own, addr, l.table.TickStart(l.tick)); err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	l.tell()
	return l, nil
}

func loomDesk(ctx context.Context, dir string, k record.Name, o LoomOrder) (*Desk, error) {
	if err := Create(dir, k, o.Passphrase, o.Params); err != nil {
		return nil, err
	}
	return Open(ctx, dir, o.Passphrase, Options{Offline: true, CaseClock: true})
}

// cohort makes a relay's key and signs the charters that its members hold: a
// full cohort, whose other members nobody can ask.
func (l *Loom) cohort(hostPort string) (m *membership, ids []relay.MemberID, addr relay.Address, err error) {
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err == nil {
		addr.Pin, err = relay.PinOf(public)
	}
	if err != nil {
		return nil, nil, addr, err
	}
	addr.HostPort = hostPort
	if addr, err = relay.ParseAddress(addr.String()); err != nil {
		return nil, nil, addr, err
	}
	ids = make([]relay.MemberID, l.table.Capacity)
	for i := range ids {
		rand.Read(ids[i][:])
	}
	m = &membership{Address: addr.String(), Cohort: l.table.Cohort, Table: l.table, FromTick: l.second}
	for i, r := range []relay.Roster{{Version: 1, Members: []relay.MemberID{}}, {Version: 2, FromTick: l.second, Members: ids}} {
		s, err := relay.Charter{Timetable: l.table, Roster: r}.Sign(key)
		if err != nil {
			return nil, nil, addr, err
		}
		v, err := s.Verify(public)
		if err != nil {
			return nil, nil, addr, err
		}
		m.Charters, l.hashes[i] = append(m.Charters, s), v.Hash()
	}
	return m, ids, addr, nil
}

// Close closes the desks.
func (l *Loom) Close() (err error) {
	for _, d := range l.desks {
		err = errors.Join(err, d.Close())
	}
	return err
}

// Desk gives the desk of somebody.
func (l *Loom) Desk(keeper record.Name) (*Desk, error) {
	for _, d := range l.desks {
		if d.Keeper() == keeper {
			return d, nil
		}
	}
	return nil, fault.New(fault.NotFound, "desk.no-keeper", "", "%s has no desk here", keeper)
}

// OpenLines opens lines between pairs of keepers, and has them compare words.
func (l *Loom) OpenLines(ctx context.Context, pairs [][2]record.Name) error {
	life := max(defaultInviteLife, loomBefore*l.table.Period())
	for _, who := range pairs {
		a, errA := l.Desk(who[0])
		b, errB := l.Desk(who[1])
		if err := errors.Join(errA, errB); err != nil {
			return err
		}
		invite, err := a.Invite(ctx, InviteOrder{For: who[1], Expires: life})
		if err == nil {
			err = b.Join(ctx, invite, who[0])
		}
		if err != nil {
			return err
		}
	}
	until := l.clock() + record.Instant(life/time.Millisecond)
	for _, d := range l.desks {
		err := d.updatePeers(func(all map[lineID]peer) {
			for n, q := range all {
				if q.Made = l.clock(); q.Until != 0 {
					q.Until = until
				}
				all[n] = q
			}
		})
		if err != nil {
			return err
		}
	}
	open := func() bool {
		for _, d := range l.desks {
			for _, s := range d.post.lines() {
				if s.Phase != Opened {
					return false
				}
			}
		}
		return true
	}
	if err := l.until(ctx, open); err != nil {
		return err
	}
	for _, who := range pairs {
		a, _ := l.Desk(who[0])
		b, _ := l.Desk(who[1])
		if err := errors.Join(a.Compared(ctx, who[1], true), b.Compared(ctx, who[0], true)); err != nil {
			return err
		}
	}
	return l.Settle(ctx)
}

// clock is when what arrived is taken in, in the present tick.
func (l *Loom) clock() record.Instant {
	return record.At(l.table.SendAt(l.tick).Add(l.table.Period()/ingestShare)) + after(3, 60)
}

// after gives a while between from and to milliseconds: neither people nor
// machines are on the dot.
func after(from, to int64) record.Instant { return record.Instant(from + mathrand.Int64N(to-from)) }

// SetClock lets time pass until t, or a little more. For long times in between
// the desks are off.
func (l *Loom) SetClock(ctx context.Context, t record.Instant) error {
	t = max(t, l.clock()) + after(2_000, 20_000) // somebody types
	lead := l.table.Period()/2 - l.table.Period()/leadShare
	to, _ := l.table.Tick(t.Time().Add(-lead)) // later ones are prepared after t
	for n := 0; l.tick < to; n++ {
		if n == loomIdle && to > l.tick+2*loomIdle {
			l.tick, l.slates = to-loomIdle, nil
		}
		if err := l.step(ctx); err != nil {
			return err
		}
	}
	t = max(t, l.clock()+after(500, 5_000))
	for _, d := range l.desks {
		d.mu.Lock()
		err := d.tell(max(t, d.clock))
		d.mu.Unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

// tell has the desks tell the time, if it is not later already.
func (l *Loom) tell() {
	now := l.clock()
	for _, d := range l.desks {
		d.mu.Lock()
		d.clock = max(now, d.clock)
		d.mu.Unlock()
	}
}

// Settle lets ticks pass until all that was said has arrived.
func (l *Loom) Settle(ctx context.Context) error {
	return l.until(ctx, func() bool {
		return !slices.ContainsFunc(l.desks, func(d *Desk) bool { return !d.post.idle() })
	})
}

// idle reports whether all that was said is at the other desks, and noted here.
func (p *post) idle() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.unacked)+len(p.acked)+len(p.standing) == 0
}

func (l *Loom) until(ctx context.Context, done func() bool) error {
	const most = 20_000 // ticks; a line carries more in them than anybody writes
	for range most {
		if done() {
			return nil
		}
		if err := l.step(ctx); err != nil {
			return err
		}
	}
	return fault.New(fault.Internal, "desk.loom", "report this", "what was said does not arrive")
}

// step is one tick of all desks, and what is done between two of them.
func (l *Loom) step(ctx context.Context) error {
	if err := l.beat(ctx); err != nil {
		return err
	}
	for _, d := range l.desks {
		if err := d.ingest(); err != nil {
			return err
		}
		d.post.clocks[0].mend()
		d.post.mu.Lock()
		d.post.clocks[0].beating = false // what is asked for between two steps is done at once
		d.post.mu.Unlock()
	}
	return nil
}

// beat has each desk send its cell. What is sent in a tick is there two ticks
// later, as with a relay.
func (l *Loom) beat(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.tick++
	l.tell()
	var due []line.Slate
	for len(l.slates) > 0 && l.slates[0].Tick+2 <= l.tick {
		due, l.slates = append(due, l.slates[0]), l.slates[1:]
	}
	roster := func(tick uint64) [32]byte {
		if tick < l.second {
			return l.hashes[0]
		}
		return l.hashes[1]
	}
	now := line.Slate{Tick: l.tick, Mine: true}
	for _, d := range l.desks {
		cell, _, err := d.post.clocks[0].prepare(l.tick, roster, due)
		if err != nil {
			return err
		}
		now.Cells = append(now.Cells, cell)
	}
	l.slates = append(l.slates, now)
	return nil
}
